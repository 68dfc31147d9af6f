"""What a request tells besides its plan: why, whose agreement it needs and has, until when."""

from cards.views import Fact, Request, Tone


def terms(request: Request) -> tuple[Fact, ...]:
    """The labelled values that stand below the plan, the same on a card and in text."""
    approved = ", ".join(f"{one.name} ({one.at})" for one in request.approvals)
    facts = (
        Fact("Why", request.reason),
        Fact("Needs", _needs(request)),
        Fact("Approved by", approved, Tone.GOOD),
        Fact("Goes on by itself" if request.emergency else "Expires", request.expires),
    )
    return tuple(fact for fact in facts if fact.value)


def _needs(request: Request) -> str:
    who = " or ".join(request.approvers)
    if request.emergency:
        return f"nobody’s approval; {who} can stop it" if who else "nobody’s approval"
    count = "1 approval" if request.needed == 1 else f"{request.needed} approvals"
    return f"{count} by {who}" if who else count
