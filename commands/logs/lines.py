"""The selected lines of a log, without secrets."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from clients.errors import NotFound
from commands.framework.errors import UserError
from commands.framework.pagination import MOST_LINES, visible
from commands.logs.arguments import Needle
from commands.logs.source import LogSource
from commands.ports.context import Reads
from commands.text.redaction import Redactor

# The client gives as many bytes at most, from the beginning of what was asked for.
_MOST_BYTES: Final = 2**20
_LARGEST_CHARACTER: Final = 4
_FEWER: Final = 4


@dataclass(frozen=True)
class Wanted:
    """A selection of lines: at most `count` of the newest between two moments, only those with `needle` in any case."""

    count: int
    begin: datetime | None = None
    end: datetime | None = None
    needle: Needle | None = None
    previous: bool = False

    @property
    def search_limit(self) -> int:
        """The number of lines that have to be searched."""
        return MOST_LINES if self.needle or self.end else self.count


@dataclass(frozen=True)
class Excerpt:
    """The lines, oldest first; the number searched; the time of the newest of those, empty if there was none.

    `is_all` is True if nothing between the two moments was left out unseen.
    """

    lines: list[str]
    searched: int
    newest: str
    is_all: bool


async def excerpt(source: LogSource, wanted: Wanted, redactor: Redactor, reads: Reads) -> Excerpt:
    """Read and select the lines. Raise UserError where the container has no log, or Unavailable."""
    text, is_all = await _read(source, wanted, reads)
    stamped = [one for one in _stamped(text) if _is_within(one[0], wanted)]
    # Hidden first and looked through then: who may look for a text must not find out about what is hidden.
    shown = await asyncio.to_thread(lambda: redactor.lines([visible(said) for _, said in stamped]))
    found = [line for line in shown if wanted.needle is None or wanted.needle.casefold() in line.casefold()]
    newest = stamped[-1][0] if stamped else ""
    return Excerpt(found[-wanted.count :], len(shown), newest, is_all and len(found) <= wanted.count)


async def _read(source: LogSource, wanted: Wanted, reads: Reads) -> tuple[str, bool]:
    """Return the newest lines, fewer where they are too large for one answer, and True if those are all."""
    count = wanted.search_limit
    while True:
        text = await _asked(source, wanted, count, reads)
        is_cut = len(text.encode()) > _MOST_BYTES - _LARGEST_CHARACTER
        if not is_cut or count == 1:
            break
        count = max(1, count // _FEWER)
    # A line that is cut short may end in half of a secret, which nobody would know.
    whole = text[: text.rfind("\n") + 1] if is_cut else text
    return whole, not is_cut and whole.count("\n") < count


async def _asked(source: LogSource, wanted: Wanted, count: int, reads: Reads) -> str:
    since = reads.now - wanted.begin if wanted.begin else None
    try:
        return await reads.kube.log(
            source.pod.name, source.container, since=since, lines=count, previous=wanted.previous, stamped=True
        )
    except NotFound as error:
        raise no_log(source, error) from None


def no_log(source: LogSource, error: NotFound) -> UserError:
    """Return the error for a missing log, with the pod's problem if it has one."""
    pod = source.pod
    return UserError(f"{error}.{f' {pod.problem}' if pod.problem else ''}", f"/jhub pods {pod.component}")


def _stamped(text: str) -> Iterator[tuple[str, str]]:
    """Yield the time that the node wrote before each line, and the line."""
    for line in text.split("\n"):
        stamp, _, said = line.partition(" ")
        if stamp:
            yield stamp, said


def _is_within(stamp: str, wanted: Wanted) -> bool:
    try:
        moment = datetime.fromisoformat(stamp).astimezone(UTC)
    except (ValueError, OverflowError):
        return True
    return (wanted.begin is None or moment >= wanted.begin) and (wanted.end is None or moment <= wanted.end)
