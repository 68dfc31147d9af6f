"""Changes as rows of lists: id, state, what they wait for."""

from typing import Final

from cards.views import Tone
from commands.ports.context import Reads
from commands.ports.operations import Work, WorkState
from commands.timing.durations import spoken

# Enough to tell changes apart, and `cancel` takes it.
_SHORT: Final = 8
_GOOD: Final = ("done", "answered")
_BAD: Final = ("failed", "bug", "unavailable")


def short(work: Work) -> str:
    """Return the beginning of its id."""
    return work.id[:_SHORT]


def state(work: Work) -> tuple[str, Tone]:
    """Return its state in a few words, and the tone of it."""
    match work.state:
        case WorkState.RUNNING:
            return work.step or "running", Tone.WORKING
        case WorkState.WAITING:
            return f"waiting for {awaited(work)}", Tone.NOTE
        case WorkState.QUEUED:
            return "waiting for its turn", Tone.NOTE
        case WorkState.PLANNING:
            return "being planned", Tone.WORKING
        case WorkState.ENDED:
            return work.outcome, _tone(work.outcome)


def awaited(work: Work) -> str:
    """Return whose agreement it waits for, in words."""
    if work.emergency:
        return "the end of its delay, in which approvers can stop it"
    if not work.needed:
        return f"{work.requester}'s own confirmation"
    left = max(0, work.needed - len(work.approved_by))
    given = f", has {' and '.join(work.approved_by)}'s" if work.approved_by else ""
    return f"{left} {'approval' if left == 1 else 'approvals'}{given}"


def expiry(work: Work, reads: Reads) -> str:
    """Return the time until it expires, in words."""
    return f"in {spoken(work.expires - reads.now)}" if work.expires else "—"


def _tone(outcome: str) -> Tone:
    if outcome in _GOOD:
        return Tone.GOOD
    return Tone.BAD if outcome in _BAD else Tone.NOTE
