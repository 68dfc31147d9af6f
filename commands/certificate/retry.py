"""`/jhub cert retry`: have autohttps try again to get its certificate.

Its pod is replaced, as `kubectl rollout restart` does.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from cards.times import minute, timed
from cards.views import Failure, Notice, Plan, Tone
from clients.errors import NotFound, Unavailable
from commands.certificate.assessment import assess
from commands.certificate.probe import AUTOHTTPS, why
from commands.certificate.show import configured
from commands.certificate.wait import conclude, wait_for_certificate
from commands.framework.command import Change, Level, NoArgs, Steps, Topic
from commands.framework.effects import NOTHING
from commands.framework.errors import UserError
from commands.framework.partial_results import attempt
from commands.framework.plan_digest import incidental
from commands.ports.context import Reads


@dataclass(frozen=True)
class Args(NoArgs):
    """No arguments."""


@dataclass(frozen=True)
class Restart:
    """The plan: which deployment, by its UID. The problem, and what speaks against a restart, is only shown."""

    host: str
    uid: str
    state: str = field(default="", metadata=incidental())
    warnings: tuple[str, ...] = field(default=(), metadata=incidental())


async def plan(args: Args, reads: Reads) -> Restart:
    """Plan which deployment to restart. Raise UserError if the hub does not get its certificate by itself."""
    del args
    host = configured(reads)
    uid = await deployment_uid(reads)
    certificate = await attempt("The public address", reads.public.certificate())
    if isinstance(certificate, Unavailable):
        return Restart(host, uid, str(certificate))
    words, tone = assess(certificate, reads.now)
    if tone is Tone.GOOD:
        return Restart(host, uid, words, ("Nothing is wrong with the certificate, so there is nothing to retry.",))
    return Restart(host, uid, words, await _warnings(reads))


async def deployment_uid(reads: Reads) -> str:
    """Return the UID of autohttps. Raise UserError if there is none."""
    try:
        return (await reads.kube.deployment(AUTOHTTPS)).uid
    except NotFound:
        raise UserError(
            "There is no deployment autohttps: the hub does not obtain its certificate from Let's Encrypt "
            "automatically.",
            "/jhub cert",
        ) from None


async def _warnings(reads: Reads) -> tuple[str, ...]:
    cause = await why(reads)
    if cause.is_over or cause.may_be_over:
        return ()
    if cause.is_limited(reads.now) and cause.until:
        return (
            timed(
                "Let's Encrypt issues nothing before ", minute(cause.until), ": this will fail and use up an attempt."
            ),
        )
    return (f"The cause persists: {cause.sentence}",) if cause.line else ()


def preview(plan: Restart) -> Plan:
    """Show what the requester confirms."""
    return Plan(
        "Restart autohttps to retry the certificate",
        "",
        (),
        (
            f"The certificate of {plan.host} now: {plan.state}.",
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
    "browsers accept, or says why it does not.",
    topic=Topic.LOGIN,
    rank=2,
)
