"""After autohttps was started anew: waiting for a certificate that browsers accept, or for why there is none."""

from dataclasses import dataclass
from typing import Final

from cards.times import minute, parsed_minute
from cards.views import Fact, Facts, Failure, Lines, Notice, Tone
from clients.errors import NotFound, Unavailable
from clients.public.certificate import Certificate
from commands.certificate.assessment import judged
from commands.certificate.cause import Explanation
from commands.certificate.observations import CertificateCause
from commands.certificate.probe import AUTOHTTPS, why
from commands.framework.command import Steps
from commands.framework.polling import until

# A pod takes half a minute to start, issuing as long again; a node that has to pull its image takes minutes.
PATIENCE: Final = 300.0


@dataclass(frozen=True)
class WaitOutcome:
    """What the host serves in the end. `good` is whether browsers accept it; `words` what is wrong otherwise."""

    good: bool
    words: str
    issuer: str = ""
    valid: str = ""
    fingerprint: str = ""


async def served(do: Steps) -> WaitOutcome:
    """Wait until the pods are new and the certificate is good; sooner where the new Traefik says why it is not."""
    try:
        return await until(lambda: _look(do), do, seconds=PATIENCE) or await _now(do)
    except Unavailable as error:
        return WaitOutcome(False, str(error))


async def _look(do: Steps) -> WaitOutcome | None:
    try:
        deployment = await do.reads.kube.deployment(AUTOHTTPS)
    except NotFound:
        return None
    if not deployment.is_rolled_out:
        do.tell("autohttps is starting …")
        return None
    found = _outcome(await do.reads.public.certificate(), do)
    if found.good or await _has_failed(do):
        return found
    do.tell("autohttps is running; waiting for its certificate …")
    return None


async def _has_failed(do: Steps) -> bool:
    """Whether the new Traefik has tried and was refused: it does not try again by itself for a day."""
    cause = await why(do.reads)
    return bool(cause.line)


async def _now(do: Steps) -> WaitOutcome:
    return _outcome(await do.reads.public.certificate(), do)


def _outcome(certificate: Certificate, do: Steps) -> WaitOutcome:
    return WaitOutcome(
        good=certificate.problem is None,
        words="" if certificate.problem is None else judged(certificate, do.reads.now)[0],
        issuer=certificate.issuer,
        valid=minute(certificate.not_after),
        fingerprint=certificate.fingerprint,
    )


async def concluded(host: str, ended: WaitOutcome, do: Steps) -> Notice | Failure:
    """What is now true, and why where it is not what was wanted."""
    if ended.good:
        facts = (Fact("Issued by", ended.issuer, Tone.GOOD), Fact("Valid until", parsed_minute(ended.valid)))
        return Notice(f"{host} has a good certificate", "Browsers accept it.", Tone.GOOD, (Facts(facts),))
    cause = await why(do.reads)
    now = (Fact("Served now", ended.words, Tone.BAD), Fact("Cause", cause.cause.value))
    sections = (Lines((cause.line,), "What Traefik says", code=True),) if cause.line else ()
    return Failure(f"{host} has no good certificate yet", _sentence(cause, do), now, cause.advice, sections=sections)


def _sentence(cause: Explanation, do: Steps) -> str:
    stopped = "The waiting was stopped; autohttps was restarted nevertheless. " if do.stopping else ""
    if cause.cause is CertificateCause.OTHER and not cause.line:
        return f"{stopped}autohttps was restarted, but Traefik has no certificate yet, and its log does not say why."
    return f"{stopped}{cause.sentence}"
