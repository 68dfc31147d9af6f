"""Wait, after a restart of autohttps, for a certificate that browsers accept or for the reason why there is none."""

from dataclasses import dataclass
from typing import Final

from cards.times import joined, minute, parsed_minute
from cards.views import Fact, Facts, Failure, Lines, Notice, Tone
from clients.errors import NotFound, Unavailable
from commands.certificate.cause import Explanation
from commands.certificate.hosts import HostState, all_served, state_words, states
from commands.certificate.observations import CertificateCause
from commands.certificate.probe import AUTOHTTPS, why_each
from commands.framework.command import Steps
from commands.framework.polling import until

# A pod takes half a minute to start, issuing as long again; a node that has to pull its image takes minutes.
PATIENCE: Final = 300.0


@dataclass(frozen=True)
class WaitOutcome:
    """The certificates in the end. `good` says if browsers accept each host's; `words` say what is wrong otherwise.

    The rest is of the configured host's.
    """

    good: bool
    words: str
    issuer: str = ""
    valid: str = ""
    fingerprint: str = ""


async def wait_for_certificate(do: Steps) -> WaitOutcome:
    """Wait until the pods are new and the certificate is good, or until the new Traefik says why it is not."""
    try:
        return await until(lambda: _look(do), do, seconds=PATIENCE) or await _current_outcome(do)
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
    found = await _current_outcome(do)
    if found.good or await _has_failed(do):
        return found
    do.tell("autohttps is running; waiting for its certificate …")
    return None


async def _has_failed(do: Steps) -> bool:
    """Return True if the new Traefik has tried and was refused: it does not try again by itself for a day."""
    return any(cause.line for cause in (await why_each(do.reads)).values())


async def _current_outcome(do: Steps) -> WaitOutcome:
    """Return what is served now: it is good if each host's is. Raise Unavailable of the configured one."""
    served = await all_served(do.reads)
    found = [HostState(host, one) for host, one in served.items()]
    wrong = [one for one in found if isinstance(one.served, Unavailable) or one.served.problem is not None]
    first = found[0].served
    if isinstance(first, Unavailable):
        raise first
    return WaitOutcome(
        good=not wrong,
        words=state_words(wrong, do.reads.now, named=len(found) > 1),
        issuer=first.issuer,
        valid=minute(first.not_after),
        fingerprint=first.fingerprint,
    )


async def conclude(host: str, ended: WaitOutcome, do: Steps) -> Notice | Failure:
    """Say what is now true, and why if it is not what was wanted."""
    if ended.good:
        facts = (Fact("Issued by", ended.issuer, Tone.GOOD), Fact("Valid until", parsed_minute(ended.valid)))
        return Notice(f"{host} has a good certificate", "Browsers accept it.", Tone.GOOD, (Facts(facts),))
    found = await states(do.reads)
    causes = await why_each(do.reads, {one.host: one.served for one in found})
    wrong = [one.host for one in found if not one.is_good(do.reads.now)] or [host]
    cause = causes.get(wrong[0]) or causes[host]
    now = (Fact("Served now", ended.words, Tone.BAD), Fact("Cause", cause.cause.value))
    sections = (Lines((cause.line,), "What Traefik says", code=True),) if cause.line else ()
    title = f"{wrong[0]} has no good certificate yet" if len(wrong) == 1 else f"{len(wrong)} hosts have no good one yet"
    more = tuple(f"{one}: {causes[one].sentence}" for one in wrong[1:] if one in causes)
    return Failure(title, " ".join((_sentence(cause, do), *more)), now, cause.advice, sections=sections)


def _sentence(cause: Explanation, do: Steps) -> str:
    stopped = "The waiting was stopped; autohttps was restarted nevertheless. " if do.stopping else ""
    if cause.cause is CertificateCause.OTHER and not cause.line:
        return joined("", f"{stopped}autohttps was restarted without success so far. ", cause.sentence)
    return f"{stopped}{cause.sentence}"
