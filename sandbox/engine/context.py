"""What every controller works with: the store, time, images, events, and look-ups that do not scan."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Address
from itertools import count
from typing import Protocol, TypeVar

from sandbox.clock import Clock
from sandbox.engine.events import EventRecorder
from sandbox.engine.images import Images
from sandbox.kube.objects import at, list_at
from sandbox.kube.resources import POD, Json, Kind
from sandbox.kube.store import Store

Key = tuple[Kind, str, str]
# Of AKS's pod network 10.244.0.0/16 and beyond; pods that come with an address of their own have it from the former.
_FIRST_ADDRESS = IPv4Address("10.245.0.4")
T = TypeVar("T")


class Later(Protocol):
    """Looks at an object again after some of the sandbox's seconds."""

    def __call__(self, key: Key, seconds: float) -> None:
        """An earlier appointment for the same object is kept; this one is added unless it comes later."""


@dataclass
class Context:
    """Shared by the controllers of one cluster."""

    store: Store
    clock: Clock
    images: Images
    events: EventRecorder
    later: Later
    look_at: Callable[[Key], None]
    pods_on: dict[str, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    pods_with: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    waiting_for_node: set[tuple[str, str]] = field(default_factory=set)
    notes: dict[str, dict[str, datetime]] = field(default_factory=lambda: defaultdict(dict))
    _numbers: Iterator[int] = field(default_factory=count)

    def pods_of(self, owner: Json) -> list[Json]:
        """The pods that this object controls."""
        return [pod for kind, pod in self.store.dependents(owner["metadata"]["uid"]) if kind is POD]

    def pods_on_node(self, node: str) -> list[Json]:
        """The pods that are bound to the node."""
        found = (self.store.find(POD, namespace, name) for namespace, name in self.pods_on[node])
        return [pod for pod in found if pod is not None]

    def seconds_since(self, moment: datetime) -> float:
        """How many seconds ago that was."""
        return (self.clock.now() - moment).total_seconds()

    def new_address(self) -> str:
        """An address that no other pod has had."""
        return str(_FIRST_ADDRESS + next(self._numbers))

    def note(self, pod: Json, what: str) -> None:
        """Remember that this happened to the pod now; forgotten with the pod."""
        self.notes[pod["metadata"]["uid"]][what] = self.clock.now()

    def noted(self, pod: Json, what: str) -> float | None:
        """How many seconds ago that happened to the pod, None if it did not."""
        when = self.notes.get(pod["metadata"]["uid"], {}).get(what)
        return None if when is None else self.seconds_since(when)

    def unnote(self, pod: Json, what: str) -> None:
        """Forget that this happened to the pod."""
        self.notes[pod["metadata"]["uid"]].pop(what, None)

    def index(self, pod: Json, *, present: bool) -> None:
        """Keep the look-ups for a pod that came, changed or went."""
        place = (pod["metadata"]["namespace"], pod["metadata"]["name"])
        node = pod["spec"].get("nodeName")
        if node:
            _toggle(self.pods_on[node], place, present=present)
        for claim in set(claims_of(pod)):
            _toggle(self.pods_with[place[0], claim], place[1], present=present)
        _toggle(self.waiting_for_node, place, present=present and not node)


def _toggle(members: set[T], member: T, *, present: bool) -> None:
    if present:
        members.add(member)
    else:
        members.discard(member)


def key_of(kind: Kind, obj: Json) -> Key:
    """What finds the object again."""
    metadata = obj["metadata"]
    return kind, metadata.get("namespace", ""), metadata["name"]


def claims_of(pod: Json) -> list[str]:
    """The names of the claims that the pod mounts."""
    found = (at(volume, "persistentVolumeClaim", "claimName") for volume in list_at(pod, "spec", "volumes"))
    return [str(name) for name in found if name]


def is_ready(pod: Json) -> bool:
    """Whether the pod has the condition Ready and nobody asked it to end."""
    conditions = list_at(pod, "status", "conditions")
    ready = any(c.get("type") == "Ready" and c.get("status") == "True" for c in conditions)
    return ready and not is_ending(pod)


def node_works(node: Json | None) -> bool:
    """Whether the node is there and its kubelet says that it is ready."""
    conditions = list_at(node, "status", "conditions") if node else []
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def is_ending(obj: Json) -> bool:
    """Whether somebody asked the object to end."""
    return bool(obj["metadata"].get("deletionTimestamp"))


def is_over(pod: Json) -> bool:
    """Whether the pod has ended by itself."""
    return at(pod, "status", "phase") in ("Succeeded", "Failed")


def owner_reference(owner: Json) -> Json:
    """The reference by which an object says that `owner` controls it."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
