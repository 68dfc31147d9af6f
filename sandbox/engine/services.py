"""Services get their public address, and know which pods answer for them."""

from collections.abc import Iterator

from sandbox.engine.context import Context, is_ending, is_ready, key_of
from sandbox.kube.objects import at, moment
from sandbox.kube.resources import ENDPOINTS, POD, SERVICE, Json

_ADDRESS_SECONDS = 1.0
_ADDRESS = "20.50.2.71"


def selecting(context: Context, pod: Json) -> Iterator[Json]:
    """The services that the pod answers for."""
    labels = pod["metadata"].get("labels") or {}
    for service in context.store.list(SERVICE, pod["metadata"]["namespace"]):
        selector = service["spec"].get("selector")
        if selector and selector.items() <= labels.items():
            yield service


def reconcile(context: Context, service: Json) -> None:
    """Give it an address when it is time, and its endpoints."""
    if is_ending(service):
        return
    if service["spec"].get("type") == "LoadBalancer" and not at(service, "status", "loadBalancer", "ingress"):
        _expose(context, service)
    if service["spec"].get("selector"):
        _connect(context, service)


def service_went(context: Context, service: Json) -> None:
    """Take its endpoints away."""
    context.store.remove(ENDPOINTS, service["metadata"]["namespace"], service["metadata"]["name"])


def _expose(context: Context, service: Json) -> None:
    left = _ADDRESS_SECONDS - context.seconds_since(moment(service["metadata"]["creationTimestamp"]))
    if left > 0:
        context.later(key_of(SERVICE, service), left)
        return
    address = service["spec"].get("loadBalancerIP") or _ADDRESS
    metadata = service["metadata"]
    status = {"loadBalancer": {"ingress": [{"ip": address, "ipMode": "VIP"}]}}
    context.store.modify(SERVICE, metadata["namespace"], metadata["name"], lambda new: new.update(status=status))
    context.events.record(service, "Normal", "EnsuredLoadBalancer", "Ensured load balancer", "service-controller")


def _connect(context: Context, service: Json) -> None:
    metadata, selector = service["metadata"], service["spec"]["selector"]
    pods = [
        pod
        for pod in context.store.list(POD, metadata["namespace"])
        if selector.items() <= (pod["metadata"].get("labels") or {}).items() and at(pod, "status", "podIP")
    ]
    ports = [_port(port, pods) for port in service["spec"].get("ports", [])] if pods else []
    groups = {"addresses": [p for p in pods if is_ready(p)], "notReadyAddresses": [p for p in pods if not is_ready(p)]}
    subset = {name: [_address(pod) for pod in found] for name, found in groups.items() if found}
    subsets = [{**subset, "ports": ports}] if subset else []
    if context.store.modify(
        ENDPOINTS, metadata["namespace"], metadata["name"], lambda new: new.update(subsets=subsets)
    ):
        return
    context.store.create(
        ENDPOINTS,
        metadata["namespace"],
        {"metadata": {"name": metadata["name"], "labels": metadata.get("labels") or {}}, "subsets": subsets},
    )


def _port(port: Json, pods: list[Json]) -> Json:
    """The port that the pods listen on, which a Service may call by the containers' name for it."""
    target = port.get("targetPort") or port["port"]
    if isinstance(target, str):
        declared = (one for pod in pods for c in pod["spec"]["containers"] for one in c.get("ports") or ())
        target = next((one["containerPort"] for one in declared if one.get("name") == target), port["port"])
    name = {"name": port["name"]} if port.get("name") else {}
    return {**name, "port": target, "protocol": port.get("protocol", "TCP")}


def _address(pod: Json) -> Json:
    target = {"kind": "Pod", "name": pod["metadata"]["name"], "namespace": pod["metadata"]["namespace"]}
    return {"ip": pod["status"]["podIP"], "targetRef": target | {"uid": pod["metadata"]["uid"]}}
