"""Events, as kubelets and controllers write them: repeated ones are counted, old ones expire.

Fields as client-go's record package fills them; kept for an hour like kube-apiserver's default `--event-ttl`.
"""

from dataclasses import dataclass
from hashlib import sha256

from sandbox.apiserver.objects.errors import ApiError
from sandbox.apiserver.objects.json_objects import timestamp
from sandbox.apiserver.objects.resource_kinds import EVENT, Json
from sandbox.apiserver.storage.store import Store
from sandbox.clock import Clock

LIFETIME = 3600.0
"""Seconds after which an event that was not repeated goes."""


@dataclass(frozen=True)
class Source:
    """The source of an event: a component, and its node if it is a kubelet."""

    component: str
    host: str = ""


class EventRecorder:
    """The recorder through which events are written into the store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def normal(self, about: Json, reason: str, message: str, source: Source, field: str = "") -> None:
        """Record an event of type Normal; `field` is the part of the object, such as spec.containers{hub}."""
        self._write(about, "Normal", reason, message, source, field)

    def warning(self, about: Json, reason: str, message: str, source: Source, field: str = "") -> None:
        """Record an event of type Warning."""
        self._write(about, "Warning", reason, message, source, field)

    def record(self, about: Json, kind: str, reason: str, message: str, component: str) -> None:
        """Record an event of type "Normal" or "Warning", from that component."""
        self._write(about, kind, reason, message, Source(component), "")

    def _write(self, about: Json, kind: str, reason: str, message: str, source: Source, field: str) -> None:
        involved = _reference(about, field)
        namespace = involved.get("namespace") or "default"
        key = (involved["kind"], involved["uid"], field, kind, reason, message, source.component, source.host)
        name = f"{involved['name']}.{sha256(repr(key).encode()).hexdigest()[:16]}"
        now = timestamp(self._clock.now())

        def again(event: Json) -> None:
            event["count"] = event.get("count", 1) + 1
            event["lastTimestamp"] = now

        if self._store.modify(EVENT, namespace, name, again) is None:
            event = _event(name, involved, source, now) | {"type": kind, "reason": reason, "message": message}
            self._create(namespace, event)

    def _create(self, namespace: str, event: Json) -> None:
        try:
            self._store.create(EVENT, namespace, event)
        except ApiError:
            # In a namespace that ends, or is not there, nothing can be noted: as with the real one.
            return


def _reference(about: Json, field: str) -> Json:
    metadata = about["metadata"]
    reference = {
        "kind": about["kind"],
        "namespace": metadata.get("namespace"),
        "name": metadata["name"],
        "uid": metadata["uid"],
        "apiVersion": about["apiVersion"],
        "resourceVersion": metadata.get("resourceVersion"),
        "fieldPath": field,
    }
    return {key: value for key, value in reference.items() if value}


def _event(name: str, involved: Json, source: Source, now: str) -> Json:
    return {
        "metadata": {"name": name},
        "involvedObject": involved,
        "source": {"component": source.component, **({"host": source.host} if source.host else {})},
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
        "eventTime": None,
        "reportingComponent": source.component,
        "reportingInstance": source.host,
    }
