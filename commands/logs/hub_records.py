"""The hub's log in records, as JupyterHub writes it: a stamp with level, time, program and place, then what is said.

A record of several lines is indented below its first (JupyterHub 5.5, `log.py`), so that nothing within a record, such
as words that anybody put into an address, can pass for another one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from clients.errors import NotFound, Unavailable
from commands.framework.errors import UserError
from commands.logs.arguments import LogTarget
from commands.logs.source import find
from commands.ports.context import Reads

# What is said stands right behind that: further on, a record may quote what anybody put into an address.
SAID: Final = r"\[[A-Z] \d{4}-\d\d-\d\d [^\]]{1,120}\] "
_LINES: Final = 5_000
# A line as the cluster keeps it: when it was written, then what.
_STAMPED: Final = re.compile(r"(?P<when>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\S{0,40} (?P<text>.*)")
# Where a record of the hub begins: its level, time, program and place.
_RECORD: Final = re.compile(r"\[[A-Z] \d{4}-\d\d-\d\d ")
_MOST_BELOW: Final = 200


@dataclass(frozen=True)
class HubRecord:
    """A record of the hub's log: when the cluster kept it, its first line with the stamp, and the lines below that."""

    when: datetime
    text: str
    below: tuple[str, ...] = ()


async def hub_records(reads: Reads, within: timedelta) -> list[HubRecord]:
    """Return the records of that time, the latest last; none if no hub runs. Raise Unavailable.

    A hub that was restarted meanwhile, as it does itself after five starts that failed in a row
    (`Spawner.consecutive_failure_limit` of z2jh), has the log of before as well.
    """
    try:
        source = await find(LogTarget("hub"), None, reads)
        pod, container = source.pod.name, source.container
        log = await reads.kube.log(pod, container, since=within, lines=_LINES, stamped=True)
    except (UserError, NotFound):
        return []
    if source.pod.restarts:
        log = f"{await _before(pod, container, within, reads)}\n{log}"
    return list(_records(log.splitlines(), reads.now - within))


async def _before(pod: str, container: str, within: timedelta, reads: Reads) -> str:
    try:
        return await reads.kube.log(pod, container, since=within, lines=_LINES, previous=True, stamped=True)
    except (NotFound, Unavailable):
        return ""


def _records(lines: list[str], begin: datetime) -> Iterator[HubRecord]:
    when, text, below = begin, "", list[str]()
    for line in lines:
        stamped = _STAMPED.match(line)
        said = stamped["text"] if stamped else line
        moment = _moment(stamped["when"]) if stamped else None
        if moment is None or not _RECORD.match(said):
            if len(below) < _MOST_BELOW:
                below.append(said)
            continue
        if text:
            yield HubRecord(when, text, tuple(below))
        when, text, below = moment, said, []
    if text:
        yield HubRecord(when, text, tuple(below))


def _moment(written: str) -> datetime | None:
    try:
        return datetime.fromisoformat(written).replace(tzinfo=UTC)
    except ValueError:
        return None
