"""The logs of containers: generated from the pod and the time alone, so that a later call returns the same and more."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sandbox.apiserver.logs import LogOptions, LogSource
from sandbox.apiserver.objects.json_objects import at, list_at, moment
from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.clock import Clock
from sandbox.kubelet.log_texts import Voice, voice_of

Line = tuple[datetime, str]

_STEP = timedelta(milliseconds=137)
# kubelet keeps a log of 10 MiB and what it rotated away; here it rotates at midnight and keeps the day before.
_KEPT = timedelta(days=1)


@dataclass(frozen=True)
class _Life:
    """One life of a container: from its start to its end, or until now."""

    begin: datetime
    end: datetime
    failed: bool

    def had(self, when: datetime) -> bool:
        """Return True if the moment was in this life. What is of now may be later than the clock was read."""
        return self.begin <= when <= self.end + timedelta(seconds=1)


ExtraLines = Callable[[Json, str], Iterable[Line]]
"""The further lines of a pod's container, such as errors, with their times."""


def _none(_: Json, __: str) -> Iterable[Line]:
    return ()


def container_log(clock: Clock, troubles: ExtraLines = _none, whole: ExtraLines = _none) -> LogSource:
    """Return the source of all containers' logs, by that clock; `whole` returns lines that need no stamp."""

    def log(pod: Json, container: str, options: LogOptions) -> str:
        life = _life(pod, container, clock.now(), previous=options.previous)
        if life is None:
            return ""
        stamp = voice_of(container).stamp
        stamped = ((when, stamp(when) + text) for when, text in troubles(pod, container) if life.had(when))
        unstamped = ((when, text) for when, text in whole(pod, container) if life.had(when))
        # Lines of one moment stay as they follow each other.
        lines = sorted([*_lines(pod, container, life), *stamped, *unstamped], key=lambda line: line[0])
        return "".join(f"{when:%Y-%m-%dT%H:%M:%S.%f}Z {text}\n" for when, text in lines)

    return log


def _life(pod: Json, container: str, now: datetime, *, previous: bool) -> _Life | None:
    statuses = [*list_at(pod, "status", "initContainerStatuses"), *list_at(pod, "status", "containerStatuses")]
    status: Json = next((one for one in statuses if one.get("name") == container), {})
    ended = at(status, "lastState", "terminated")
    running = None if previous else at(status, "state", "running", "startedAt")
    if not previous and not running:
        # One that waits to be started again shows how it ended.
        ended = at(status, "state", "terminated") or ended
    if isinstance(running, str):
        return _Life(moment(running), now, failed=False)
    if isinstance(ended, dict) and ended.get("startedAt"):
        finished = moment(str(ended.get("finishedAt") or ended["startedAt"]))
        return _Life(moment(ended["startedAt"]), finished, failed=bool(ended.get("exitCode")))
    return None


def _lines(pod: Json, container: str, life: _Life) -> Iterator[Line]:
    voice = voice_of(container)
    oldest = life.end.replace(hour=0, minute=0, second=0, microsecond=0) - _KEPT
    opening = enumerate(voice.opening)
    lines = [(life.begin + number * _STEP, text) for number, text in opening]
    lines += _routine(voice, pod, life, oldest)
    if life.failed:
        lines += [(life.end + number * _STEP / 10, text) for number, text in enumerate(voice.failing)]
    for when, text in lines:
        if when >= oldest and (when <= life.end or life.failed):
            yield when, voice.stamp(when) + _filled(text, pod, when)


def _routine(voice: Voice, pod: Json, life: _Life, oldest: datetime) -> Iterator[Line]:
    if not voice.routine:
        return
    every = timedelta(seconds=voice.every)
    number = max(1, int((oldest - life.begin) / every))
    while (when := life.begin + number * every + _lot(pod, number) % 20_000 * timedelta(milliseconds=1)) <= life.end:
        yield when, voice.routine[_lot(pod, number) % len(voice.routine)]
        number += 1


def _filled(text: str, pod: Json, when: datetime) -> str:
    lot = _lot(pod, int(when.timestamp()))
    user = (pod["metadata"].get("annotations") or {}).get("hub.jupyter.org/username", "")
    fields = {
        "{user}": str(user),
        "{pod}": str(pod["metadata"]["name"]),
        "{address}": f"10.244.{lot % 3}.{lot % 200 + 4}",
        "{ms}": f"{1 + lot % 4000 / 100:.2f}",
    }
    for field, value in fields.items():
        text = text.replace(field, value)
    return text


def _lot(pod: Json, number: int) -> int:
    """Return a pseudo-random number, always the same for the same pod and number."""
    return int.from_bytes(sha256(f"{pod['metadata'].get('uid')}/{number}".encode()).digest()[:4], "big")
