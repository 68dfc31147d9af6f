"""Availability of Microsoft Graph, by which the bot knows who may do what: no answer, a refusal or throttling."""

import contextlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from bot.alerts.finding import Finding, Watcher
from clients.errors import NotFound
from commands.ports.context import Reads

# No tenant has it (RFC 2606): Graph answers that nobody is named so, which is an answer.
_NOBODY: Final = "jhub-bot@nobody.invalid"


async def look(reads: Reads) -> Sequence[Finding]:
    """Ask for somebody who does not exist. Raise Unavailable where that cannot be asked."""
    with contextlib.suppress(NotFound):
        await reads.access.object_id(_NOBODY)
    return ()


WATCHER = Watcher("graph", look, timedelta(minutes=1), dwell=timedelta(0), clear=timedelta(0), outside=True)
