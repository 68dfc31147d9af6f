"""Starts that ended before there was a server, found in the hub's log: nothing else tells of them.

Where Kubernetes refuses a server's pod (a quota, a limit range, an admission webhook, a pod that is not valid),
kubespawner (7.1) gives up at once: there is neither a pod nor an event. JupyterHub (5.5, `user.py`) logs "Unhandled
error starting NAME's server: ERROR", and below it what Kubernetes answered.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Final

from clients.errors import NotFound
from commands.framework.errors import UserError
from commands.kubernetes.admission_failures import uncreated
from commands.kubernetes.messages import quoted
from commands.kubernetes.problem import PODS, Cause, Step, Trouble
from commands.logs.arguments import LogTarget
from commands.logs.source import find
from commands.ports.context import Reads
from commands.text.redaction import Redactor
from commands.values.secrets import known_secrets

_LINES: Final = 5_000
# A line as the cluster keeps it: when it was written, then what.
_STAMPED: Final = re.compile(r"(?P<when>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\S{0,40} (?P<text>.*)")
# Where a record of the hub begins: its level, time, program and place.
_RECORD: Final = re.compile(r"\[[A-Z] \d{4}-\d\d-\d\d ")
# What is said stands right behind that: further on, a record may quote what anybody put into an address.
_SAID: Final = r"\[[A-Z] \d{4}-\d\d-\d\d [^\]]{1,120}\] "
_REFUSED: Final = re.compile(
    rf"{_SAID}(?:(?P<unforeseen>Unhandled e)|E)rror starting (?P<user>.{{1,300}}?)'s server: (?P<error>.*)"
)
# A record that begins with a name begins with any word: a name has no space here.
_LATE: Final = re.compile(
    rf"{_SAID}(?P<user>\S{{1,300}}?)'s server failed to start in (?P<seconds>\d{{1,9}}) seconds, giving up"
)
_STARTED: Final = re.compile(rf"{_SAID}User (?P<user>.{{1,300}}) took [\d.]{{1,20}} seconds to start")
_STATUS: Final = re.compile(r"\(?(?P<status>\d{3})\)?")
# kubespawner 7.1 and z2jh name users' pods so.
_POD: Final = re.compile(r"\bjupyter-[a-z0-9][a-z0-9.-]{0,250}")
_BODY: Final = "HTTP response body: "
_MOST_BELOW: Final = 200
_LOG: Final = Step("Show the hub’s log", '/jhub logs hub --grep "starting"')


@dataclass(frozen=True)
class RefusedStart:
    """A start that ended before there was a server: whose, when, and why as far as that is known.

    A user who has started a server since has none.
    """

    user: str
    when: datetime
    trouble: Trouble

    @property
    def reason(self) -> str:
        """The reason without the pod's name: the same for all whom the same thing refused."""
        return _POD.sub("…", self.trouble.words)


async def refused_starts(reads: Reads, within: timedelta) -> list[RefusedStart]:
    """Return the refused starts of the hub's log, the latest last; none if no hub runs. Raise Unavailable."""
    try:
        source = await find(LogTarget("hub"), None, reads)
        log = await reads.kube.log(source.pod.name, source.container, since=within, lines=_LINES, stamped=True)
    except (UserError, NotFound):
        return []
    found = _found(log.splitlines())
    # What Kubernetes says of a pod can quote what is in it.
    redactor = Redactor(await known_secrets(reads)) if found else Redactor()
    return [RefusedStart(one.user, one.when, _trouble(one, redactor)) for one in found]


@dataclass(frozen=True)
class _Entry:
    user: str
    when: datetime
    words: str = ""
    seconds: str = ""
    by_hub: bool = False


def _found(lines: Sequence[str]) -> list[_Entry]:
    found: list[_Entry] = []
    for number, line in enumerate(lines):
        if (when := _when(line)) is None:
            continue
        text = line.partition(" ")[2]
        if refused := _REFUSED.match(text):
            below = _below(lines[number + 1 : number + 1 + _MOST_BELOW])
            answered = _answered(below)
            # What the hub itself refuses, it reports as handled.
            by_hub = not (answered or refused["unforeseen"])
            found.append(_Entry(refused["user"], when, answered or refused["error"], by_hub=by_hub))
        elif late := _LATE.match(text):
            found.append(_Entry(late["user"], when, seconds=late["seconds"]))
        elif started := _STARTED.match(text):
            found = [one for one in found if one.user != started["user"]]
    return found


def _when(line: str) -> datetime | None:
    stamped = _STAMPED.match(line)
    try:
        return datetime.fromisoformat(stamped["when"]).replace(tzinfo=UTC) if stamped else None
    except ValueError:
        return None


def _below(lines: Sequence[str]) -> Iterator[str]:
    """Yield the lines that belong to the record above, up to the next record."""
    texts = (stamped["text"] if (stamped := _STAMPED.match(line)) else line for line in lines)
    return takewhile(lambda text: not _RECORD.match(text), texts)


def _answered(lines: Iterable[str]) -> str:
    """Return what Kubernetes answered, if the record has it."""
    for line in lines:
        _, found, body = line.partition(_BODY)
        if found:
            try:
                answer = json.loads(body)
            except (ValueError, RecursionError):
                return body
            return str(answer.get("message") or "") if isinstance(answer, dict) else ""
    return ""


def _trouble(entry: _Entry, redactor: Redactor) -> Trouble:
    if entry.seconds:
        return Trouble(Cause.LATE, f"The server did not answer within {entry.seconds} s, so the hub gave it up.", PODS)
    words = redactor.line(" ".join(entry.words.split()))
    if not words or (status := _STATUS.fullmatch(words)):
        code = f" with status {status['status']}" if words and status else ""
        return Trouble(Cause.REFUSED, f"The server’s pod was refused{code}; the hub’s log does not say why.", _LOG)
    if entry.by_hub:
        return Trouble(Cause.REFUSED, f"The hub did not start it. It says: {quoted(words)}.", _LOG)
    return uncreated(words)
