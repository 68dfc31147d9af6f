"""One cluster whose time stands still until a test lets it pass."""

import asyncio
import contextlib
from datetime import UTC, datetime

import pytest

from sandbox.apiserver.objects import resource_kinds as r
from sandbox.apiserver.objects.json_objects import copy_json
from sandbox.apiserver.storage import cascade
from sandbox.apiserver.storage.store import Store
from sandbox.clock import ManualClock, RealClock
from sandbox.controllers import Controllers
from sandbox.runtime.images import Images

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


class Cluster:
    """A store, its controllers and its clock; objects are made, time passes, objects are looked at."""

    def __init__(self, clock):
        self.clock = clock
        self.store = Store(self.clock)
        self.images = Images()
        self.controllers = Controllers(self.store, self.clock, self.images)
        for name in ("default", "jhub"):
            self.store.create(r.NAMESPACE, None, {"metadata": {"name": name}})

    async def after(self, seconds):
        await self.clock.advance(seconds)

    def node(self, name, *, cpu="4", memory="16Gi", labels=None, taints=()):
        size = {"cpu": cpu, "memory": memory, "pods": "110"}
        conditions = [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-03-01T07:00:00Z"}]
        self.store.create(
            r.NODE,
            None,
            {
                "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, **(labels or {})}},
                "spec": {"taints": list(taints)},
                "status": {"allocatable": size, "capacity": size, "conditions": conditions},
            },
        )

    def make(self, kind, name, spec, **metadata):
        return self.store.create(kind, "jhub", {"metadata": {"name": name, **metadata}, "spec": spec})

    def pod(self, name, **spec):
        annotations = spec.pop("annotations", {})
        return self.make(r.POD, name, pod_spec(**spec), labels={"app": name}, annotations=annotations)

    def workload(self, kind, name, *, template=None, **spec):
        labels = {"app": name}
        template = {"metadata": {"labels": labels}, "spec": template or pod_spec()}
        return self.make(kind, name, {"selector": {"matchLabels": labels}, "template": template, **spec})

    def get(self, kind, name):
        return self.store.get(kind, "jhub", name)

    def find(self, kind, name):
        return self.store.find(kind, "jhub", name)

    def pods(self, app=None):
        found = self.store.list(r.POD, "jhub")
        return [pod for pod in found if app is None or pod["metadata"]["labels"].get("app") == app]

    def change(self, kind, name, change):
        """As a client does: read, change, write."""
        namespace = "jhub" if kind.namespaced else None
        obj = copy_json(self.store.get(kind, namespace, name))
        change(obj)
        return self.store.replace(kind, obj)

    def delete(self, kind, name, policy="Background", **how):
        namespace = "jhub" if kind.namespaced else None
        return cascade.delete(self.store, kind, namespace, name, cascade.Deletion(policy, **how))

    def events(self, name, reason=None):
        found = [one for one in self.store.list(r.EVENT) if one["involvedObject"]["name"] == name]
        return [one for one in found if reason is None or one["reason"] == reason]


def pod_spec(image="registry.example/app:1", **spec):
    container = {"name": "main", "image": image, "resources": spec.pop("resources", {})}
    return {"containers": [container], **spec}


@contextlib.asynccontextmanager
async def running(clock):
    made = Cluster(clock)
    work = asyncio.create_task(made.controllers.run())
    yield made
    work.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await work


@pytest.fixture
async def cluster():
    async with running(ManualClock(START)) as made:
        await made.after(0)
        yield made


@pytest.fixture
async def cluster_in_real_time():
    """Its time runs a hundred times as fast as the test's."""
    async with running(RealClock(speed=100, start=START)) as made:
        yield made
