"""Services: which pods answer for them, and the public address of those that want one.

After Kubernetes 1.32, pkg/controller/endpoint and endpointslice, and Azure's cloud provider.
"""

from ipaddress import IPv4Address
from typing import ClassVar

from sandbox.apiserver.objects.json_objects import at, list_at
from sandbox.apiserver.objects.resource_kinds import ENDPOINT_SLICE, ENDPOINTS, POD, SERVICE, Json, Kind
from sandbox.apiserver.storage.history import Change
from sandbox.runtime.controller import Context, Controller
from sandbox.runtime.events import Source
from sandbox.runtime.ownership import owner_reference
from sandbox.runtime.pod_facts import is_active, is_ending, is_ready, node_of

_SOURCE = Source("service-controller")
_FINALIZER = "service.kubernetes.io/load-balancer-cleanup"
_ADDRESS_SECONDS = 2.0
# Addresses from a range of Azure's West Europe.
_FIRST_ADDRESS = IPv4Address("20.50.2.71")


class ServiceEndpoints(Controller):
    """The controller of the Endpoints and EndpointSlices of Services that select pods."""

    kinds: ClassVar[tuple[Kind, ...]] = (SERVICE, POD)

    def notice(self, change: Change) -> None:
        """Queue the Services that select a pod, or did, if a field that they depend on has changed."""
        if change.kind is SERVICE:
            self.wake_for(change.obj)
            return
        before = change.previous.obj if change.previous else None
        if before is not None and change.type != "DELETED" and _looks(before) == _looks(change.obj):
            return
        for service in self.store.list(SERVICE, change.obj["metadata"]["namespace"]):
            if _selects(service, change.obj) or (before is not None and _selects(service, before)):
                self.wake_for(service)

    def reconcile(self, namespace: str, name: str) -> None:
        """Update the Service's Endpoints and EndpointSlices, or delete them with it."""
        service = self.store.find(SERVICE, namespace, name)
        if service is None:
            self._forget(namespace, name)
        elif service["spec"].get("selector") and not is_ending(service):
            self._write(service)

    def _forget(self, namespace: str, name: str) -> None:
        for kind in (ENDPOINTS, ENDPOINT_SLICE):
            if self.store.find(kind, namespace, name) is not None:
                self.store.delete(kind, namespace, name)

    def _write(self, service: Json) -> None:
        namespace = service["metadata"]["namespace"]
        pods = [pod for pod in self.store.list(POD, namespace) if _selects(service, pod) and _answers(pod)]
        self._put(ENDPOINTS, service, {"subsets": _subsets(service, pods)})
        self._put(ENDPOINT_SLICE, service, _slice(service, pods))

    def _put(self, kind: Kind, service: Json, content: Json) -> None:
        metadata = service["metadata"]
        namespace, name = metadata["namespace"], metadata["name"]
        if self.store.modify(kind, namespace, name, lambda new: new.update(content)) is not None:
            return
        labels = {**(metadata.get("labels") or {}), "kubernetes.io/service-name": name}
        made: Json = {"metadata": {"name": name, "labels": labels}, **content}
        if kind is ENDPOINT_SLICE:
            made["metadata"]["ownerReferences"] = [owner_reference(service)]
        self.store.create(kind, namespace, made)


class LoadBalancers(Controller):
    """The controller that gives Services of type LoadBalancer a public address after a moment."""

    kinds: ClassVar[tuple[Kind, ...]] = (SERVICE,)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._asked: dict[str, float] = {}

    def reconcile(self, namespace: str, name: str) -> None:
        """Begin or finish with the Service's address."""
        service = self.store.find(SERVICE, namespace, name)
        if service is None:
            return
        if is_ending(service):
            self._let_go(service)
        elif service["spec"].get("type") == "LoadBalancer":
            self._expose(service)
        elif at(service, "status", "loadBalancer", "ingress"):
            self._hide(service)

    def _expose(self, service: Json) -> None:
        metadata = service["metadata"]
        wanted = service["spec"].get("loadBalancerIP")
        given = [one.get("ip") for one in _ingress(service)]
        if given and (not wanted or given == [wanted]):
            return
        began = self._asked.setdefault(metadata["uid"], self.now().timestamp())
        left = _ADDRESS_SECONDS - (self.now().timestamp() - began)
        if left > 0:
            self.store.modify(SERVICE, metadata["namespace"], metadata["name"], _hold)
            self.events.normal(service, "EnsuringLoadBalancer", "Ensuring load balancer", _SOURCE)
            self.wake_later(metadata["namespace"], metadata["name"], left)
            return
        del self._asked[metadata["uid"]]
        address = {"ip": wanted or self._free_address(), "ipMode": "VIP"}
        status = {"loadBalancer": {"ingress": [address]}}
        self.store.modify(SERVICE, metadata["namespace"], metadata["name"], lambda new: new.update(status=status))
        self.events.normal(service, "EnsuredLoadBalancer", "Ensured load balancer", _SOURCE)

    def _free_address(self) -> str:
        taken = {one.get("ip") for service in self.store.list(SERVICE) for one in _ingress(service)}
        address = _FIRST_ADDRESS
        while str(address) in taken:
            address += 1
        return str(address)

    def _hide(self, service: Json) -> None:
        def change(new: Json) -> None:
            new["status"] = {"loadBalancer": {}}
            _release(new)

        self.store.modify(SERVICE, service["metadata"]["namespace"], service["metadata"]["name"], change)

    def _let_go(self, service: Json) -> None:
        if _FINALIZER in (service["metadata"].get("finalizers") or ()):
            self.events.normal(service, "DeletingLoadBalancer", "Deleting load balancer", _SOURCE)
            self.store.modify(SERVICE, service["metadata"]["namespace"], service["metadata"]["name"], _release)


def _hold(service: Json) -> None:
    finalizers = service["metadata"].setdefault("finalizers", [])
    if _FINALIZER not in finalizers:
        finalizers.append(_FINALIZER)


def _release(service: Json) -> None:
    held = service["metadata"].get("finalizers") or []
    service["metadata"]["finalizers"] = [one for one in held if one != _FINALIZER]


def _ingress(service: Json) -> list[Json]:
    return list_at(service, "status", "loadBalancer", "ingress")


def _selects(service: Json, pod: Json) -> bool:
    selector = service["spec"].get("selector")
    labels = pod["metadata"].get("labels") or {}
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())


def _answers(pod: Json) -> bool:
    return bool(at(pod, "status", "podIP")) and is_active(pod)


def _looks(pod: Json) -> tuple[object, ...]:
    return pod["metadata"].get("labels"), at(pod, "status", "podIP"), is_ready(pod), is_active(pod)


def _is_listed(service: Json, pod: Json) -> bool:
    return is_ready(pod) or bool(service["spec"].get("publishNotReadyAddresses"))


def _subsets(service: Json, pods: list[Json]) -> list[Json]:
    """Return the pods grouped by their ports."""
    subsets: dict[str, Json] = {}
    for pod in pods:
        ports = _ports(service, pod)
        subset = subsets.setdefault(repr(ports), {"ports": ports})
        field = "addresses" if _is_listed(service, pod) else "notReadyAddresses"
        address = {"ip": pod["status"]["podIP"], "nodeName": node_of(pod), "targetRef": _target(pod)}
        subset.setdefault(field, []).append(address)
    return list(subsets.values())


def _slice(service: Json, pods: list[Json]) -> Json:
    endpoints = [
        {
            "addresses": [pod["status"]["podIP"]],
            "conditions": {"ready": _is_listed(service, pod), "serving": is_ready(pod), "terminating": False},
            "nodeName": node_of(pod),
            "targetRef": _target(pod),
        }
        for pod in pods
    ]
    return {"addressType": "IPv4", "endpoints": endpoints, "ports": _ports(service, pods[0]) if pods else []}


def _ports(service: Json, pod: Json) -> list[Json]:
    found = []
    for port in service["spec"].get("ports") or ():
        number = _number(port.get("targetPort", port["port"]), pod)
        if number is not None:
            name = {"name": port["name"]} if port.get("name") else {}
            found.append({**name, "port": number, "protocol": port.get("protocol", "TCP")})
    return found


def _number(target: object, pod: Json) -> int | None:
    if isinstance(target, int):
        return target
    for container in pod["spec"]["containers"]:
        for port in container.get("ports") or ():
            if port.get("name") == target:
                return int(port["containerPort"])
    return None


def _target(pod: Json) -> Json:
    metadata = pod["metadata"]
    return {"kind": "Pod", "namespace": metadata["namespace"], "name": metadata["name"], "uid": metadata["uid"]}
