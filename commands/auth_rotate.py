"""Give the hub's login a new client secret: made, deployed, proven, and only then the old one is removed."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final

from cards.views import Difference, Fact, Facts, Plan
from clients.applications import Application
from clients.helm import Release
from commands.client_secrets import called, left_over, outlived, possible, registration
from commands.digest import digest_values
from commands.errors import UserError
from commands.half_done import taken_back, told_before
from commands.reads import Reads
from commands.rotating import apply
from commands.rotation import Rotation
from commands.sign_in import SignIn, client_secret, sign_in
from commands.spec import Change, Flag, Level
from commands.starting import at
from commands.upgrading import live_base_of
from commands.values import Age

__all__ = ["COMMAND", "Args", "apply", "plan", "preview"]

# Microsoft's portal recommends so much, and lets nobody choose more than two years.
_LIFE: Final = timedelta(days=180)
_LONGEST: Final = timedelta(days=730)
_SHORTEST: Final = timedelta(days=1)


@dataclass(frozen=True)
class Args:
    """For how long."""

    valid: Annotated[Age | None, Flag("how long the new secret is good for; 180d without", "90d")] = None


async def plan(args: Args, reads: Reads) -> Rotation:
    """What would be made, where it would go, and what would be removed. Raises UserError where that cannot be done."""
    life = args.valid.length if args.valid else _LIFE
    if not _SHORTEST <= life <= _LONGEST:
        raise UserError("A secret is good for 1 to 730 days.", "/jhub auth rotate --valid 180d")
    newest, base = await live_base_of(reads)
    its = sign_in(base)
    _check(its)
    await _check_home(its, reads)
    app = await registration(its.client_id, reads)
    return _planned(life, newest, base, its, app, await _callback(its, reads))


def _planned(life: timedelta, newest: Release, base: Release, its: SignIn, app: Application, callback: str) -> Rotation:
    text = client_secret(base, its.secret_path)
    candidates = possible(app, text, base.last_deployed)
    old = candidates[0] if len(candidates) == 1 else None
    earlier = outlived(app, old)
    going = [one for one in (old, earlier) if one]
    return Rotation(
        release=base.name,
        revision=newest.revision,
        values_digest=digest_values(base.values),
        chart_version=base.chart.version,
        tenant=its.tenant,
        client_id=its.client_id,
        callback=callback,
        page=its.page,
        path=its.secret_path,
        days=life.days,
        old=old.key_id if old else "",
        outlived=earlier.key_id if earlier else "",
        old_called=", ".join(called(one) for one in going),
        candidates=len(candidates),
        leftovers=len(left_over(app, [text])),
        app_name=app.name,
        attempted=newest.status == "failed",
        # Its values are new ones in any case.
        back=taken_back(newest, base, base.chart.version, {}),
    )


def _check(its: SignIn) -> None:
    if not its.is_entra:
        raise UserError(
            f"The hub lets people in by “{its.authenticator}”, not by Microsoft Entra: there is no secret to rotate.",
            "/jhub auth",
        )
    if not its.secret_path:
        raise UserError(
            f"The hub's client secret comes from {its.elsewhere}, not from hub.config in the release's values: the bot "
            "cannot put a new one there. By hand: make a new secret in the app registration, put it there, restart the "
            "hub, log in, and remove the old one.",
            "/jhub auth",
        )
    if not its.tenant or not its.client_id:
        missing = "tenant_id" if not its.tenant else "client_id"
        raise UserError(
            f"The release's values have no {missing} for the login, so nothing could be proven.", "/jhub auth"
        )


async def _check_home(its: SignIn, reads: Reads) -> None:
    """Where a file has the secret, the file counts at the next deployment, and the bot writes no secret into it."""
    written = await reads.values.written() if reads.values.kind != "release" else None
    if written is not None and at(written.values, its.secret_path):
        raise UserError(
            f"The client secret stands in {reads.values.place}, where the bot puts none: take "
            f"{'.'.join(its.secret_path)} out of it first. The release has it, and keeps it.",
            "/jhub config validate",
        )


async def _callback(its: SignIn, reads: Reads) -> str:
    """Where the login page has people sent back to now. What does not begin as it should could not be proven later."""
    if reads.login is None:
        raise UserError("The bot does not know where people log in: public.host is not set in its configuration.")
    there = await reads.login.redirect(its.page)
    wanted = (its.tenant.lower(), its.client_id, its.callback or there.callback)
    if (there.tenant.lower(), there.client_id.lower(), there.callback) != wanted:
        raise UserError(
            "The login page sends people to another client, tenant or callback than the release's values name: the hub "
            "runs with other values.",
            "/jhub auth",
        )
    return there.callback


def preview(plan: Rotation) -> Plan:
    """What the approver sees."""
    return Plan(
        "Rotate the login's secret",
        "",
        (Difference(".".join(plan.path), "the secret that is there", "a new one, which nobody sees"),),
        tuple(_consequences(plan)),
        tuple(_warnings(plan)),
        "Rotate it now?",
        (
            Facts(
                (
                    Fact("App registration", plan.app_name or "without a name"),
                    Fact("Client id", plan.client_id),
                    Fact("New secret", f"good for {plan.days} days"),
                    Fact("Removed at the end", plan.old_called or "nothing"),
                )
            ),
        ),
    )


def _consequences(plan: Rotation) -> list[str]:
    lines = [
        f"Becomes revision {plan.revision + 1} of {plan.release}; chart {plan.chart_version} stays as it is.",
        "The hub restarts: nobody can log in for about a minute, running servers go on.",
        "The login is proven with the new secret before anything is removed; if that fails, the old one is put back.",
    ]
    if plan.old:
        lines.append(f"Whatever else signs in with {plan.old_called} stops working.")
    return lines


def _warnings(plan: Rotation) -> list[str]:
    lines = []
    if not plan.candidates:
        lines.append(
            "The secret that the hub has is none of the app registration's: nobody can log in now. What is there stays."
        )
    elif not plan.old:
        lines.append(
            "Which secret the hub uses now cannot be told from what Entra shows: all old ones stay. Remove it in the "
            "portal once you know."
        )
    if plan.leftovers:
        lines.append("What an earlier attempt left in Entra is removed as well.")
    if plan.attempted:
        lines.append("The last upgrade of the release failed.")
    if plan.back:
        lines.append(told_before(plan.back))
    return lines


COMMAND = Change(
    "auth rotate",
    "Give the hub's login a new client secret.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    approvals=1,
    details="Made in Entra, put into the release's values, deployed, proven, and only then the old one is removed. "
    "Whatever fails on the way, the old one works.",
)
