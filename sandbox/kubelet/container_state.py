"""The state of a container on its node, its entry in the pod's status, and its events.

Reasons are those of Kubernetes 1.32 (pkg/kubelet/kuberuntime).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from hashlib import sha256

from sandbox.apiserver.objects.json_objects import timestamp
from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.kubelet.programs import Program
from sandbox.runtime.controller import Context
from sandbox.runtime.events import Source
from sandbox.runtime.images import image_id

# The interval at which kubelet repeats the events of a failure.
REPEAT = 15.0


class Stage(Enum):
    """The stages of a container's life."""

    WAITING = auto()
    PULLING = auto()
    FAILED_PULL = auto()
    PULL_BACKOFF = auto()
    STUCK = auto()
    RUNNING = auto()
    ENDED = auto()
    CRASH_BACKOFF = auto()


@dataclass(frozen=True)
class Place:
    """The cluster and the node on which containers run."""

    context: Context
    node: str

    @property
    def source(self) -> Source:
        """The source of the containers' events."""
        return Source("kubelet", self.node)


class ContainerState:
    """One container's state. `due` is the time of its next step, None while it waits for something else."""

    def __init__(self, place: Place, pod: Json, spec: Json, *, initial: bool) -> None:
        self.name = str(spec["name"])
        self.initial = initial
        self.stage = Stage.WAITING
        self.due: datetime | None = None
        self.ready = False
        self.restarts = 0
        self.exit_code: int | None = None
        self.watches = False
        self._place = place
        self._pod = pod
        self._spec = spec
        self._image = str(spec.get("image", ""))
        self._reason, self._message = "", ""
        self._backoff = 0.0
        self._retry_at: datetime | None = None
        self._started: datetime | None = None
        self._ended: datetime | None = None
        self._last: Json = {}
        self._program = Program()
        self._pull_began: datetime | None = None

    @property
    def has_begun(self) -> bool:
        """True if the next container may begin: this one's image is there, or cannot be pulled."""
        return self.stage not in (Stage.WAITING, Stage.PULLING)

    @property
    def is_over(self) -> bool:
        """True if it has ended and will not be restarted."""
        return self.stage is Stage.ENDED and self.due is None

    @property
    def is_up(self) -> bool:
        """True if its program has been started, and runs or will run again."""
        return self.stage in (Stage.RUNNING, Stage.CRASH_BACKOFF) or (self.stage is Stage.ENDED and not self.is_over)

    def status(self, waiting_for: str) -> Json:
        """Return its entry in containerStatuses; `waiting_for` is the reason if its turn has not come."""
        has_run = self._started is not None
        return {
            "name": self.name,
            "image": self._image,
            "imageID": image_id(self._image) if has_run else "",
            **({"containerID": f"containerd://{self._id()}"} if has_run else {}),
            "ready": self.exit_code == 0 if self.initial and self.is_over else self.ready,
            "started": self.stage is Stage.RUNNING,
            "restartCount": self.restarts,
            "state": self._state(waiting_for),
            "lastState": self._last,
        }

    def _state(self, waiting_for: str) -> Json:
        if self.stage is Stage.RUNNING:
            return {"running": {"startedAt": timestamp(self._started or self._now())}}
        if self.stage is Stage.ENDED:
            return {"terminated": self._terminated()}
        # While an image is tried again, kubelet still shows why it could not be had before.
        if self._reason:
            return {"waiting": {"reason": self._reason, "message": self._message}}
        return {"waiting": {"reason": waiting_for}}

    def _terminated(self) -> Json:
        return {
            "exitCode": self.exit_code or 0,
            "reason": "Error" if self.exit_code else "Completed",
            "startedAt": timestamp(self._started or self._now()),
            "finishedAt": timestamp(self._ended or self._now()),
            "containerID": f"containerd://{self._id()}",
            **({"message": self._program.last_words} if self._program.last_words else {}),
        }

    def _id(self) -> str:
        return sha256(f"{self._pod['metadata']['uid']}/{self.name}/{self.restarts}".encode()).hexdigest()

    def _now(self) -> datetime:
        return self._place.context.clock.now()

    def _normal(self, reason: str, message: str) -> None:
        self._place.context.events.normal(self._pod, reason, message, self._place.source, self._field())

    def _warning(self, reason: str, message: str) -> None:
        self._place.context.events.warning(self._pod, reason, message, self._place.source, self._field())

    def _field(self) -> str:
        return f"spec.{'initContainers' if self.initial else 'containers'}{{{self.name}}}"

    def _wait_for_retry(self) -> None:
        again = self._now() + timedelta(seconds=REPEAT)
        self.due = min(again, self._retry_at) if self._retry_at else again


def span(seconds: float) -> str:
    """Return a duration as Go prints it: "312ms", "4.012s", "1m20s"."""
    if seconds < 1:
        return f"{round(seconds * 1000)}ms"
    minutes, rest = divmod(seconds, 60)
    text = f"{round(rest, 3):g}s"
    return f"{int(minutes)}m{text}" if minutes else text
