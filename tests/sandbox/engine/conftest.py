"""A cluster whose clock is moved by hand, and short ways to make and see what is in it."""

from datetime import UTC, datetime

import pytest

from sandbox.clock import ManualClock
from sandbox.engine.images import Images
from sandbox.engine.loop import Controllers
from sandbox.kube import resources as r
from sandbox.kube.objects import list_at
from sandbox.kube.resources import Json
from sandbox.kube.store import Store

START = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)
SPACE = "jhub"


class Cluster:
    def __init__(self) -> None:
        self.clock = ManualClock(START)
        self.store = Store(self.clock)
        self.images = Images(pull_seconds=4.0)
        for name in ("default", SPACE):
            self.store.create(r.NAMESPACE, None, {"metadata": {"name": name}})
        self.controllers = Controllers(self.store, self.clock, self.images)

    def settle(self) -> None:
        for _ in range(200):
            if not self.controllers.step():
                return
        pytest.fail("the controllers never come to rest")

    async def after(self, seconds: float) -> None:
        self.settle()
        for _ in range(round(seconds / 0.25)):
            await self.clock.advance(0.25)
            self.settle()

    def node(
        self, name: str, *, taints: list[Json] | None = None, cpu: str = "4", ready: str = "True", **labels: str
    ) -> None:
        self.store.create(
            r.NODE,
            None,
            {
                "metadata": {"name": name, "labels": labels},
                "spec": {"taints": taints or []},
                "status": {
                    "allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "110"},
                    "conditions": [{"type": "Ready", "status": ready}],
                },
            },
        )

    def pod(self, name: str = "p", image: str = "x/app:1", **spec: object) -> None:
        annotations = spec.pop("annotations", {})
        labels = spec.pop("labels", {})
        cpu = spec.pop("cpu", None)
        container: Json = {"name": "main", "image": image}
        if cpu:
            container["resources"] = {"requests": {"cpu": cpu}}
        self.store.create(
            r.POD,
            SPACE,
            {
                "metadata": {"name": name, "annotations": annotations, "labels": labels},
                "spec": {"containers": [container], **spec},
            },
        )

    def storage_class(self, mode: str = "WaitForFirstConsumer", policy: str = "Delete") -> None:
        self.store.create(
            r.STORAGE_CLASS,
            None,
            {
                "metadata": {"name": "disk"},
                "provisioner": "disk.csi.azure.com",
                "reclaimPolicy": policy,
                "volumeBindingMode": mode,
            },
        )

    def claim(self, name: str = "c") -> None:
        spec = {
            "storageClassName": "disk",
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "10Gi"}},
        }
        self.store.create(r.PERSISTENT_VOLUME_CLAIM, SPACE, {"metadata": {"name": name}, "spec": spec})

    def see(self, name: str = "p") -> Json:
        return self.store.get(r.POD, SPACE, name)

    def phase(self, name: str = "p") -> str:
        return str(self.see(name)["status"].get("phase"))

    def condition(self, kind: str, name: str = "p") -> Json:
        found = [c for c in list_at(self.see(name), "status", "conditions") if c["type"] == kind]
        return found[0] if found else {}

    def ready(self, name: str = "p") -> bool:
        return self.condition("Ready", name).get("status") == "True"

    def waiting(self, name: str = "p") -> Json:
        statuses = list_at(self.see(name), "status", "containerStatuses")
        return statuses[0]["state"].get("waiting", {}) if statuses else {}

    def events(self, reason: str) -> list[Json]:
        return [e for e in self.store.list(r.EVENT) if e["reason"] == reason]

    def annotate(self, key: str, value: str | None, name: str = "p") -> None:
        def change(new: Json) -> None:
            notes = new["metadata"].setdefault("annotations", {})
            notes.pop(key, None)
            if value is not None:
                notes[key] = value

        self.store.modify(r.POD, SPACE, name, change)

    def condition_node(self, name: str, status: str) -> None:
        def change(new: Json) -> None:
            new["status"]["conditions"] = [{"type": "Ready", "status": status}]

        self.store.modify(r.NODE, None, name, change)


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()
