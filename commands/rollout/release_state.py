"""The state of the release after a change, as facts and sentences for the card. Pure."""

from collections.abc import Sequence

from cards.views import Fact, Tone
from clients.helm import Release
from clients.kube import Pod
from commands.kubernetes.components import parts
from commands.ports.context import Reads
from commands.release.record import image_tag, is_pending, standing, who


def release_facts(newest: Release | None, live: Release | None, pods: Sequence[Pod], reads: Reads) -> tuple[Fact, ...]:
    """Return the present state of the release as facts."""
    facts = [_live(live, reads)]
    if newest is not None and newest.status != "deployed":
        word, tone = standing(newest)
        facts.append(Fact("Newest revision", f"{newest.revision}, tag {image_tag(newest)}: {word}", tone))
    facts += [Fact(p.name, f"{p.ready}/{p.total} ready", p.tone) for p in parts(pods) if p.problem or p.name == "hub"]
    return tuple(facts)


def readiness_warning(now: Sequence[Fact]) -> str:
    """Return a warning if something was ready for helm but no longer is. `now` is the result of `release_facts`."""
    bad = [fact.label for fact in now if fact.tone is Tone.BAD]
    return f"But {', '.join(bad)} did not stay ready: see /jhub pods and /jhub logs." if bad else ""


def _live(live: Release | None, reads: Reads) -> Fact:
    if live is None:
        return Fact("Live", "no revision", Tone.BAD)
    by = f", by {who(live, reads.access)}" if live.by_bot else ""
    return Fact("Live", f"revision {live.revision}, tag {image_tag(live)}{by}", Tone.GOOD)


def stop_advice(newest: Release | None) -> tuple[str, ...]:
    """Return advice about a release whose upgrade was stopped."""
    if newest is not None and is_pending(newest):
        return ("The release is still marked as in progress. Type the same again in a minute.",)
    return ("You can safely type it again.",)
