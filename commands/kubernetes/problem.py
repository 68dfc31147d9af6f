"""Problems of a pod, a claim or a node, in words for people, with the next step."""

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Cause(Enum):
    """The causes of problems. Objects with the same cause share one problem."""

    MEMORY = "no room: memory"
    CPU = "no room: cpu"
    PODS = "no room: pods"
    DISKS = "no room: disks"
    RESOURCE = "no room: another resource"
    TAINT = "kept away"
    AFFINITY = "no such node"
    ZONE = "disk in another zone"
    NO_NODES = "no nodes"
    POOL_FULL = "pool at its maximum"
    NO_MACHINES = "no machines"
    CLUSTER_FULL = "cluster at its maximum"
    NOT_JOINED = "machine did not join"
    SCALING_UP = "a node is coming"
    IMAGE_MISSING = "image not there"
    IMAGE_REFUSED = "image not allowed"
    IMAGE_BROKEN = "image incomplete"
    IMAGE_RATE = "registry too busy"
    IMAGE_UNREACHABLE = "registry not reached"
    IMAGE_NAME = "image name"
    IMAGE_PLATFORM = "image for another platform"
    IMAGE = "image"
    CLAIM_UNBOUND = "no disk yet"
    CLAIM_GONE = "home not there"
    CLAIM_GOING = "home being deleted"
    CLAIM_MISSING = "volume claim not there"
    HUB_CLAIM_GONE = "hub database not there"
    DISK_QUOTA = "disk quota"
    DISK_ELSEWHERE = "disk at another node"
    DISK_GONE = "disk gone"
    DISK = "disk"
    MOUNT_LATE = "volume not mounted yet"
    HOME_FULL = "home full"
    SETTINGS_MISSING = "Secret or ConfigMap"
    QUOTA = "quota"
    POLICY = "refused by a policy"
    WEBHOOK = "admission webhook does not answer"
    OUT_OF_MEMORY = "out of memory"
    CRASH = "crash"
    CONFIG = "configuration"
    ROOT = "runs as root"
    ADDRESSES = "no addresses"
    NETWORK = "no network"
    NODE_REFUSED = "refused by its node"
    MACHINE_MISSING = "machine not found"
    EVICTED = "evicted"
    NODE_LOST = "node lost"
    HELD = "cannot end"
    NODE_PRESSURE = "node under pressure"
    PROBE = "no answer"
    REFUSED = "start refused"
    LATE = "start took too long"
    LIMIT = "limit of the hub"
    OTHER = "other"


# What the normal course of things brings, and mends by itself.
TRANSIENT: Final = frozenset({Cause.SCALING_UP})


@dataclass(frozen=True)
class Step:
    """The safe next step: a button's title and the line that it types."""

    title: str
    line: str


@dataclass(frozen=True)
class Trouble:
    """A problem: `words` is a sentence or two; `step` the next step, where anything typed helps.

    `way` says what helps and who does it, in a sentence, where that is known.
    """

    cause: Cause
    words: str
    step: Step | None = None
    way: str = ""

    @property
    def told(self) -> str:
        """The problem, and below it the way out."""
        return f"{self.words}\nWhat to do: {self.way}" if self.way else self.words

    @property
    def is_transient(self) -> bool:
        """True if it is likely to be over soon without intervention."""
        return self.cause in TRANSIENT


NODES: Final = Step("Show nodes", "/jhub nodes")
IMAGES: Final = Step("Show images", "/jhub images")
STORAGE: Final = Step("Check storage", "/jhub storage doctor")
PODS: Final = Step("Show pods", "/jhub pods")
USERS: Final = Step("Show active users", "/jhub users --active")
