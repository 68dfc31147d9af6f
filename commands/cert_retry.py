"""Have autohttps try again to get its certificate: its pod is replaced, as `kubectl rollout restart` does."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from cards.views import Failure, Notice, Plan, Tone
from clients.errors import NotFound, Unavailable
from commands.cert import configured
from commands.certificate import judged
from commands.certificate_probe import AUTOHTTPS, why
from commands.certificate_wait import concluded, served
from commands.digest import incidental
from commands.errors import UserError
from commands.gather import attempt
from commands.moments import minute
from commands.reads import Reads
from commands.spec import Change, Level, NoArgs, Steps


@dataclass(frozen=True)
class Args(NoArgs):
    """Nothing."""


@dataclass(frozen=True)
class Restart:
    """The plan: which deployment, by its UID. What is wrong, and what speaks against it, is only shown."""

    host: str
    uid: str
    state: str = field(default="", metadata=incidental())
    warnings: tuple[str, ...] = field(default=(), metadata=incidental())


async def plan(args: Args, reads: Reads) -> Restart:
    """Which deployment. Raises UserError where the hub gets no certificate by itself."""
    del args
    host = configured(reads)
    uid = await deployment_uid(reads)
    certificate = await attempt("The public address", reads.public.certificate())
    if isinstance(certificate, Unavailable):
        return Restart(host, uid, str(certificate))
    words, tone = judged(certificate, reads.now)
    if tone is Tone.GOOD:
        return Restart(host, uid, words, ("Nothing is wrong with the certificate: a restart changes nothing.",))
    return Restart(host, uid, words, await _warnings(reads))


async def deployment_uid(reads: Reads) -> str:
    """The UID of autohttps. Raises UserError where there is none."""
    try:
        return (await reads.kube.deployment(AUTOHTTPS)).uid
    except NotFound:
        raise UserError(
            "There is no deployment autohttps: the hub does not get its certificate from Let's Encrypt by itself.",
            "/jhub cert",
        ) from None


async def _warnings(reads: Reads) -> tuple[str, ...]:
    cause = await why(reads)
    if cause.mended:
        return ()
    if cause.is_limited(reads.now) and cause.until:
        return (f"Let's Encrypt issues nothing before {minute(cause.until)}: this will fail, and cost an attempt.",)
    return (f"The cause is still there: {cause.sentence}",) if cause.line else ()


def preview(plan: Restart) -> Plan:
    """What the requester sees."""
    return Plan(
        "Have autohttps try again",
        "",
        (),
        (
            f"{plan.host} serves now: {plan.state}.",
            "The pod of autohttps is replaced by a new one, which asks Let's Encrypt when it starts.",
            "Whoever uses the hub in that moment may have to reload the page; servers go on.",
        ),
        plan.warnings,
        "Restart autohttps now?",
    )


async def apply(plan: Restart, do: Steps) -> Notice | Failure:
    """Restart it, and wait for what it gets."""
    if not await do.step("Restart autohttps", _restart, plan, do):
        return Failure(
            "autohttps was not restarted", "Its deployment is gone, or another one since.", (), ("/jhub cert retry",)
        )
    ended = await do.step("Wait for its certificate", served, do)
    return await concluded(plan.host, ended, do)


async def _restart(plan: Restart, do: Steps) -> bool:
    """Once, however often it is asked for: the deployment keeps whose restart it had."""
    try:
        known = await do.reads.kube.deployment(AUTOHTTPS)
    except NotFound:
        return False
    if known.restart == do.operation:
        return True
    return await do.writes.kube.restart(AUTOHTTPS, plan.uid, do.operation, datetime.now(UTC))


COMMAND = Change(
    "cert retry",
    "Have the hub try again to get its certificate.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    details="Restarts autohttps, as `kubectl rollout restart` does, and waits until the host serves a certificate that "
    "browsers accept, or says why it does not.",
)
