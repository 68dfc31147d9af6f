"""`/jhub auth rotate`: give the hub's login a new client secret.

It is made, deployed and tested, and only then the old one is removed.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Final

from cards.views import Difference, Fact, Facts, Plan
from clients.entra.applications import Application
from clients.helm import Release
from commands.framework.argument_types import Age
from commands.framework.command import Change, Flag, Level, Topic
from commands.framework.effects import NOTHING
from commands.framework.errors import UserError
from commands.framework.plan_digest import digest_values
from commands.login.client_secrets import display_name, orphaned_secrets, possible, registration, superseded
from commands.login.rotation_plan import Rotation
from commands.login.rotation_steps import apply
from commands.login.secret_limits import allowed_life
from commands.login.settings import LoginSettings, client_secret, login_settings
from commands.ports.context import Reads
from commands.release.pending import restore_notice, revision_to_restore
from commands.rollout.upgrade_base import live_upgrade_base
from commands.values.base import value_at

__all__ = ["COMMAND", "Args", "apply", "plan", "preview"]

# Microsoft's portal recommends so much, and lets nobody choose more than two years.
_LIFE: Final = timedelta(days=180)
_LONGEST: Final = timedelta(days=730)
_SHORTEST: Final = timedelta(days=1)


@dataclass(frozen=True)
class Args:
    """The validity of the new secret."""

    valid: Annotated[Age | None, Flag("how long the new secret is valid; 180d if not given", "90d")] = None


async def plan(args: Args, reads: Reads) -> Rotation:
    """Plan the rotation: what is made, where it goes, what is removed. Raise UserError if it cannot be done."""
    life = args.valid.length if args.valid else _LIFE
    if not _SHORTEST <= life <= _LONGEST:
        raise UserError("A secret can be valid for 1 to 730 days.", "/jhub auth rotate --valid 180d")
    newest, base = await live_upgrade_base(reads)
    settings = login_settings(base)
    _check(settings)
    await _check_home(settings, reads)
    app = await registration(settings.client_id, reads)
    allowed = await allowed_life(life, settings.client_id, reads, asked=args.valid is not None)
    planned = _planned(allowed.days, newest, base, settings, app, await _callback(settings, reads))
    return replace(planned, policy=allowed.said, capped=allowed.capped)


def _planned(
    days: int, newest: Release, base: Release, settings: LoginSettings, app: Application, callback: str
) -> Rotation:
    text = client_secret(base, settings.secret_path)
    candidates = possible(app, text, base.last_deployed)
    old = candidates[0] if len(candidates) == 1 else None
    earlier = superseded(app, old)
    going = [one for one in (old, earlier) if one]
    return Rotation(
        release=base.name,
        revision=newest.revision,
        values_digest=digest_values(base.values),
        chart_version=base.chart.version,
        tenant=settings.tenant,
        client_id=settings.client_id,
        callback=callback,
        page=settings.page,
        path=settings.secret_path,
        days=days,
        old=old.key_id if old else "",
        outlived=earlier.key_id if earlier else "",
        old_called=", ".join(display_name(one) for one in going),
        candidates=len(candidates),
        leftovers=len(orphaned_secrets(app, [text])),
        app_name=app.name,
        attempted=newest.status == "failed",
        # Its values are new ones in any case.
        back=revision_to_restore(newest, base, base.chart.version, {}),
    )


def _check(settings: LoginSettings) -> None:
    if not settings.is_entra:
        raise UserError(
            f"People log in through “{settings.authenticator}”, not Microsoft Entra: there is no secret to rotate.",
            "/jhub auth",
        )
    if not settings.secret_path:
        raise UserError(
            f"The hub's client secret comes from {settings.elsewhere}, not from hub.config in the release's values: "
            "the bot cannot put a new one there. By hand: create a new secret in the app registration, put it there, "
            "restart the hub, log in, then remove the old one.",
            "/jhub auth",
        )
    if not settings.tenant or not settings.client_id:
        missing = "tenant_id" if not settings.tenant else "client_id"
        raise UserError(
            f"The release's values have no {missing} for the login, so a new secret could not be tested.", "/jhub auth"
        )


async def _check_home(settings: LoginSettings, reads: Reads) -> None:
    """Raise UserError if a file has the secret.

    The file would count at the next deployment, and the bot writes no secret into it.
    """
    written = await reads.values.written() if reads.values.kind != "release" else None
    if written is not None and value_at(written.values, settings.secret_path):
        raise UserError(
            f"The client secret is in {reads.values.place}, and the bot writes no secrets there: remove "
            f"{'.'.join(settings.secret_path)} from it first. The release has the secret and keeps it.",
            "/jhub config validate",
        )


async def _callback(settings: LoginSettings, reads: Reads) -> str:
    """Return the address to which the login page has people sent back now.

    A login that does not begin as it should could not be tested later.
    """
    if reads.login is None:
        raise UserError("The bot does not know where people log in: public.host is not set in its configuration.")
    there = await reads.login.redirect(settings.page)
    wanted = (settings.tenant.lower(), settings.client_id, settings.callback or there.callback)
    if (there.tenant.lower(), there.client_id.lower(), there.callback) != wanted:
        raise UserError(
            "The login page sends people to a client, tenant or callback other than the release's values name: the hub "
            "runs with other values.",
            "/jhub auth",
        )
    return there.callback


def preview(plan: Rotation) -> Plan:
    """Show what the approver decides on."""
    return Plan(
        "Rotate the login's secret",
        "",
        (Difference(".".join(plan.path), "the present secret", "a new one, shown to nobody"),),
        tuple(_consequences(plan)),
        tuple(_warnings(plan)),
        "Rotate it now?",
        (
            Facts(
                (
                    Fact("App registration", plan.app_name or "without a name"),
                    Fact("Client id", plan.client_id),
                    Fact("New secret", f"valid for {plan.days} days"),
                    Fact("Removed at the end", plan.old_called or "nothing"),
                )
            ),
        ),
    )


def _consequences(plan: Rotation) -> list[str]:
    lines = [
        f"Becomes revision {plan.revision + 1} of {plan.release}; chart {plan.chart_version} stays as it is.",
        "The hub restarts: nobody can log in for about a minute; running servers keep running.",
        (
            "The login is tested with the new secret before anything is removed; if the test fails, the old one "
            "is restored."
        ),
    ]
    if plan.old:
        lines.append(f"Whatever else signs in with {plan.old_called} stops working.")
    return lines


def _warnings(plan: Rotation) -> list[str]:
    lines = list(plan.policy)
    if not plan.candidates:
        lines.append(
            "The hub's secret is not one of the app registration's, so nobody can log in now. Those that "
            "exist are kept."
        )
    elif not plan.old:
        lines.append(
            "Entra does not show which secret the hub uses now, so all old ones are kept. Remove the unused "
            "ones in the "
            "portal once you know which they are."
        )
    if plan.leftovers:
        lines.append("What an earlier attempt left in Entra is removed too.")
    if plan.attempted:
        lines.append("The last upgrade of the release failed.")
    if plan.back:
        lines.append(restore_notice(plan.back))
    return lines


COMMAND = Change(
    "auth rotate",
    "Replace the client secret of the hub's login.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=NOTHING,
    button="Rotate the secret",
    approvals=1,
    details="The new secret is created in Entra, put into the release's values, deployed and tested; only then is the "
    "old one removed. If anything fails on the way, the old one keeps working.",
    topic=Topic.LOGIN,
    rank=5,
)
