"""Events, as kubelet and controllers write them: repeats are folded into one with a count."""

from hashlib import sha256

from sandbox.clock import Clock
from sandbox.kube.objects import timestamp
from sandbox.kube.resources import EVENT, Json
from sandbox.kube.store import Store

# kube-apiserver's --event-ttl by default.
LIFETIME = 3600.0


class EventRecorder:
    """Writes events into the store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def record(self, involved: Json, type_: str, reason: str, message: str, component: str) -> None:
        """Note something about an object; "Normal" or "Warning". Said again, its count goes up."""
        metadata = involved["metadata"]
        namespace = metadata.get("namespace") or "default"
        about = "/".join((metadata["uid"], type_, reason, message, component))
        name = f"{metadata['name']}.{sha256(about.encode()).hexdigest()[:16]}"
        now = timestamp(self._clock.now())

        def again(event: Json) -> None:
            event["count"] += 1
            event["lastTimestamp"] = now

        if self._store.modify(EVENT, namespace, name, again) is None:
            self._store.create(EVENT, namespace, _event(involved, name, type_, reason, message, component, now))


def _event(involved: Json, name: str, type_: str, reason: str, message: str, component: str, now: str) -> Json:
    metadata = involved["metadata"]
    return {
        "metadata": {"name": name},
        "involvedObject": {
            "apiVersion": involved["apiVersion"],
            "kind": involved["kind"],
            "name": metadata["name"],
            "namespace": metadata.get("namespace"),
            "uid": metadata["uid"],
            "resourceVersion": metadata.get("resourceVersion"),
        },
        "type": type_,
        "reason": reason,
        "message": message,
        "count": 1,
        "firstTimestamp": now,
        "lastTimestamp": now,
        "source": {"component": component},
        "reportingComponent": component,
        "reportingInstance": "",
    }
