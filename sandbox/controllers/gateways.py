"""Gateways, their routes, and Ingresses: addresses, and conditions as Gateway API 1.4 defines them.

A class that exists is served; an object of another class is looked at by nobody, as on a real cluster.
"""

from collections.abc import Iterator
from ipaddress import IPv4Address
from typing import ClassVar

from sandbox.apiserver.objects.json_objects import at, list_at
from sandbox.apiserver.objects.resource_kinds import (
    GATEWAY,
    GATEWAY_CLASS,
    HTTP_ROUTE,
    INGRESS,
    INGRESS_CLASS,
    SECRET,
    SERVICE,
    Json,
    Kind,
)
from sandbox.apiserver.storage.history import Change
from sandbox.apiserver.storage.store import Store
from sandbox.runtime.controller import Controller
from sandbox.runtime.pod_facts import is_ending

_FIRST_ADDRESS = IPv4Address("20.50.3.10")

Verdict = tuple[bool, str, str]
"""A condition's status, reason and message."""
_ACCEPTED: Verdict = (True, "Accepted", "")
_RESOLVED: Verdict = (True, "ResolvedRefs", "")


class Gateways(Controller):
    """The controller that programs the Gateways of a class that exists."""

    kinds: ClassVar[tuple[Kind, ...]] = (GATEWAY, GATEWAY_CLASS, SECRET)

    def notice(self, change: Change) -> None:
        """Queue a Gateway, and those that a class or a Secret may be of."""
        if change.kind is GATEWAY:
            self.wake_for(change.obj)
            return
        namespace = change.obj["metadata"].get("namespace") if change.kind is SECRET else None
        for gateway in self.store.list(GATEWAY, namespace):
            self.wake_for(gateway)

    def reconcile(self, namespace: str, name: str) -> None:
        """Write the status of a Gateway."""
        gateway = self.store.find(GATEWAY, namespace, name)
        if gateway is None or is_ending(gateway) or _class_of(self.store, gateway) is None:
            return
        had = at(gateway, "status", "addresses")
        stamp, generation = self.stamp(), gateway["metadata"].get("generation", 1)
        status = {
            "addresses": had or [{"type": "IPAddress", "value": _free_address(self.store)}],
            "conditions": [
                _condition("Accepted", _ACCEPTED, generation, stamp),
                _condition("Programmed", (True, "Programmed", ""), generation, stamp),
            ],
            "listeners": [
                self._listener(gateway, one, generation, stamp) for one in list_at(gateway, "spec", "listeners")
            ],
        }
        if not _same(gateway.get("status"), status):
            self.store.modify(GATEWAY, namespace, name, lambda new: new.update(status=status))

    def _listener(self, gateway: Json, listener: Json, generation: int, stamp: str) -> Json:
        refs = list_at(listener, "tls", "certificateRefs")
        resolved = next((bad for one in refs if (bad := self._missing(gateway, one))), _RESOLVED)
        programmed = (resolved[0], "Programmed" if resolved[0] else "Invalid", "")
        return {
            "name": listener.get("name"),
            "attachedRoutes": 0,
            "supportedKinds": [{"group": HTTP_ROUTE.group, "kind": HTTP_ROUTE.kind}],
            "conditions": [
                _condition("Accepted", _ACCEPTED, generation, stamp),
                _condition("Programmed", programmed, generation, stamp),
                _condition("ResolvedRefs", resolved, generation, stamp),
            ],
        }

    def _missing(self, gateway: Json, ref: Json) -> Verdict | None:
        namespace = str(ref.get("namespace") or gateway["metadata"]["namespace"])
        if namespace != gateway["metadata"]["namespace"]:
            words = f"certificateRef {namespace}/{ref.get('name')} is not allowed by any ReferenceGrant"
            return False, "RefNotPermitted", words
        if self.store.find(SECRET, namespace, str(ref.get("name"))) is None:
            return False, "InvalidCertificateRef", f"secret {namespace}/{ref.get('name')} not found"
        return None


class HttpRoutes(Controller):
    """The controller that attaches routes to Gateways."""

    kinds: ClassVar[tuple[Kind, ...]] = (HTTP_ROUTE, GATEWAY, SERVICE)

    def notice(self, change: Change) -> None:
        """Queue a route, and those that a Gateway or a Service may be of."""
        if change.kind is HTTP_ROUTE:
            self.wake_for(change.obj)
            return
        for route in self.store.list(HTTP_ROUTE):
            self.wake_for(route)

    def reconcile(self, namespace: str, name: str) -> None:
        """Write what each parent's controller says of a route."""
        route = self.store.find(HTTP_ROUTE, namespace, name)
        if route is None or is_ending(route):
            return
        status = {"parents": list(self._parents(route))}
        if not _same(route.get("status"), status):
            self.store.modify(HTTP_ROUTE, namespace, name, lambda new: new.update(status=status))

    def _parents(self, route: Json) -> Iterator[Json]:
        stamp, generation = self.stamp(), route["metadata"].get("generation", 1)
        for ref in list_at(route, "spec", "parentRefs"):
            gateway = self.store.find(GATEWAY, _namespace(ref, route), str(ref.get("name")))
            its = _class_of(self.store, gateway) if gateway else None
            if gateway is None or its is None:
                continue
            yield {
                "parentRef": ref,
                "controllerName": at(its, "spec", "controllerName"),
                "conditions": [
                    _condition("Accepted", _attached(route, gateway, ref), generation, stamp),
                    _condition("ResolvedRefs", self._resolved(route), generation, stamp),
                ],
            }

    def _resolved(self, route: Json) -> Verdict:
        namespace = route["metadata"]["namespace"]
        for rule in list_at(route, "spec", "rules"):
            for ref in list_at(rule, "backendRefs"):
                if self.store.find(SERVICE, str(ref.get("namespace") or namespace), str(ref.get("name"))) is None:
                    return False, "BackendNotFound", f"backend({ref.get('name')}.{namespace}) not found"
        return _RESOLVED


def _attached(route: Json, gateway: Json, ref: Json) -> Verdict:
    """Return if a route is accepted by the listeners that it means."""
    meant = [one for one in list_at(gateway, "spec", "listeners") if ref.get("sectionName") in (None, one.get("name"))]
    if not meant:
        return False, "NoMatchingParent", f"no listener named {ref.get('sectionName')}"
    allowed = [one for one in meant if _allows(one, gateway, route)]
    if not allowed:
        namespace = route["metadata"]["namespace"]
        return False, "NotAllowedByListeners", f'namespace "{namespace}" is not allowed by the parent'
    hosts = (route.get("spec") or {}).get("hostnames") or [""]
    if not any(_meet(str(one.get("hostname") or ""), str(host)) for one in allowed for host in hosts):
        return False, "NoMatchingListenerHostname", "no hostnames matched parent hostname"
    return _ACCEPTED


def _allows(listener: Json, gateway: Json, route: Json) -> bool:
    whose = at(listener, "allowedRoutes", "namespaces", "from") or "Same"
    return whose == "All" or gateway["metadata"]["namespace"] == route["metadata"]["namespace"]


def _meet(one: str, other: str) -> bool:
    if not one or not other or one == other:
        return True
    return any(a.startswith("*.") and b.endswith(a[1:]) for a, b in ((one, other), (other, one)))


def _namespace(ref: Json, route: Json) -> str:
    return str(ref.get("namespace") or route["metadata"]["namespace"])


class Ingresses(Controller):
    """The controller that gives Ingresses of a class that exists their address."""

    kinds: ClassVar[tuple[Kind, ...]] = (INGRESS, INGRESS_CLASS)

    def notice(self, change: Change) -> None:
        """Queue an Ingress, and those that a class may be of."""
        for ingress in [change.obj] if change.kind is INGRESS else self.store.list(INGRESS):
            self.wake_for(ingress)

    def reconcile(self, namespace: str, name: str) -> None:
        """Write the address of an Ingress."""
        ingress = self.store.find(INGRESS, namespace, name)
        if ingress is None or is_ending(ingress) or at(ingress, "status", "loadBalancer", "ingress"):
            return
        its = at(ingress, "spec", "ingressClassName")
        if its and self.store.find(INGRESS_CLASS, None, str(its)) is not None:
            status = {"loadBalancer": {"ingress": [{"ip": _free_address(self.store)}]}}
            self.store.modify(INGRESS, namespace, name, lambda new: new.update(status=status))


def _class_of(store: Store, gateway: Json) -> Json | None:
    return store.find(GATEWAY_CLASS, None, str(at(gateway, "spec", "gatewayClassName") or ""))


def _free_address(store: Store) -> str:
    given = [one.get("value") for gateway in store.list(GATEWAY) for one in list_at(gateway, "status", "addresses")]
    given += [
        one.get("ip")
        for ingress in store.list(INGRESS)
        for one in list_at(ingress, "status", "loadBalancer", "ingress")
    ]
    address = _FIRST_ADDRESS
    while str(address) in given:
        address += 1
    return str(address)


def _condition(kind: str, verdict: Verdict, generation: int, stamp: str) -> Json:
    good, reason, message = verdict
    return {
        "type": kind,
        "status": "True" if good else "False",
        "reason": reason,
        "message": message,
        "observedGeneration": generation,
        "lastTransitionTime": stamp,
    }


def _same(one: object, other: object) -> bool:
    """Return True for the same status, whenever it was written."""
    if isinstance(one, dict) and isinstance(other, dict):
        names = {*one, *other} - {"lastTransitionTime"}
        return all(_same(one.get(name), other.get(name)) for name in names)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_same(a, b) for a, b in zip(one, other, strict=True))
    return one == other
