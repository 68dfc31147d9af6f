"""The cells of kubectl's tables that are more than one field of the object."""

from collections.abc import Callable
from datetime import datetime

from sandbox.apiserver.objects.json_objects import at, list_at, moment
from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.apiserver.printers.ages import age, duration

NONE = "<none>"

_SHOWN_ADDRESSES = 3
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
_MODES = {
    "ReadWriteOnce": "RWO",
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}


def labels_text(labels: object) -> str:
    """Return a set of labels as a selector would have them: "a=b,c=d"."""
    if not isinstance(labels, dict) or not labels:
        return NONE
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))


def selector_text(selector: object) -> str:
    """Return an object's selector as a query would have it, "<none>" if it is empty."""
    if not isinstance(selector, dict):
        return NONE
    parts = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
    parts += [_requirement(one) for one in selector.get("matchExpressions") or ()]
    return ",".join(parts) or NONE


def _requirement(one: Json) -> str:
    words = {"In": "in", "NotIn": "notin"}
    if one["operator"] in words:
        return f"{one['key']} {words[one['operator']]} ({','.join(one.get('values') or ())})"
    return str(one["key"]) if one["operator"] == "Exists" else f"!{one['key']}"


def containers_text(field: str, template: tuple[str, ...]) -> Callable[[Json], str]:
    """Return a function for that field of every container of the pod template at that path."""
    return lambda obj: ",".join(str(one.get(field, "")) for one in list_at(obj, *template, "spec", "containers"))


def ratio(have: tuple[str, ...], want: tuple[str, ...]) -> Callable[[Json], str]:
    """Return a function for two numbers of the object: "1/2"."""
    return lambda obj: f"{at(obj, *have) or 0}/{at(obj, *want) or 0}"


def access_modes(obj: Json) -> str:
    """Return the access modes of a volume or claim in short: "RWO"."""
    modes = at(obj, "status", "accessModes") or at(obj, "spec", "accessModes")
    return ",".join(_MODES.get(str(mode), str(mode)) for mode in modes) if isinstance(modes, list) else ""


def phase(obj: Json) -> str:
    """Return the phase, or Terminating."""
    return "Terminating" if obj["metadata"].get("deletionTimestamp") else str(at(obj, "status", "phase") or "")


def node_status(node: Json) -> str:
    """Return a node's Ready condition, and whether it is cordoned."""
    known = {one.get("type"): one.get("status") for one in list_at(node, "status", "conditions")}
    word = {"True": "Ready", None: "Unknown"}.get(known.get("Ready"), "NotReady")
    return f"{word},SchedulingDisabled" if at(node, "spec", "unschedulable") else word


def node_roles(node: Json) -> str:
    """Return the roles that a node's labels give it."""
    prefix = "node-role.kubernetes.io/"
    labels = node["metadata"].get("labels") or {}
    return ",".join(sorted(key.removeprefix(prefix) for key in labels if key.startswith(prefix))) or NONE


def node_address(kind: str) -> Callable[[Json], str]:
    """Return a function for a node's address of that type."""

    def read(node: Json) -> str:
        found = (one["address"] for one in list_at(node, "status", "addresses") if one.get("type") == kind)
        return next(found, NONE)

    return read


def external_address(service: Json) -> str:
    """Return the address at which a Service is reached from outside."""
    spec = service["spec"]
    if spec["type"] == "ExternalName":
        return str(spec.get("externalName", ""))
    if spec["type"] != "LoadBalancer":
        return ",".join(spec.get("externalIPs") or ()) or NONE
    return load_balancer(service) or "<pending>"


def load_balancer(obj: Json) -> str:
    """Return the addresses of a load balancer, "" as long as it has none."""
    given = list_at(obj, "status", "loadBalancer", "ingress")
    return ",".join(str(one.get("ip") or one.get("hostname", "")) for one in given)


def service_ports(service: Json) -> str:
    """Return a Service's ports: "80:30080/TCP,443/TCP"."""

    def one(port: Json) -> str:
        outside = f":{port['nodePort']}" if port.get("nodePort") else ""
        return f"{port['port']}{outside}/{port.get('protocol', 'TCP')}"

    return ",".join(map(one, list_at(service, "spec", "ports"))) or NONE


def endpoint_addresses(endpoints: Json) -> str:
    """Return the first few addresses with their ports, and the number of further ones."""
    found = [
        f"{address.get('ip')}:{port.get('port')}"
        for subset in list_at(endpoints, "subsets")
        for address in list_at(subset, "addresses")
        for port in list_at(subset, "ports")
    ]
    hidden = len(found) - _SHOWN_ADDRESSES
    shown = ",".join(found[:_SHOWN_ADDRESSES]) or NONE
    return f"{shown} + {hidden} more..." if hidden > 0 else shown


def job_status(job: Json) -> str:
    """Return a Job's state."""
    reached = {one["type"] for one in list_at(job, "status", "conditions") if one.get("status") == "True"}
    for word in ("Complete", "Failed", "Suspended"):
        if word in reached:
            return word
    return "Terminating" if job["metadata"].get("deletionTimestamp") else "Running"


def job_duration(job: Json, now: datetime) -> str:
    """Return the time that a Job took, or has taken so far."""
    begun, ended = at(job, "status", "startTime"), at(job, "status", "completionTime")
    if not isinstance(begun, str):
        return ""
    return duration((moment(ended) - moment(begun)).total_seconds()) if isinstance(ended, str) else age(begun, now)


def job_completions(job: Json) -> str:
    """Return the numbers of completed and of desired pods."""
    done, wanted = at(job, "status", "succeeded") or 0, at(job, "spec", "completions")
    if wanted is not None:
        return f"{done}/{wanted}"
    parallel = at(job, "spec", "parallelism")
    return f"{done}/1 of {parallel}" if parallel not in (None, 0, 1) else f"{done}/1"


def event_seen(event: Json, now: datetime) -> str:
    """Return the time since an event was last seen."""
    seen = event.get("lastTimestamp") or at(event, "series", "lastObservedTime") or event.get("eventTime")
    return age(seen or event.get("firstTimestamp"), now)


def event_object(event: Json) -> str:
    """Return the object of an event: "pod/hub-0"."""
    about = event.get("involvedObject") or {}
    return f"{str(about.get('kind', '')).lower()}/{about.get('name', '')}"


def event_source(event: Json) -> str:
    """Return the component that reported an event, and its node."""
    source = event.get("source") or {}
    named = source.get("component") or event.get("reportingComponent") or ""
    return ", ".join(part for part in (named, source.get("host")) if part)


def volume_claim(volume: Json) -> str:
    """Return the claim that a volume is bound to: "namespace/name"."""
    reference = at(volume, "spec", "claimRef")
    return f"{reference.get('namespace', '')}/{reference.get('name', '')}" if isinstance(reference, dict) else ""


def bound_role(binding: Json) -> str:
    """Return the role that a binding grants: "ClusterRole/view"."""
    reference = binding.get("roleRef") or {}
    return f"{reference.get('kind')}/{reference.get('name')}"


def bound_subjects(kind: str) -> Callable[[Json], str]:
    """Return a function for the subjects of that kind in a binding."""

    def one(subject: Json) -> str:
        space = subject.get("namespace")
        return f"{space}/{subject['name']}" if space and kind == "ServiceAccount" else str(subject["name"])

    return lambda binding: ", ".join(one(s) for s in binding.get("subjects") or () if s.get("kind") == kind)


def gateway_addresses(gateway: Json) -> str:
    """Return the addresses of a Gateway."""
    return ",".join(str(one.get("value", "")) for one in list_at(gateway, "status", "addresses"))


def gateway_programmed(gateway: Json) -> str:
    """Return the status of a Gateway's condition Programmed."""
    found = (one for one in list_at(gateway, "status", "conditions") if one.get("type") == "Programmed")
    return str(next((one.get("status", "") for one in found), "Unknown"))


def route_hosts(route: Json) -> str:
    """Return the hosts of an HTTPRoute."""
    hosts = (route.get("spec") or {}).get("hostnames") or []
    return "[" + ",".join(f'"{one}"' for one in hosts) + "]" if hosts else ""


def ingress_hosts(ingress: Json) -> str:
    """Return the hosts of an Ingress."""
    return ",".join(rule["host"] for rule in list_at(ingress, "spec", "rules") if rule.get("host")) or "*"


def controlling_owner(obj: Json) -> str:
    """Return the controller of an object: "statefulset.apps/hub"."""
    owners = [one for one in obj["metadata"].get("ownerReferences") or () if one.get("controller")]
    if not owners:
        return NONE
    group = owners[0]["apiVersion"].rpartition("/")[0]
    return f"{owners[0]['kind'].lower()}{'.' + group if group else ''}/{owners[0]['name']}"


def storage_class_name(storage_class: Json) -> str:
    """Return a storage class's name, with a mark if it is the default."""
    marks = storage_class["metadata"].get("annotations") or {}
    name = str(storage_class["metadata"]["name"])
    return f"{name} (default)" if marks.get(_DEFAULT_CLASS) == "true" else name
