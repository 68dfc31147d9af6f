"""Long-running operations of Azure Resource Manager, and how long they take here."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sandbox.azure.errors import ArmError

# How long things take here; Azure needs minutes for most of them.
SCALING_SECONDS: Final = 4.0
SETTING_SECONDS: Final = 1.5
CLUSTER_SECONDS: Final = 6.0


@dataclass
class Operation:
    """A change that takes time. `error` is code and message once it has failed."""

    id: str
    kind: str
    started: datetime
    status: str = "InProgress"
    ended: datetime | None = None
    error: tuple[str, str] | None = None


async def error_of(work: Callable[[], Awaitable[None]]) -> tuple[str, str] | None:
    """Return the code and message of the ArmError that the work raises, None if it raises none."""
    try:
        await work()
    except ArmError as error:
        return error.code, str(error)
    return None
