"""The outcomes of a request: one closed list, shared by the audit trail, the command line's exit status and tests."""

from enum import Enum


class Outcome(Enum):
    """End of one request. Exactly one is recorded for each."""

    ANSWERED = "answered"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    DISMISSED = "dismissed"
    REJECTED = "rejected"
    EXPIRED = "expired"
    VOIDED = "voided"
    INVALID = "invalid"
    REFUSED = "refused"
    FROZEN = "frozen"
    LIMITED = "limited"
    UNAVAILABLE = "unavailable"
    BUG = "bug"

    @property
    def is_good(self) -> bool:
        """True if the person got what they asked for."""
        return self in (Outcome.ANSWERED, Outcome.DONE)
