"""The terms of a request: whose approval it needs and has, or who can stop it, and until when."""

from typing import Final

from cards.times import joined, timed
from cards.views import Fact, Request, Tone

# Above a plan's effects: where somebody else has to agree, and where nobody must.
WHY: Final = "Why another person must approve this"
WHAT: Final = "What this does"


def terms(request: Request) -> tuple[Fact, ...]:
    """Return the labelled values that stand below the plan, the same on a card and in text."""
    who = " or ".join(request.approvers)
    if request.emergency:
        stops = who or "nobody, no approver is configured"
        facts = [Fact("Goes on", request.expires), Fact("Can stop it", stops)]
    else:
        given = joined(", ", *(timed(f"{one.name} (", one.at, ")") for one in request.approvals))
        needs = " by ".join(part for part in (_missing(request), who) if part)
        facts = [Fact("Needs", needs), Fact("Approved", given, Tone.GOOD), Fact("Expires", request.expires)]
    return tuple(fact for fact in facts if fact.value)


def _missing(request: Request) -> str:
    left = max(0, request.needed - len(request.approvals))
    if not request.approvals:
        return "1 approval" if left == 1 else f"{left} approvals"
    return f"{left} more of {request.needed} approvals"
