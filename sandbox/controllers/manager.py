"""The controllers' loop: driven by changes and by appointments on the clock, idle while there is neither."""

import asyncio
import logging
import time
from collections import defaultdict
from datetime import timedelta

from sandbox.apiserver.objects.errors import ApiError
from sandbox.apiserver.objects.resource_kinds import ALL, POD, Kind
from sandbox.apiserver.storage.history import Change, Subscription
from sandbox.apiserver.storage.records import Record
from sandbox.apiserver.storage.store import Store
from sandbox.clock import Clock
from sandbox.controllers.claims import Claims
from sandbox.controllers.daemonsets import DaemonSets
from sandbox.controllers.deployments import Deployments
from sandbox.controllers.disruption import DisruptionBudgets
from sandbox.controllers.event_expiry import EventExpiry
from sandbox.controllers.evictions import Evictions
from sandbox.controllers.expansion import Expansions
from sandbox.controllers.garbage_collector import GarbageCollector
from sandbox.controllers.gateways import Gateways, HttpRoutes, Ingresses
from sandbox.controllers.jobs import Jobs
from sandbox.controllers.namespaces import Namespaces
from sandbox.controllers.nodes import Nodes
from sandbox.controllers.protection import ClaimProtection
from sandbox.controllers.quotas import ResourceQuotas
from sandbox.controllers.replicasets import ReplicaSets
from sandbox.controllers.scheduler import Scheduler
from sandbox.controllers.services import LoadBalancers, ServiceEndpoints
from sandbox.controllers.snapshots import Snapshots
from sandbox.controllers.statefulsets import StatefulSets
from sandbox.controllers.volumes import Volumes
from sandbox.kubelet.kubelet import Kubelets
from sandbox.runtime.controller import Context, Controller
from sandbox.runtime.events import EventRecorder
from sandbox.runtime.images import Images
from sandbox.runtime.pod_index import PodIndex
from sandbox.runtime.work_queue import Agenda, Task

_LOG = logging.getLogger(__name__)

_ALL: tuple[type[Controller], ...] = (
    Namespaces,
    Nodes,
    Deployments,
    ReplicaSets,
    StatefulSets,
    DaemonSets,
    Jobs,
    Scheduler,
    Claims,
    Volumes,
    Expansions,
    ClaimProtection,
    Snapshots,
    Kubelets,
    Evictions,
    ServiceEndpoints,
    LoadBalancers,
    Gateways,
    HttpRoutes,
    Ingresses,
    DisruptionBudgets,
    ResourceQuotas,
    GarbageCollector,
    EventExpiry,
)
_FIRST_RETRY, _LAST_RETRY = 1.0, 60.0
# A clock that is jumped ahead wakes nobody, so the agenda is looked at once a minute at the latest.
_LONGEST_SLEEP = 60.0
# So much real time at a stretch, then others on the event loop get their turn.
_STRETCH = 0.02


class Controllers:
    """All controllers of one cluster, for the objects that are in the store and all that come.

    `run` works until it is cancelled. In its place a test may call `settle` after each change or advance of the
    clock.
    """

    def __init__(self, store: Store, clock: Clock, images: Images) -> None:
        self._store = store
        self._clock = clock
        self._agenda = Agenda(clock)
        self._pods = PodIndex()
        events = EventRecorder(store, clock)
        context = Context(store, clock, images, events, self._agenda, self._pods)
        self._interested: dict[Kind, list[Controller]] = defaultdict(list)
        for controller in [kind(context) for kind in _ALL]:
            for watched in controller.kinds:
                self._interested[watched].append(controller)
        self._failures: dict[Task, float] = {}
        self._changes = self._begin()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            await self.settle()
            await self._until_something()

    async def settle(self) -> None:
        """Do all that can be done without time passing."""
        begun = time.monotonic()
        while self.step():
            if time.monotonic() - begun > _STRETCH:
                await asyncio.sleep(0)
                begun = time.monotonic()

    def step(self) -> bool:
        """Do one round of what changed and what is due; False if there was nothing."""
        if self._changes.lagged:
            self._changes = self._begin()
        changes = self._changes.take()
        for change in changes:
            self._tell(change)
        tasks = self._agenda.take()
        for task in tasks:
            self._do(task)
        return bool(changes or tasks)

    def _begin(self) -> Subscription:
        """Subscribe to changes, and take the present objects as new."""
        changes = self._store.subscribe()
        for kind in ALL:
            for record in self._store.records(kind):
                self._tell(_as_new(kind, record, self._store.revision))
        return changes

    def _tell(self, change: Change) -> None:
        if change.kind is POD:
            self._index(change)
        for controller in self._interested.get(change.kind, ()):
            controller.notice(change)

    def _index(self, change: Change) -> None:
        if change.type == "DELETED":
            self._pods.drop(change.obj)
        else:
            self._pods.put(change.obj)

    def _do(self, task: Task) -> None:
        controller, namespace, name = task
        try:
            controller.reconcile(namespace, name)
        except ApiError as error:
            _LOG.debug("%s %s/%s: %s", type(controller).__name__, namespace, name, error)
            self._again(task)
        except Exception:  # noqa: BLE001 - one object that trips a controller must not stop the cluster
            _LOG.exception("%s failed at %s/%s", type(controller).__name__, namespace, name)
            self._again(task)
        else:
            self._failures.pop(task, None)

    def _again(self, task: Task) -> None:
        seconds = min(self._failures.get(task, _FIRST_RETRY / 2) * 2, _LAST_RETRY)
        self._failures[task] = seconds
        self._agenda.add_later(task, seconds)

    async def _until_something(self) -> None:
        waiting = {asyncio.create_task(self._changed()), asyncio.create_task(self._due())}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()

    async def _changed(self) -> None:
        await self._changes.wait()

    async def _due(self) -> None:
        due = self._agenda.next_due or self._clock.now() + timedelta(seconds=_LONGEST_SLEEP)
        seconds = (due - self._clock.now()).total_seconds()
        await self._clock.sleep(min(max(seconds, 0.0), _LONGEST_SLEEP))


def _as_new(kind: Kind, record: Record, revision: int) -> Change:
    return Change(revision, "ADDED", kind, record, None)
