"""Pods: their containers, node, owner and age, and the reason why one is not ready."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from clients.answers import Json, moment, number, part, parts, text, texts
from clients.kube.fields import condition, labels, said
from clients.kube.resources import requests_of
from clients.kube.storage import SERVERNAME, USERNAME, claims_of

# kubelet's own words (pkg/kubelet/images/types.go), for pulls that failed and will be tried again or never work.
PULL_FAILURES = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
        "ErrImageNeverPull",
        "ImageInspectError",
        "RegistryUnavailable",
        "SignatureValidationFailed",
    }
)
STARTING = frozenset({"ContainerCreating", "PodInitializing"})

# Kubelet keeps 4 KiB of what a container writes at its end.
_LAST_WORDS = 4_096
_STATES = {"Succeeded": "completed", "Failed": "failed", "Unknown": "unknown"}


@dataclass(frozen=True)
class Waiting:
    """A container that has not started, and kubelet's reason and message for it."""

    container: str
    reason: str
    message: str
    image: str

    def __str__(self) -> str:
        return f"{self.reason}: {self.message}" if self.message else self.reason


@dataclass(frozen=True)
class Crash:
    """The last end of a container, when it did not end well.

    `message` is its termination message, empty where it left none or kubelet keeps none.
    """

    container: str
    reason: str
    exit_code: int
    message: str = ""

    def __str__(self) -> str:
        return f"{self.container} ended with {self.reason or 'an error'}, exit code {self.exit_code}"


@dataclass(frozen=True)
class Owner:
    """The controller that created the pod."""

    kind: str
    name: str


@dataclass(frozen=True)
class Pod:
    """A pod at one moment. Times are UTC.

    `component`, `release` are the chart's labels, `user` and `server` kubespawner's annotations of the names of both,
    each empty where the pod has none. `ready` of `containers` are ready; `restarts` counts all containers. `refusal` is
    the reason why it cannot be scheduled, or why kubelet refused or evicted it. `claims` are those it mounts.
    `deadline` is the time by which it should have ended, once it is being deleted; `finalizers` keep it until they are
    removed. `container_names` are in the pod's own order, those that only prepare it (init containers) last. `requests`
    is what the scheduler keeps for it on its node, by resource. `unready` is why the pod is not ready though its
    containers are, as on a node that fell silent; empty otherwise.
    """

    name: str
    uid: str
    component: str
    release: str
    phase: str
    ready: int
    containers: int
    restarts: int
    node: str
    created: datetime | None
    started: datetime | None
    terminating: bool
    waiting: Waiting | None
    crash: Crash | None
    refusal: str
    images: tuple[str, ...]
    user: str
    owner: Owner | None
    labels: Mapping[str, str]
    claims: tuple[str, ...] = ()
    deadline: datetime | None = None
    finalizers: tuple[str, ...] = ()
    container_names: tuple[str, ...] = ()
    unready: str = ""
    requests: Mapping[str, float] = field(default_factory=dict)
    server: str = ""

    @property
    def is_ready(self) -> bool:
        """True if all containers and the pod itself are ready, and it is not being deleted."""
        whole = self.phase == "Running" and self.ready == self.containers and self.ready > 0
        return whole and not self.unready and not self.terminating

    @property
    def state(self) -> str:
        """One word or two for people: ready, starting, pending, not ready, ending, completed, failed, unknown."""
        if self.terminating:
            return "ending"
        if self.phase in _STATES:
            return _STATES[self.phase]
        if self.is_ready:
            return "ready"
        if self.problem:
            return "not ready"
        return "starting" if self.node else "pending"

    @property
    def pull_failure(self) -> Waiting | None:
        """The container whose image could not be pulled, with image and reason; None if there is none."""
        return self.waiting if self.waiting and self.waiting.reason in PULL_FAILURES else None

    @property
    def problem(self) -> str:
        """The reason why the pod is not ready, in one line; empty when it is ready, completed or merely starting."""
        if self.is_ready or self.phase == "Succeeded" or self.terminating:
            return ""
        if self.waiting and self.waiting.reason not in STARTING:
            return f"{self.waiting} ({self.crash})" if self.crash else str(self.waiting)
        if self.refusal:
            return self.refusal
        if self.unready:
            return self.unready
        return str(self.crash) if self.crash else ""

    @classmethod
    def from_json(cls, pod: Json) -> "Pod":
        """Return a pod from a v1 Pod."""
        metadata, spec, status = part(pod, "metadata"), part(pod, "spec"), part(pod, "status")
        main = parts(status, "containerStatuses")
        statuses = [*parts(status, "initContainerStatuses"), *main]
        its_labels, notes = labels(metadata), labels(metadata, "annotations")
        return cls(
            name=text(metadata, "name"),
            uid=text(metadata, "uid"),
            component=its_labels.get("component") or its_labels.get("app.kubernetes.io/component", ""),
            release=its_labels.get("release") or its_labels.get("app.kubernetes.io/instance", ""),
            phase=text(status, "phase") or "Pending",
            ready=sum(one.get("ready") is True for one in main),
            containers=len(parts(spec, "containers")),
            restarts=sum(number(one, "restartCount") for one in statuses),
            node=text(spec, "nodeName"),
            created=moment(metadata, "creationTimestamp"),
            started=moment(status, "startTime"),
            terminating=bool(text(metadata, "deletionTimestamp")),
            waiting=_waiting(statuses),
            crash=_crash(statuses),
            refusal=_refusal(status),
            images=tuple(text(one, "image") for one in parts(spec, "containers")),
            user=notes.get(USERNAME, ""),
            owner=_owner(metadata),
            labels=its_labels,
            claims=claims_of(spec),
            deadline=moment(metadata, "deletionTimestamp"),
            finalizers=tuple(texts(metadata, "finalizers")),
            container_names=_names(spec),
            unready=_unready(status, main),
            requests=requests_of(spec),
            server=notes.get(SERVERNAME, ""),
        )


# The control plane gives no reason where a node does not report any more (pkg/util/node, MarkPodsNotReady).
_SILENT: Final = "no longer ready, though its containers were: its node may be silent"


def _unready(status: Json, containers: list[Json]) -> str:
    ready = condition(status, "Ready")
    if ready.get("status") not in ("False", "Unknown") or not all(one.get("ready") is True for one in containers):
        return ""
    reason, message = said(ready, "reason"), said(ready, "message")
    return f"{reason}: {message}" if reason and message else reason or message or _SILENT


def _names(spec: Json) -> tuple[str, ...]:
    return tuple(text(one, "name") for kind in ("containers", "initContainers") for one in parts(spec, kind))


def _waiting(statuses: list[Json]) -> Waiting | None:
    found = [
        Waiting(text(one, "name"), said(state, "reason"), said(state, "message"), text(one, "image"))
        for one in statuses
        if (state := part(one, "state", "waiting"))
    ]
    return min(found, key=_urgency, default=None)


def _urgency(waiting: Waiting) -> int:
    if waiting.reason in PULL_FAILURES:
        return 0
    return 2 if waiting.reason in STARTING else 1


def _crash(statuses: list[Json]) -> Crash | None:
    for one in statuses:
        for state in (part(one, "state", "terminated"), part(one, "lastState", "terminated")):
            if number(state, "exitCode") != 0 and one.get("ready") is not True:
                last = text(state, "message")[-_LAST_WORDS:]
                return Crash(text(one, "name"), said(state, "reason"), number(state, "exitCode"), last)
    return None


def _refusal(status: Json) -> str:
    scheduled = condition(status, "PodScheduled")
    source = scheduled if scheduled.get("status") == "False" else status
    reason, message = said(source, "reason"), said(source, "message")
    return f"{reason}: {message}" if reason and message else reason or message


def _owner(metadata: Json) -> Owner | None:
    owners = parts(metadata, "ownerReferences")
    chosen = next((one for one in owners if one.get("controller") is True), None)
    return Owner(text(chosen, "kind"), text(chosen, "name")) if chosen else None
