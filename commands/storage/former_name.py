"""What a claim says of its owner's former name: a rename makes another claim, and the home is as old as it was."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from clients.kube import Claim
from commands.framework.argument_types import UserName

RENAMED_FROM: Final = "jhub-bot/renamed-from"
MADE: Final = "jhub-bot/home-created"
_LONGEST: Final = 40


@dataclass(frozen=True)
class Successor:
    """The name that somebody has now, and since when."""

    name: str
    since: datetime


def former_name(claim: Claim) -> str:
    """Return the name that the home's owner had before; empty if it is not known to have had another."""
    try:
        return str(UserName.parse(claim.annotations.get(RENAMED_FROM, "")))
    except ValueError:
        return ""


def made(claim: Claim) -> datetime | None:
    """Return when the home was made, by whichever name: never later than its claim. None if that is not known."""
    text = claim.annotations.get(MADE, "")
    try:
        before = datetime.fromisoformat(text) if text and len(text) <= _LONGEST else None
    except ValueError:
        return claim.created
    if before is None or before.tzinfo is None or claim.created is None:
        return claim.created
    return min(before, claim.created)


def marks(old: str, since: str) -> dict[str, str]:
    """Return the annotations by which a claim says whose it was before, and since when the home is there."""
    return {RENAMED_FROM: old, **({MADE: since} if since else {})}


def kept_marks(claim: Claim) -> dict[str, str]:
    """Return those annotations of a claim that has them from an earlier rename."""
    return {key: claim.annotations[key] for key in (RENAMED_FROM, MADE) if key in claim.annotations}
