"""The lists that are maps or sets in disguise, and the objects that have one owner as a whole.

After the schema of Kubernetes 1.37 (client-go, applyconfigurations/internal): its list types and map keys, by the name
of the field. What is in none of them is a list with one owner, or an object whose fields have owners of their own.
"""

from typing import Final

from sandbox.apiserver.objects.resource_kinds import Json

_KEYS: Final = {
    "addresses": ("type",),
    "claims": ("name",),
    "conditions": ("type",),
    "containers": ("name",),
    "env": ("name",),
    "ephemeralContainers": ("name",),
    "hostAliases": ("ip",),
    "imagePullSecrets": ("name",),
    "initContainers": ("name",),
    "ownerReferences": ("uid",),
    "podIPs": ("ip",),
    "resourceClaims": ("name",),
    "schedulingGates": ("name",),
    "secrets": ("name",),
    "topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
    "volumeDevices": ("devicePath",),
    "volumeMounts": ("mountPath",),
    "volumes": ("name",),
}
_CONTAINERS: Final = ("containers", "initContainers", "ephemeralContainers")
_SETS: Final = frozenset(("finalizers", "podCIDRs"))
# References and selectors: whoever changes a part of one has all of it.
_ATOMIC: Final = frozenset(
    (
        *("claimRef", "configMapKeyRef", "dataSource", "fieldRef", "involvedObject", "labelSelector"),
        *("namespaceSelector", "nodeSelector", "podSelector", "resourceFieldRef", "roleRef", "secretKeyRef"),
        *("scopeSelector", "secretRef", "selector"),
    )
)
# A port that names no protocol is one of TCP.
_DEFAULTS: Final = {"protocol": "TCP"}


def keys_of(field: str, parent: str, value: list[object]) -> tuple[str, ...] | None:
    """Return the keys of a list that is a map, None of any other. `parent` is the field that holds it."""
    if not all(isinstance(item, dict) for item in value):
        return None
    if field != "ports":
        return _KEYS.get(field)
    if parent in _CONTAINERS:
        return ("containerPort", "protocol")
    return ("port", "protocol") if parent == "spec" and all("port" in item for item in _dicts(value)) else None


def is_set(field: str, value: list[object]) -> bool:
    """Return True for a list whose items have owners of their own."""
    return field in _SETS and all(isinstance(item, str) for item in value)


def is_atomic(field: str) -> bool:
    """Return True for an object that has one owner as a whole."""
    return field in _ATOMIC


def key_of(item: Json, keys: tuple[str, ...]) -> Json | None:
    """Return what tells an item of such a list from the others; None where it lacks that."""
    found = {key: item.get(key, _DEFAULTS.get(key)) for key in keys}
    return None if None in found.values() else found


def _dicts(value: list[object]) -> list[Json]:
    return [item for item in value if isinstance(item, dict)]
