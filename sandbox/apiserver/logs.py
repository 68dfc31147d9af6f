"""A container's log as the kubelet gives it: which container, which lines, for how long."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.apiserver.objects.errors import bad_request
from sandbox.apiserver.objects.json_objects import moment
from sandbox.apiserver.objects.resource_kinds import POD, Json
from sandbox.apiserver.query import number, truth
from sandbox.apiserver.storage.store import Store

_STAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z) ")
_DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"
_EVERY = 0.5
LONGEST_FOLLOW = 1800.0
"""Real seconds after which a followed log ends by itself."""


@dataclass(frozen=True)
class LogOptions:
    """The options of a log request; a limit that was not given is None."""

    tail_lines: int | None = None
    since_seconds: int | None = None
    since_time: datetime | None = None
    limit_bytes: int | None = None
    timestamps: bool = False
    previous: bool = False
    follow: bool = False

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "LogOptions":
        """Return the options of a query. Raise ApiError 400 for a value that is not a number or a time."""
        return cls(
            tail_lines=_given(query, "tailLines"),
            since_seconds=_given(query, "sinceSeconds"),
            since_time=_time(query.get("sinceTime", "")),
            limit_bytes=_given(query, "limitBytes"),
            timestamps=truth(query, "timestamps"),
            previous=truth(query, "previous"),
            follow=truth(query, "follow"),
        )


LogSource = Callable[[Json, str, LogOptions], str]
"""Gives the whole log of a pod's container, oldest line first, each line beginning with its time as
"2026-01-31T08:00:00Z " or with fractions of a second; what the options ask for is cut out of it here. Only
`previous` is the source's to mind."""


def no_logs(_: Json, __: str, ___: LogOptions) -> str:
    """Return an empty log: the source of containers that never write anything."""
    return ""


def container_of(pod: Json, wanted: str, options: LogOptions) -> str:
    """Return the container whose log is meant. Raise ApiError 400 if that is ambiguous or it has no log yet."""
    spec, name = pod["spec"], pod["metadata"]["name"]
    main = [one["name"] for one in spec.get("containers") or ()]
    initial = [one["name"] for one in spec.get("initContainers") or ()]
    container = wanted or (pod["metadata"].get("annotations") or {}).get(_DEFAULT_CONTAINER, "")
    if not container and len(main) == 1 and not initial:
        container = main[0]
    if not container:
        others = f" or one of the init containers: [{' '.join(initial)}]" if initial else ""
        choices = f"choose one of: [{' '.join(main)}]{others}"
        raise bad_request(f"a container name must be specified for pod {name}, {choices}")
    if container not in (*main, *initial):
        raise bad_request(f"container {container} is not valid for pod {name}")
    _check_begun(pod, container, options)
    return container


def _check_begun(pod: Json, container: str, options: LogOptions) -> None:
    status = pod.get("status") or {}
    known = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
    about: Json = next((one for one in known if one["name"] == container), {})
    name = pod["metadata"]["name"]
    if options.previous and not about.get("restartCount"):
        raise bad_request(f'previous terminated container "{container}" in pod "{name}" not found')
    waiting = (about.get("state") or {}).get("waiting")
    if waiting is None or about.get("restartCount"):
        return
    reason = waiting.get("reason") or "ContainerCreating"
    if reason in ("ImagePullBackOff", "ErrImagePull"):
        raise bad_request(
            f'container "{container}" in pod "{name}" is waiting to start: trying and failing to pull image'
        )
    raise bad_request(f'container "{container}" in pod "{name}" is waiting to start: {reason}')


def selected(text: str, options: LogOptions, now: datetime) -> str:
    """Return the lines of a whole log that the options select."""
    lines = text.splitlines()
    begin = options.since_time
    if options.since_seconds is not None:
        begin = now - timedelta(seconds=options.since_seconds)
    if begin is not None:
        lines = [line for line in lines if _is_after(line, begin)]
    if options.tail_lines is not None:
        lines = lines[-options.tail_lines :] if options.tail_lines else []
    return _cut(_shown(lines, options), options)


def _shown(lines: list[str], options: LogOptions) -> str:
    shown_lines = lines if options.timestamps else [_STAMP.sub("", line, count=1) for line in lines]
    return "".join(f"{line}\n" for line in shown_lines)


def _cut(text: str, options: LogOptions) -> str:
    if options.limit_bytes is None:
        return text
    return text.encode()[: options.limit_bytes].decode(errors="ignore")


def _is_after(line: str, begin: datetime) -> bool:
    stamp = _STAMP.match(line)
    return stamp is None or moment(stamp[1]) >= begin


async def followed(
    store: Store, source: LogSource, pod: Json, container: str, options: LogOptions
) -> AsyncIterator[str]:
    """Yield the selected lines, then new ones as they come, until the container or the pod ends."""
    text = source(pod, container, options)
    yield selected(text, options, store.clock.now())
    seen = len(text.splitlines())
    namespace, name, uid = (pod["metadata"][field] for field in ("namespace", "name", "uid"))
    deadline = asyncio.get_running_loop().time() + LONGEST_FOLLOW
    while asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(_EVERY)
        now = store.find(POD, namespace, name)
        if now is None or now["metadata"]["uid"] != uid:
            return
        lines = source(now, container, options).splitlines()
        yield _shown(lines[seen:], options)
        seen = max(seen, len(lines))
        if _has_ended(now, container):
            return


def _has_ended(pod: Json, container: str) -> bool:
    status = pod.get("status") or {}
    if status.get("phase") in ("Succeeded", "Failed"):
        return True
    known = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
    return any(one["name"] == container and "terminated" in (one.get("state") or {}) for one in known)


def _given(query: Mapping[str, str], name: str) -> int | None:
    return number(query, name) if query.get(name) else None


def _time(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return moment(text)
    except ValueError as error:
        raise bad_request(f'parsing time "{text}" as RFC 3339 failed: sinceTime') from error
