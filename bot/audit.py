"""What was asked and what came of it. A change is written down before it is made: no entry, no action."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.outcomes import Outcome

_LOG = logging.getLogger("jhub_bot.audit")


@dataclass(frozen=True)
class Entry:
    """One line of the trail. `outcome` is None for the intent that is written before acting."""

    at: datetime
    request: str
    object_id: str
    name: str
    conversation: str
    command: str
    outcome: Outcome | None
    digest: str = ""


class Audit(Protocol):
    """Where entries go. `write` raises OSError when the entry is not surely kept; the caller then does not act."""

    async def write(self, entry: Entry) -> None:
        """Keep the entry."""


class LogAudit:
    """Writes entries to the log `jhub_bot.audit`, as one line of key=value each."""

    async def write(self, entry: Entry) -> None:
        """Keep the entry as far as logging keeps anything."""
        _LOG.info(
            "request=%s outcome=%s command=%r object_id=%s conversation=%s digest=%s",
            entry.request,
            entry.outcome.value if entry.outcome else "intent",
            entry.command,
            entry.object_id,
            entry.conversation,
            entry.digest[:12],
        )
