"""Availability of the registry of the users' image."""

import contextlib
from collections.abc import Sequence
from datetime import timedelta

from bot.alerts.finding import Finding, Watcher
from clients.errors import NotFound
from commands.framework.errors import UserError
from commands.images.tags import repository_of
from commands.ports.context import Reads
from commands.release.record import image_name


async def look(reads: Reads) -> Sequence[Finding]:
    """Ask for a tag. Raise Unavailable where that cannot be asked; an image of another registry is not checked."""
    live = await reads.releases.deployed() if reads.registry else None
    if live is None or reads.registry is None:
        return ()
    with contextlib.suppress(NotFound, UserError):
        await reads.registry.tags(repository_of(image_name(live), reads.registry), 1)
    return ()


WATCHER = Watcher("registry", look, timedelta(minutes=2), dwell=timedelta(0), clear=timedelta(0), outside=True)
