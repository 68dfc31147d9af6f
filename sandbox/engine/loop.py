"""The controllers' loop: whatever changes is looked at again, with what it belongs to; and so is what is due."""

import asyncio
import heapq
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Final

from sandbox.clock import Clock
from sandbox.engine import (
    daemonsets,
    deployments,
    garbage,
    jobs,
    kubelet,
    namespaces,
    replicasets,
    scheduler,
    services,
    statefulsets,
    volumes,
)
from sandbox.engine.context import Context, Key, claims_of, is_over, key_of, node_works
from sandbox.engine.events import LIFETIME, EventRecorder
from sandbox.engine.images import Images
from sandbox.kube.errors import ApiError
from sandbox.kube.history import Change
from sandbox.kube.objects import at, moment
from sandbox.kube.resources import (
    ALL,
    DAEMON_SET,
    DEPLOYMENT,
    ENDPOINTS,
    EVENT,
    JOB,
    NAMESPACE,
    NODE,
    PERSISTENT_VOLUME,
    PERSISTENT_VOLUME_CLAIM,
    POD,
    REPLICA_SET,
    SERVICE,
    STATEFUL_SET,
    Json,
    Kind,
    by_kind,
)
from sandbox.kube.store import Store

_LOG = logging.getLogger(__name__)

Reconcile = Callable[[Context, Json], None]

_RECONCILERS: Final[dict[Kind, Reconcile]] = {
    NAMESPACE: namespaces.reconcile,
    DEPLOYMENT: deployments.reconcile,
    REPLICA_SET: replicasets.reconcile,
    STATEFUL_SET: statefulsets.reconcile,
    DAEMON_SET: daemonsets.reconcile,
    JOB: jobs.reconcile,
    PERSISTENT_VOLUME: volumes.reconcile_volume,
    PERSISTENT_VOLUME_CLAIM: volumes.reconcile,
    SERVICE: services.reconcile,
}
# Nobody acts on these: a change of theirs concerns nobody.
_SILENT: Final = (ENDPOINTS,)
_RETRY_SECONDS = 1.0
# What trips over an object will most likely do so again.
_RETRY_BROKEN_SECONDS = 60.0


class Controllers:
    """All controllers of one cluster. `run` works until it is cancelled; `step` does what can be done now."""

    def __init__(self, store: Store, clock: Clock, images: Images) -> None:
        self._store = store
        self._clock = clock
        self._context = Context(store, clock, images, EventRecorder(store, clock), self._later, self._look_at)
        self._dirty: dict[Key, None] = {}
        self._due: list[tuple[datetime, int, Key]] = []
        self._appointed: dict[Key, datetime] = {}
        self._order = count()
        self._changes = store.subscribe()
        for kind in ALL:
            for obj in store.list(kind):
                self._came(kind, obj)

    async def run(self) -> None:
        """Work until cancelled, idle while nothing changes and nothing is due."""
        while True:
            while self.step():  # noqa: ASYNC110 - gives way to others between two rounds
                await asyncio.sleep(0)
            await self._until_something()

    def step(self) -> bool:
        """Look at everything that changed or is due now; whether there was anything."""
        for change in self._changes.take():
            self._note(change)
        self._note_due()
        if not self._dirty:
            return False
        dirty, self._dirty = self._dirty, {}
        for key in dirty:
            self._reconcile(key)
        return True

    @property
    def next_due(self) -> datetime | None:
        """When something is due next."""
        return self._due[0][0] if self._due else None

    async def _until_something(self) -> None:
        changed = asyncio.create_task(self._changes.wait())
        waiting = {changed}
        if self._due:
            seconds = (self._due[0][0] - self._clock.now()).total_seconds()
            waiting.add(asyncio.create_task(self._slept(max(0.0, seconds))))
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()

    async def _slept(self, seconds: float) -> bool:
        await self._clock.sleep(seconds)
        return True

    def _later(self, key: Key, seconds: float) -> None:
        due = self._clock.now() + timedelta(seconds=seconds)
        if key not in self._appointed or due < self._appointed[key]:
            self._appointed[key] = due
            heapq.heappush(self._due, (due, next(self._order), key))

    def _look_at(self, key: Key) -> None:
        self._dirty[key] = None

    def _note_due(self) -> None:
        now = self._clock.now()
        while self._due and self._due[0][0] <= now:
            due, _, key = heapq.heappop(self._due)
            if self._appointed.get(key) == due:
                del self._appointed[key]
                self._dirty[key] = None

    def _note(self, change: Change) -> None:
        kind, obj = change.kind, change.obj
        before = change.previous.obj if change.previous is not None else None
        if kind is POD and before is not None:
            self._context.index(before, present=False)
            self._pod_was(before, obj)
        if kind is NODE and before is not None and (change.type == "DELETED" or node_works(before) != node_works(obj)):
            self._pods_concern(obj["metadata"]["name"])
        if change.type == "DELETED":
            self._went(kind, obj)
        else:
            self._came(kind, obj)

    def _came(self, kind: Kind, obj: Json) -> None:
        if kind is EVENT:
            self._later(key_of(kind, obj), LIFETIME)
            return
        if kind in _SILENT:
            return
        if kind is POD:
            self._context.index(obj, present=True)
            self._pod_concerns(obj)
        elif kind is NODE:
            self._node_concerns()
        elif kind is PERSISTENT_VOLUME_CLAIM:
            self._claim_concerns(obj)
        self._dirty[key_of(kind, obj)] = None
        self._owners_concern(obj)

    def _went(self, kind: Kind, obj: Json) -> None:
        garbage.collect(self._context, obj)
        self._owners_concern(obj)
        if kind is POD:
            self._context.index(obj, present=False)
            self._context.notes.pop(obj["metadata"]["uid"], None)
            self._pod_concerns(obj)
            self._retry_scheduling()
        elif kind is SERVICE:
            services.service_went(self._context, obj)
        elif kind is NODE:
            self._node_concerns()
        elif kind is PERSISTENT_VOLUME_CLAIM:
            volumes.claim_went(self._context, obj)
        if namespace := obj["metadata"].get("namespace"):
            self._namespace_concerns(namespace)

    def _owners_concern(self, obj: Json) -> None:
        namespace = obj["metadata"].get("namespace", "")
        for owner in obj["metadata"].get("ownerReferences") or ():
            kind = by_kind(owner["apiVersion"].rpartition("/")[0], owner["kind"])
            if kind is None:
                continue
            self._dirty[kind, namespace if kind.namespaced else "", owner["name"]] = None
            # A Deployment that recreates waits for the pods of its ReplicaSets.
            if (found := self._store.find(kind, namespace, owner["name"])) is not None:
                self._owners_concern(found)

    def _pod_concerns(self, pod: Json) -> None:
        namespace = pod["metadata"]["namespace"]
        for claim in claims_of(pod):
            self._dirty[PERSISTENT_VOLUME_CLAIM, namespace, claim] = None
        for service in services.selecting(self._context, pod):
            self._dirty[key_of(SERVICE, service)] = None

    def _pod_was(self, before: Json, obj: Json) -> None:
        """Mind what the pod gives up by a change: the services of its former labels, the room of its node."""
        if before["metadata"].get("labels") != obj["metadata"].get("labels"):
            for service in services.selecting(self._context, before):
                self._dirty[key_of(SERVICE, service)] = None
        if is_over(obj) and not is_over(before):
            self._retry_scheduling()

    def _pods_concern(self, node: str) -> None:
        for pod in self._context.pods_on_node(node):
            self._dirty[key_of(POD, pod)] = None

    def _claim_concerns(self, claim: Json) -> None:
        namespace = claim["metadata"]["namespace"]
        for pod in self._context.pods_with[namespace, claim["metadata"]["name"]]:
            self._dirty[POD, namespace, pod] = None

    def _node_concerns(self) -> None:
        for daemonset in self._store.list(DAEMON_SET):
            self._dirty[key_of(DAEMON_SET, daemonset)] = None
        self._retry_scheduling()

    def _retry_scheduling(self) -> None:
        for namespace, name in self._context.waiting_for_node:
            self._dirty[POD, namespace, name] = None

    def _namespace_concerns(self, name: str) -> None:
        namespace = self._store.find(NAMESPACE, None, name)
        if namespace is not None and at(namespace, "metadata", "deletionTimestamp"):
            self._dirty[NAMESPACE, "", name] = None

    def _reconcile(self, key: Key) -> None:
        kind, namespace, name = key
        obj = self._store.find(kind, namespace, name)
        if obj is None:
            return
        try:
            if kind is EVENT:
                self._expire(key, obj)
            elif kind is POD:
                scheduler.reconcile(self._context, obj)
                kubelet.reconcile(self._context, self._store.find(kind, namespace, name) or obj)
            elif kind in _RECONCILERS:
                _RECONCILERS[kind](self._context, obj)
        except ApiError as error:
            # Somebody else changed it first, or it cannot be done: a real controller logs it and tries again.
            _LOG.debug("%s %s/%s: %s", kind.kind, namespace, name, error)
            self._later(key, _RETRY_SECONDS)
        except Exception:  # noqa: BLE001 - one object that trips a controller must not stop the whole cluster
            _LOG.exception("%s %s/%s cannot be brought in order", kind.kind, namespace, name)
            self._later(key, _RETRY_BROKEN_SECONDS)

    def _expire(self, key: Key, event: Json) -> None:
        """Let the event go, an hour after it was last said."""
        said = event.get("lastTimestamp") or event["metadata"]["creationTimestamp"]
        left = LIFETIME - self._context.seconds_since(moment(said))
        if left > 0:
            self._later(key, left)
        else:
            self._store.remove(*key)
