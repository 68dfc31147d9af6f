"""Results of steps as they are recorded, and the errors that a step may end with."""

from collections.abc import Callable
from typing import Any, Final

from bot.changes.serialization import load
from clients.errors import Conflict, Forbidden, NotFound, Rejected, Unavailable
from commands.framework.errors import UserError


class StepStopped(Exception):  # noqa: N818 - named after what happened
    """Somebody asked to stop before this step was begun."""


class StepBroken(Exception):  # noqa: N818 - named after what happened
    """A step failed in a way nobody foresaw. `reference` finds it in the log."""

    def __init__(self, reference: str) -> None:
        super().__init__(f"a step failed, reference {reference}")
        self.reference = reference


def restored_result(record: dict[str, Any], kind: Any) -> Any:  # noqa: ANN401 - what the step's annotation says
    """Return a step's recorded result as `kind`, or raise the error that the step ended with."""
    if "result" in record:
        return load(kind, record["result"])
    [(what, told)] = record.items()
    raise _FAILURES[what](*(told if isinstance(told, list) else [told]))


EXPECTED_ERRORS: Final = (UserError, Unavailable, NotFound, Conflict, Rejected)


def error_record(error: Exception) -> dict[str, Any]:
    """Return an expected error as it is recorded: its kind, and what it was made from."""
    match error:
        case UserError():
            return {"user error": [str(error), *error.hints]}
        case Forbidden():
            return {"forbidden": [error.system, error.what, error.remedy]}
        case Unavailable():
            return {"unavailable": [error.system, error.what]}
        case Rejected():
            return {"rejected": [error.system, error.code, str(error)]}
        case Conflict():
            return {"conflict": str(error)}
    return {"not found": str(error)}


# What a step may have ended with instead of a result, by the word that is kept of it.
_FAILURES: Final[dict[str, Callable[..., Exception]]] = {
    "stopped": StepStopped,
    "user error": UserError,
    "forbidden": Forbidden,
    "unavailable": Unavailable,
    "not found": NotFound,
    "conflict": Conflict,
    "rejected": Rejected,
    "broken": StepBroken,
}
