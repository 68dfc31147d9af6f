"""Ways in to the cluster as plain data: Ingresses (networking.k8s.io/v1) and Gateway API's routes and Gateways.

Gateway API's kinds (gateway.networking.k8s.io/v1, 1.0 of 2023-10-31 and newer) are custom resources, which a cluster
need not have.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from clients.answers import Json, number, part, parts, text
from clients.kube.fields import labels, said

# The annotation of Kubernetes before 1.18, which controllers still read.
_CLASS: Final = "kubernetes.io/ingress.class"
_MOST: Final = 100


@dataclass(frozen=True)
class Condition:
    """What a controller says of an object. `stale` says that it is about an earlier version of that object."""

    type: str
    status: str
    reason: str
    message: str
    stale: bool = False

    @classmethod
    def from_json(cls, condition: Json, generation: int = 0) -> "Condition":
        """Return a condition (metav1.Condition) of an object of that generation."""
        seen = number(condition, "observedGeneration")
        stale = bool(seen) and seen < generation
        return cls(
            type=text(condition, "type"),
            status=text(condition, "status"),
            reason=text(condition, "reason"),
            message=said(condition, "message"),
            stale=stale,
        )


@dataclass(frozen=True)
class Ingress:
    """An Ingress. `services` are the Services it leads to; `tls` the Secrets of its certificates with their hosts."""

    name: str
    class_name: str
    hosts: tuple[str, ...]
    services: tuple[str, ...]
    tls: tuple[tuple[str, tuple[str, ...]], ...]
    addresses: tuple[str, ...]
    annotations: Mapping[str, str]

    @classmethod
    def from_json(cls, ingress: Json) -> "Ingress":
        """Return an Ingress from a networking.k8s.io/v1 Ingress."""
        metadata, spec = part(ingress, "metadata"), part(ingress, "spec")
        rules = parts(spec, "rules")[:_MOST]
        paths = [path for rule in rules for path in parts(part(rule, "http"), "paths")]
        backends = [part(spec, "defaultBackend"), *(part(path, "backend") for path in paths)]
        notes = labels(metadata, "annotations")
        given = parts(part(ingress, "status", "loadBalancer"), "ingress")
        return cls(
            name=text(metadata, "name"),
            class_name=text(spec, "ingressClassName") or notes.get(_CLASS, ""),
            hosts=_distinct(text(rule, "host") for rule in rules),
            services=_distinct(text(part(backend, "service"), "name") for backend in backends),
            tls=tuple((text(one, "secretName"), _strings(one, "hosts")) for one in parts(spec, "tls")[:_MOST]),
            addresses=_distinct(text(one, "ip") or text(one, "hostname") for one in given),
            annotations=notes,
        )


@dataclass(frozen=True)
class IngressClass:
    """A class of Ingresses, and the controller that serves it."""

    name: str
    controller: str
    is_default: bool

    @classmethod
    def from_json(cls, ingress_class: Json) -> "IngressClass":
        """Return a class from a networking.k8s.io/v1 IngressClass."""
        metadata = part(ingress_class, "metadata")
        default = labels(metadata, "annotations").get("ingressclass.kubernetes.io/is-default-class") == "true"
        return cls(text(metadata, "name"), text(part(ingress_class, "spec"), "controller"), default)


@dataclass(frozen=True)
class ParentRef:
    """A parent that a route names: a Gateway unless `kind` says otherwise; `section` is one of its listeners."""

    kind: str
    namespace: str
    name: str
    section: str

    @classmethod
    def from_json(cls, ref: Json, namespace: str) -> "ParentRef":
        """Return a reference as a route in that namespace means it."""
        whose = text(ref, "namespace") or namespace
        return cls(text(ref, "kind") or "Gateway", whose, text(ref, "name"), text(ref, "sectionName"))


@dataclass(frozen=True)
class ParentStatus:
    """What the controller of one parent says of a route."""

    parent: ParentRef
    controller: str
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class HttpRoute:
    """An HTTPRoute. `services` are those of its backends; `statuses` has what its parents' controllers said."""

    name: str
    hosts: tuple[str, ...]
    services: tuple[str, ...]
    parents: tuple[ParentRef, ...]
    statuses: tuple[ParentStatus, ...]

    @classmethod
    def from_json(cls, route: Json) -> "HttpRoute":
        """Return a route from a gateway.networking.k8s.io/v1 HTTPRoute."""
        metadata, spec = part(route, "metadata"), part(route, "spec")
        namespace, generation = text(metadata, "namespace"), number(metadata, "generation")
        backends = [one for rule in parts(spec, "rules")[:_MOST] for one in parts(rule, "backendRefs")]
        told = parts(part(route, "status"), "parents")[:_MOST]
        return cls(
            name=text(metadata, "name"),
            hosts=_strings(spec, "hostnames"),
            services=_distinct(text(one, "name") for one in backends if text(one, "kind") in ("", "Service")),
            parents=tuple(ParentRef.from_json(one, namespace) for one in parts(spec, "parentRefs")[:_MOST]),
            statuses=tuple(
                ParentStatus(
                    ParentRef.from_json(part(one, "parentRef"), namespace),
                    text(one, "controllerName"),
                    _conditions(one, generation),
                )
                for one in told
            ),
        )


@dataclass(frozen=True)
class GatewayListener:
    """A listener of a Gateway. `secrets` are those of its certificates, by name, with their namespace if another's."""

    name: str
    host: str
    port: int
    protocol: str
    secrets: tuple[str, ...]
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Gateway:
    """A Gateway. `addresses` are those that it has been given, by its status."""

    name: str
    namespace: str
    class_name: str
    listeners: tuple[GatewayListener, ...]
    addresses: tuple[str, ...]
    conditions: tuple[Condition, ...]
    annotations: Mapping[str, str]

    @classmethod
    def from_json(cls, gateway: Json) -> "Gateway":
        """Return a Gateway from a gateway.networking.k8s.io/v1 Gateway."""
        metadata, spec, status = (part(gateway, name) for name in ("metadata", "spec", "status"))
        generation = number(metadata, "generation")
        told = {text(one, "name"): _conditions(one, generation) for one in parts(status, "listeners")}
        return cls(
            name=text(metadata, "name"),
            namespace=text(metadata, "namespace"),
            class_name=text(spec, "gatewayClassName"),
            listeners=tuple(_listener(one, told) for one in parts(spec, "listeners")[:_MOST]),
            addresses=_distinct(text(one, "value") for one in parts(status, "addresses")),
            conditions=_conditions(status, generation),
            annotations=labels(metadata, "annotations"),
        )


def _listener(listener: Json, told: Mapping[str, tuple[Condition, ...]]) -> GatewayListener:
    name = text(listener, "name")
    return GatewayListener(
        name=name,
        host=text(listener, "hostname"),
        port=number(listener, "port"),
        protocol=text(listener, "protocol"),
        secrets=_distinct(_secret(one) for one in parts(part(listener, "tls"), "certificateRefs")),
        conditions=told.get(name, ()),
    )


def _secret(ref: Json) -> str:
    namespace = text(ref, "namespace")
    return f"{namespace}/{text(ref, 'name')}" if namespace else text(ref, "name")


def _conditions(status: Json, generation: int) -> tuple[Condition, ...]:
    return tuple(Condition.from_json(one, generation) for one in parts(status, "conditions")[:_MOST])


def _strings(parent: Json, name: str) -> tuple[str, ...]:
    found = parent.get(name)
    return _distinct(one for one in found if isinstance(one, str)) if isinstance(found, list) else ()


def _distinct(found: Iterable[str]) -> tuple[str, ...]:
    """Return the texts that are not empty, each once, at most 100."""
    return tuple(dict.fromkeys(one for one in found if one))[:_MOST]
