"""The world of a text as a real bot meets it: an API server without controllers, which nothing mends."""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import web

from clients.kube import Claim, Event, Node, Pod
from sandbox.apiserver.objects import resource_kinds as r
from sandbox.apiserver.objects.resource_kinds import Json, Kind
from sandbox.apiserver.router import make_app
from sandbox.apiserver.storage.store import Store
from tests.causes.asking import Stage
from tests.world import NOW

# A value that is a time; what a text says in its midst stays.
_MOMENT = re.compile(r'(?<=")\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ(?=")')
# A server sets these itself: nobody creates what is ending.
_ENDING = ("deletionTimestamp", "deletionGracePeriodSeconds")
_SHOWN = (r.POD, r.EVENT, r.PERSISTENT_VOLUME_CLAIM, r.NODE)


class _WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass
class Cluster:
    """An API server that shows one stage after another. Times in a stage are told from NOW; here it is really now."""

    namespace: str
    store: Store = field(default_factory=lambda: Store(_WallClock()))
    logs: dict[str, str] = field(default_factory=dict)
    # Who plays whose part: names in the stage, and those shown.
    names: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("default", "kube-system", self.namespace):
            self.store.create(r.NAMESPACE, None, {"metadata": {"name": name}})

    def show(self, stage: Stage) -> None:
        """Put what the stage has in the place of what was there."""
        for kind in _SHOWN:
            for one in self.store.list(kind, None):
                self.store.remove(kind, one["metadata"].get("namespace"), one["metadata"]["name"])
        pods = [stage.manifest] if stage.manifest else [_pod(one) for one in stage.pods]
        self._add(r.NODE, None, map(_node, stage.nodes))
        self._add(r.PERSISTENT_VOLUME_CLAIM, self.namespace, map(_claim, stage.claims))
        self._add(r.POD, self.namespace, pods)
        self._add(r.EVENT, self.namespace, (_event(one, self.namespace) for one in stage.events))
        self._add(r.EVENT, "kube-system", (_event(one, "kube-system") for one in stage.scaling))
        said = {**stage.servers_said, **({"hub-1": stage.hub_log} if stage.hub_log else {})}
        self.logs = {pod: self._played(text) for pod, text in said.items()}

    def _add(self, kind: Kind, namespace: str | None, objects: Iterator[Json] | list[Json]) -> None:
        for one in objects:
            shown = json.loads(self._played(_as_of_now(json.dumps(one))))
            ending = {key: shown["metadata"][key] for key in _ENDING if key in shown["metadata"]}
            made = self.store.create(kind, namespace, shown, backdate=True)["metadata"]
            if ending:
                self._end(kind, namespace, made["name"], {"deletionGracePeriodSeconds": 30, **ending})

    def _end(self, kind: Kind, namespace: str | None, name: str, ending: Json) -> None:
        self.store.modify(kind, namespace, name, lambda new: new["metadata"].update(ending))

    def _played(self, words: str) -> str:
        for name, player in self.names.items():
            words = words.replace(name, player)
        return words

    @contextlib.asynccontextmanager
    async def serving(self, kubeconfig: Path) -> AsyncIterator[None]:
        """Serve it on loopback, and write how to reach it."""
        app = make_app(self.store, logs=lambda pod, *_: self.logs.get(pod["metadata"]["name"], ""))
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            kubeconfig.write_text(json.dumps(_config(f"http://127.0.0.1:{runner.addresses[0][1]}")))
            kubeconfig.chmod(0o600)
            yield
        finally:
            await runner.cleanup()


def _config(url: str) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "texts",
        "clusters": [{"name": "texts", "cluster": {"server": url}}],
        "users": [{"name": "texts", "user": {}}],
        "contexts": [{"name": "texts", "context": {"cluster": "texts", "user": "texts"}}],
    }


def _as_of_now(words: str) -> str:
    """Return them with times that are told from NOW as times that are told from now."""
    later = datetime.now(UTC) - NOW
    return _MOMENT.sub(lambda found: _stamp(datetime.fromisoformat(found[0]) + later), words)


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _pod(one: Pod) -> Json:
    names = one.container_names or ("hub" if one.component == "hub" else "notebook",)
    status: Json = {"phase": one.phase, "startTime": _stamp(one.created or NOW)}
    if one.refusal:
        reason, _, message = one.refusal.partition(": ")
        status["conditions"] = [{"type": "PodScheduled", "status": "False", "reason": reason, "message": message}]
    if one.node:
        state: Json = {"running": {}}
        if one.waiting:
            state = {"waiting": {"reason": one.waiting.reason, "message": one.waiting.message}}
        image = one.waiting.image if one.waiting else one.images[0]
        known = {"image": image, "restartCount": one.restarts, "ready": one.ready > 0, "state": state}
        status["containerStatuses"] = [{"name": name, **known} for name in names]
    volumes = [{"name": f"v{i}", "persistentVolumeClaim": {"claimName": c}} for i, c in enumerate(one.claims)]
    return {
        "metadata": {
            "name": one.name,
            "labels": {"component": one.component, "release": one.release, **one.labels},
            "annotations": {"hub.jupyter.org/username": one.user} if one.user else {},
            "creationTimestamp": _stamp(one.created or NOW),
        },
        "spec": {
            **({"nodeName": one.node} if one.node else {}),
            "containers": [{"name": name, "image": image} for name, image in zip(names, one.images, strict=True)],
            "volumes": volumes,
        },
        "status": status,
    }


def _node(one: Node) -> Json:
    ready = {"type": "Ready", "status": str(one.ready), "lastTransitionTime": _stamp(one.since or one.created or NOW)}
    if not one.ready:
        reason, _, message = one.problem.partition(": ")
        ready |= {"status": "Unknown" if reason == "NodeStatusUnknown" else "False"}
        ready |= {"reason": reason, "message": message}
    labels = {"agentpool": one.pool, "kubernetes.azure.com/mode": one.mode}
    if one.purpose:
        labels["hub.jupyter.org/node-purpose"] = one.purpose
    return {
        "metadata": {"name": one.name, "labels": labels, "creationTimestamp": _stamp(one.created or NOW)},
        "spec": {"unschedulable": True} if not one.schedulable else {},
        "status": {
            "conditions": [ready, *({"type": pressure, "status": "True"} for pressure in one.pressure)],
            "nodeInfo": {"kubeletVersion": one.version},
        },
    }


def _claim(one: Claim) -> Json:
    return {
        "metadata": {
            "name": one.name,
            "labels": dict(one.labels) | {"component": one.component},
            "annotations": dict(one.annotations),
            "creationTimestamp": _stamp(one.created or NOW),
        },
        "spec": {
            "accessModes": list(one.access_modes),
            "storageClassName": one.storage_class,
            "resources": {"requests": {"storage": str(one.size)}},
            **({"volumeName": one.volume} if one.volume else {}),
        },
        "status": {"phase": one.phase},
    }


def _event(one: Event, namespace: str) -> Json:
    first, last = one.first or NOW - timedelta(minutes=1), one.last or NOW
    return {
        "metadata": {"name": f"{one.name}.{one.reason.lower()}", "creationTimestamp": _stamp(first)},
        "involvedObject": {"kind": one.kind, "name": one.name, "namespace": namespace},
        "type": one.type,
        "reason": one.reason,
        "message": one.message,
        "count": one.count,
        "firstTimestamp": _stamp(first),
        "lastTimestamp": _stamp(last),
    }
