"""`/jhub cert retry`: have autohttps try again to get its certificate.

Its pod is replaced, as `kubectl rollout restart` does.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Final

from cards.times import minute, timed
from cards.views import Failure, Notice, Plan
from clients.errors import NotFound
from commands.certificate.cause import Explanation
from commands.certificate.hosts import configured, state_words, states
from commands.certificate.probe import AUTOHTTPS
from commands.certificate.wait import conclude, wait_for_certificate
from commands.certificate.way_in import entrance
from commands.framework.command import Change, Flag, Level, Steps, Topic
from commands.framework.effects import NOTHING
from commands.framework.errors import UserError
from commands.framework.plan_digest import incidental
from commands.ports.context import Reads

NOW: Final = "do not wait for Let's Encrypt's limits: what the bot counts is what it knows"


@dataclass(frozen=True)
class Args:
    """The arguments: to wait for Let's Encrypt's limits, or not."""

    now: Annotated[bool, Flag(NOW)] = False


@dataclass(frozen=True)
class Restart:
    """The plan: which deployment, by its UID. The problem, and what speaks against a restart, is only shown."""

    host: str
    uid: str
    state: str = field(default="", metadata=incidental())
    warnings: tuple[str, ...] = field(default=(), metadata=incidental())
    several: bool = field(default=False, metadata=incidental())
    """True where the hub has several hosts; `state` then says of which it is said."""


async def plan(args: Args, reads: Reads) -> Restart:
    """Plan which deployment to restart. Raise UserError while Let's Encrypt issues nothing, and without autohttps."""
    host = configured(reads)
    uid = await deployment_uid(reads)
    found = await states(reads)
    wrong = [one for one in found if not one.is_good(reads.now)]
    several = len(found) > 1
    words = state_words(wrong or found, reads.now, named=several)
    if not wrong:
        nothing = "Nothing is wrong with the certificate, so there is nothing to retry."
        return Restart(host, uid, words, (nothing,), several)
    warnings: list[str] = []
    for one in wrong:
        if one.cause is not None:
            warnings += refuse_early(one.cause, one.host, "/jhub cert retry", reads.now, anyway=args.now)
            warnings += _persisting(one.cause, reads.now)
    return Restart(host, uid, words, tuple(dict.fromkeys(warnings)), several)


def refuse_early(cause: Explanation, host: str, command: str, now: datetime, *, anyway: bool) -> tuple[str, ...]:
    """Return what speaks against an attempt now. Raise UserError before the next is possible, unless `anyway`."""
    when = cause.next_try(now)
    if when is None:
        return ()
    if cause.is_limited(now) and when == cause.until:
        if anyway:
            said = "Let's Encrypt issues nothing before "
            return (timed(said, minute(when), ": this will fail and use up an attempt."),)
        said = f"Let's Encrypt issues no certificate for {host} before "
        raise UserError(timed(said, minute(when), "; an attempt now would fail."), "/jhub cert", f"{command} --now")
    if anyway:
        return (timed(f"{cause.count.reached} The next try is possible at ", minute(when), "."),)
    held = timed(f"{cause.count.reached} The next try is possible at ", minute(when), ". ", cause.basis)
    raise UserError(held, "/jhub cert", f"{command} --now")


async def deployment_uid(reads: Reads) -> str:
    """Return the UID of autohttps. Raise UserError if there is none."""
    try:
        return (await reads.kube.deployment(AUTOHTTPS)).uid
    except NotFound:
        found = await entrance(reads, await reads.releases.deployed())
        behind = f" It is behind {found.name}, where its certificate is." if found else ""
        words = (
            "There is no deployment autohttps: the hub does not obtain its certificate from Let's Encrypt by itself."
        )
        raise UserError(f"{words}{behind}", "/jhub cert") from None


def _persisting(cause: Explanation, now: datetime) -> tuple[str, ...]:
    if cause.is_over or cause.may_be_over or cause.next_try(now) or (cause.by_order and not cause.line):
        return ()
    return (f"The cause persists: {cause.sentence}",)


def preview(plan: Restart) -> Plan:
    """Show what the requester confirms."""
    return Plan(
        "Restart autohttps to retry the certificate",
        "",
        (),
        (
            f"{'The certificates' if plan.several else f'The certificate of {plan.host}'} now: {plan.state}.",
            "The pod of autohttps is replaced by a new one, which asks Let's Encrypt for a certificate when it starts.",
            "People using the hub at that moment may have to reload the page; servers keep running.",
        ),
        plan.warnings,
        "Restart autohttps now?",
    )


async def apply(plan: Restart, do: Steps) -> Notice | Failure:
    """Restart autohttps, and wait for its certificate."""
    if not await do.step("Restart autohttps", _restart, plan, do):
        return Failure(
            "autohttps was not restarted",
            "Its deployment is missing or has been replaced in the meantime.",
            (),
            ("/jhub cert retry",),
        )
    ended = await do.step("Wait for its certificate", wait_for_certificate, do)
    return await conclude(plan.host, ended, do)


async def _restart(plan: Restart, do: Steps) -> bool:
    """Restart once, however often it is asked for: the deployment records whose restart it had."""
    try:
        known = await do.reads.kube.deployment(AUTOHTTPS)
    except NotFound:
        return False
    if known.restart == do.operation:
        return True
    return await do.writes.kube.restart(AUTOHTTPS, plan.uid, do.operation, datetime.now(UTC))


COMMAND = Change(
    "cert retry",
    "Make the hub try again to obtain its certificate.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=NOTHING,
    button="Retry the certificate",
    details="Restarts autohttps, as `kubectl rollout restart` does, and waits until the host serves a certificate that "
    "browsers accept, or says why it does not. Refuses while Let's Encrypt's rate limits hold, by its own answer and "
    "by what the bot counts; `--now` does not wait.",
    topic=Topic.LOGIN,
    rank=2,
)
