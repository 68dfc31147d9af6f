"""Starts that ended before there was a server, found in the hub's log: nothing else tells of them.

Where Kubernetes refuses a server's pod (a quota, a limit range, an admission webhook, a pod that is not valid),
kubespawner (7.1) gives up at once: there is neither a pod nor an event. JupyterHub (5.5, `user.py`) logs "Unhandled
error starting NAME's server: ERROR", and below it what Kubernetes answered. What has no answer of Kubernetes below it
failed in the hub itself. Whom the hub turns away because of its own limits (`handlers/base.py`), it does not name.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from clients.errors import Unavailable
from clients.kube import LimitRange
from commands.framework.partial_results import attempt
from commands.kubernetes.admission_failures import refusal, uncreated
from commands.kubernetes.admission_ways import is_of_limit_range, step_beside, way_out
from commands.kubernetes.messages import quoted
from commands.kubernetes.problem import USERS, Cause, Step, Trouble
from commands.logs.hub_records import SAID, HubRecord, hub_records
from commands.ports.context import Reads
from commands.text.redaction import Redactor
from commands.values.secrets import known_secrets

_REFUSED: Final = re.compile(
    rf"{SAID}(?:(?P<unforeseen>Unhandled e)|E)rror starting (?P<user>.{{1,300}}?)'s server: (?P<error>.*)"
)
# A record that begins with a name begins with any word: a name has no space here.
_LATE: Final = re.compile(
    rf"{SAID}(?P<user>\S{{1,300}}?)'s server failed to start in (?P<seconds>\d{{1,9}}) seconds, giving up"
)
_UNREACHED: Final = re.compile(
    rf"{SAID}(?P<user>\S{{1,300}}?)'s server never showed up at \S{{1,2000}} after (?P<seconds>\d{{1,9}}) seconds"
)
_UNHEARD: Final = re.compile(
    rf"{SAID}Unhandled error waiting for (?P<user>\S{{1,300}}?)'s server to show up at \S{{1,2000}}: (?P<error>.*)"
)
# What the hub says when it turns anybody away, and in what words that is told.
_LIMITS: Final = (
    (
        re.compile(rf"{SAID}(?P<count>\d{{1,9}}) servers active, no space available"),
        "{count} servers are active, as many as the hub allows (JupyterHub.active_server_limit).",
    ),
    (
        re.compile(rf"{SAID}(?P<count>\d{{1,9}}) pending spawns, throttling"),
        "{count} starts were under way at once, as many as the hub allows (JupyterHub.concurrent_spawn_limit).",
    ),
)
_STARTED: Final = re.compile(rf"{SAID}User (?P<user>.{{1,300}}) took [\d.]{{1,20}} seconds to start")
_STATUS: Final = re.compile(r"\(?(?P<status>\d{3})\)?")
# kubespawner 7.1 and z2jh name users' pods so.
_POD: Final = re.compile(r"\bjupyter-[a-z0-9][a-z0-9.-]{0,250}")
_BODY: Final = "HTTP response body: "
_LOG: Final = Step("Show the hub’s log", '/jhub logs hub --grep "starting"')


@dataclass(frozen=True)
class RefusedStart:
    """A start that ended before there was a server: whose, when, and why as far as that is known.

    A user who has started a server since has none. `user` is empty if the hub does not say whom it turned away.
    """

    user: str
    when: datetime
    trouble: Trouble

    @property
    def reason(self) -> str:
        """The reason without the pod's name: the same for all whom the same thing refused."""
        return _POD.sub("…", self.trouble.words)


@dataclass(frozen=True)
class StartLog:
    """What the hub's log tells of starts: the `refused` ones, the latest last, and how many failed at all.

    `failures` counts those, too, whose user has started a server since.
    """

    refused: list[RefusedStart]
    failures: int


async def refused_starts(reads: Reads, within: timedelta) -> list[RefusedStart]:
    """Return the refused starts of the hub's log, the latest last; none if no hub runs. Raise Unavailable."""
    return (await start_log(reads, within)).refused


async def start_log(reads: Reads, within: timedelta) -> StartLog:
    """Return what the hub's log tells of starts; nothing if no hub runs. Raise Unavailable."""
    found, failures = _found(await hub_records(reads, within))
    # What Kubernetes says of a pod can quote what is in it.
    redactor = Redactor(await known_secrets(reads)) if found else Redactor()
    ranges = await _ranges(reads, found)
    return StartLog([RefusedStart(one.user, one.when, _trouble(one, redactor, ranges)) for one in found], failures)


async def _ranges(reads: Reads, found: Iterable["_Entry"]) -> Sequence[LimitRange]:
    """Return the namespace's limit ranges if one of them refused a start; what refuses does not give its name."""
    if not any(is_of_limit_range(one.words) for one in found):
        return ()
    ranges = await attempt("Kubernetes", reads.kube.limit_ranges())
    return () if isinstance(ranges, Unavailable) else ranges


@dataclass(frozen=True)
class _Entry:
    user: str
    when: datetime
    words: str = ""
    trouble: Trouble | None = None
    answered: bool = False
    by_hub: bool = False


def _found(records: Sequence[HubRecord]) -> tuple[list[_Entry], int]:
    """Return the starts that failed, without those whose user has a server since, and how many failed at all."""
    found, failures = list[_Entry](), 0
    for record in records:
        text, when = record.text, record.when
        if refused := _REFUSED.match(text):
            answered = _answer_of_kubernetes(record.below)
            # What the hub itself refuses, it reports as handled.
            by_hub = not (answered or refused["unforeseen"])
            words = answered or refused["error"]
            found.append(_Entry(refused["user"], when, words, answered=bool(answered), by_hub=by_hub))
            failures += 1
        elif started := _STARTED.match(text):
            # That anybody got a server also ends what turned everybody away.
            found = [one for one in found if one.user not in ("", started["user"])]
        elif other := _otherwise(text, when):
            found.append(other)
            failures += 1
    return found, failures


def _otherwise(text: str, when: datetime) -> _Entry | None:
    """Return what else ends a start: time that is up, a server that nobody can reach, a limit of the hub."""
    if late := _LATE.match(text):
        words = f"The server did not answer within {late['seconds']} s, so the hub gave it up."
        return _Entry(late["user"], when, trouble=Trouble(Cause.LATE, words, _LOG))
    if unreached := _UNREACHED.match(text):
        words = f"The hub could not reach the server within {unreached['seconds']} s, although its pod ran."
        return _Entry(unreached["user"], when, trouble=Trouble(Cause.LATE, words, _LOG))
    if unheard := _UNHEARD.match(text):
        words = f"The hub could not reach the server, although its pod ran. It says: {quoted(unheard['error'])}."
        return _Entry(unheard["user"], when, trouble=Trouble(Cause.LATE, words, _LOG))
    for pattern, words in _LIMITS:
        if limit := pattern.match(text):
            return _Entry("", when, trouble=Trouble(Cause.LIMIT, words.format(count=limit["count"]), USERS))
    return None


def _answer_of_kubernetes(lines: Iterable[str]) -> str:
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


def _trouble(entry: _Entry, redactor: Redactor, ranges: Sequence[LimitRange]) -> Trouble:
    if entry.trouble is not None:
        return replace(entry.trouble, words=redactor.line(entry.trouble.words))
    words = redactor.line(" ".join(entry.words.split()))
    if not words or (status := _STATUS.fullmatch(words)):
        code = f" with status {status['status']}" if words and status else ""
        return Trouble(Cause.REFUSED, f"The server’s pod was refused{code}; the hub’s log does not say why.", _LOG)
    if entry.by_hub:
        return Trouble(Cause.REFUSED, f"The hub did not start it. It says: {quoted(words)}.", _LOG)
    if entry.answered:
        return _helped(uncreated(words), words, ranges)
    # Its own code, or the way to Kubernetes: the cluster has refused nothing.
    said = f"The hub failed to start it. It says: {quoted(words)}."
    known = refusal(words)
    return _helped(known, words, ranges) if known else Trouble(Cause.REFUSED, said, _LOG)


def _helped(trouble: Trouble, words: str, ranges: Sequence[LimitRange]) -> Trouble:
    """Return the same with the way out. There is no pod to look at."""
    return replace(trouble, step=step_beside(words), way=way_out(words, ranges))
