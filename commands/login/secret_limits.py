"""What app management policies allow a new client secret: said before anything is added."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from clients.entra.secret_policy import SecretPolicy
from clients.errors import Unavailable
from commands.framework.errors import UserError
from commands.framework.partial_results import attempt
from commands.ports.context import Reads

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class SecretLife:
    """How long a new secret is valid. `said` is what policies have to do with it, empty where they have nothing."""

    days: int
    said: tuple[str, ...] = ()
    capped: bool = False


async def allowed_life(wanted: timedelta, client_id: str, reads: Reads, *, asked: bool) -> SecretLife:
    """Return the life that a new secret gets: the wanted one, or what a policy allows if nobody `asked` for a length.

    Raise UserError where a policy forbids it.
    """
    if reads.applications is None:
        return SecretLife(wanted.days)
    policy = await attempt("Microsoft Graph", reads.applications.secret_policy(client_id))
    if isinstance(policy, Unavailable):
        text = f"It is not known if a policy of the organisation forbids or shortens client secrets: {policy}."
        return SecretLife(wanted.days, (text,))
    _check_not_forbidden(policy)
    doubt = f"In Entra, {policy.name} may forbid new client secrets, which Graph does not tell for certain."
    doubts = (doubt,) if policy.forbids else ()
    if policy.longest is None or wanted <= policy.longest:
        return SecretLife(wanted.days, doubts)
    return _shortened(policy.longest, policy.name, doubts, asked=asked)


def _check_not_forbidden(policy: SecretPolicy) -> None:
    if policy.forbids and policy.certain:
        raise UserError(
            f"In Entra, {policy.name} forbids new client secrets for the hub's app registration, so none can be added. "
            "Have the registration exempted first (Entra admin center, application management policies). The hub's "
            "login takes no certificate or federated credential instead of a secret.",
            "/jhub auth",
        )


def _shortened(longest: timedelta, name: str, doubts: tuple[str, ...], *, asked: bool) -> SecretLife:
    days = longest // _DAY
    if days < 1:
        raise UserError(
            f"In Entra, {name} allows client secrets for less than a day: no hub could be run with that. Have the app "
            "registration exempted first.",
            "/jhub auth",
        )
    if asked:
        raise UserError(
            f"In Entra, {name} allows client secrets for {days} days at most.", f"/jhub auth rotate --valid {days}d"
        )
    return SecretLife(days, (f"In Entra, {name} allows a secret {days} days at most.", *doubts), capped=True)
