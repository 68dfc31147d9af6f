"""The base of all controllers: notified of changes, and asked to reconcile one object, never to scan everything."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sandbox.apiserver.objects.json_objects import timestamp
from sandbox.apiserver.objects.resource_kinds import Json, Kind
from sandbox.apiserver.storage.history import Change
from sandbox.apiserver.storage.store import Store
from sandbox.clock import Clock
from sandbox.runtime.events import EventRecorder
from sandbox.runtime.images import Images
from sandbox.runtime.pod_index import PodIndex
from sandbox.runtime.work_queue import Agenda


@dataclass(frozen=True)
class Context:
    """The parts that the controllers of one cluster share."""

    store: Store
    clock: Clock
    images: Images
    events: EventRecorder
    agenda: Agenda
    pods: PodIndex


class Controller:
    """One controller. `kinds` are the kinds whose changes it is notified of."""

    kinds: ClassVar[tuple[Kind, ...]] = ()

    def __init__(self, context: Context) -> None:
        self.context = context
        self.store = context.store
        self.events = context.events

    def notice(self, change: Change) -> None:
        """Queue the objects that a change concerns."""
        self.wake_for(change.obj)

    def reconcile(self, namespace: str, name: str) -> None:
        """Reconcile the object of that name, as far as possible now. It may be gone."""
        raise NotImplementedError

    def wake(self, namespace: str, name: str) -> None:
        """Queue the object for the next round."""
        self.context.agenda.add((self, namespace, name))

    def wake_for(self, obj: Json) -> None:
        """Queue this object for the next round."""
        metadata = obj["metadata"]
        self.wake(metadata.get("namespace") or "", metadata["name"])

    def wake_later(self, namespace: str, name: str, seconds: float) -> None:
        """Queue the object for after so many of the sandbox's seconds; it may be reconciled earlier."""
        self.context.agenda.add_later((self, namespace, name), max(0.0, seconds))

    def now(self) -> datetime:
        """Return the time in the sandbox."""
        return self.context.clock.now()

    def stamp(self) -> str:
        """Return the time in the sandbox as objects carry it."""
        return timestamp(self.now())
