"""Discovery: the groups, versions and resources that clients read before anything else, and the server's version."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from sandbox.apiserver import reviews
from sandbox.apiserver.objects.resource_kinds import ALL, Json, Kind

VERSION: Json = {
    "major": "1",
    "minor": "35",
    "emulationMajor": "1",
    "emulationMinor": "35",
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "34",
    "gitVersion": "v1.35.4",
    "gitCommit": "59526cd4867447956156ae3a602fcbac10a2c335",
    "gitTreeState": "clean",
    "buildDate": "2025-04-22T16:02:27Z",
    "goVersion": "go1.23.6",
    "compiler": "gc",
    "platform": "linux/amd64",
}
"""As AKS answers; strict clients want every field."""


def version(git_version: str) -> Json:
    """Return what /version answers for an API server of that version; for an empty one, VERSION."""
    if not git_version:
        return VERSION
    major, minor = git_version.removeprefix("v").split(".")[:2]
    emulated = {"emulationMajor": major, "emulationMinor": minor}
    compatible = {"minCompatibilityMajor": major, "minCompatibilityMinor": str(int(minor) - 1)}
    return VERSION | emulated | compatible | {"major": major, "minor": minor, "gitVersion": git_version}


AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
"""What clients accept that know aggregated discovery: two requests instead of one for each group."""

_VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
_PARTS: dict[str, Json] = {
    "status": {"verbs": ["get", "patch", "update"]},
    "scale": {
        "group": "autoscaling",
        "version": "v1",
        "kind": "Scale",
        "verbs": ["get", "patch", "update"],
    },
    "log": {"verbs": ["get"]},
    "eviction": {"group": "policy", "version": "v1", "kind": "Eviction", "verbs": ["create"]},
    "finalize": {"verbs": ["update"]},
}


@lru_cache(maxsize=1)
def groups() -> dict[str, tuple[str, ...]]:
    """Return the named API groups with their versions, without the core group."""
    found: dict[str, tuple[str, ...]] = {kind.group: (kind.version,) for kind in ALL if kind.group}
    return {**found, reviews.AUTHORIZATION: ("v1",), reviews.AUTHENTICATION: ("v1",)}


def core_versions() -> Json:
    """Return the response to /api."""
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}


def group_list() -> Json:
    """Return the response to /apis."""
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(name) for name in groups()]}


def group(name: str) -> Json | None:
    """Return the response to /apis/GROUP, None if there is no such group."""
    return {"kind": "APIGroup", "apiVersion": "v1", **_group(name)} if name in groups() else None


def resource_list(name: str, version: str) -> Json | None:
    """Return the response to /api/v1 (the group is "") or /apis/GROUP/VERSION, None if there is none."""
    known = ("v1",) if not name else groups().get(name, ())
    if version not in known:
        return None
    resources: list[Json] = []
    for kind in ALL:
        if (kind.group, kind.version) == (name, version):
            resources += [_resource(kind), *(_part(kind, part) for part in kind.subresources)]
    resources += [_review(plural, kind) for (where, plural), kind in reviews.KINDS.items() if where == name]
    group_version = f"{name}/{version}" if name else version
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": group_version,
        "resources": resources,
    }


def aggregated(names: Iterable[str]) -> Json:
    """Return the response to /api (the only group is "") or /apis in aggregated form (AGGREGATED): all lists in one."""
    items = [{"metadata": {"name": name, "creationTimestamp": None}, "versions": _versions(name)} for name in names]
    return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items}


def _versions(name: str) -> list[Json]:
    entry = ((version, resource_list(name, version)) for version in groups().get(name, ("v1",)))
    return [
        {"version": version, "freshness": "Current", "resources": _with_parts(name, version, found["resources"])}
        for version, found in entry
        if found
    ]


def _with_parts(group: str, version: str, resources: Sequence[Json]) -> list[Json]:
    """Return each resource with its subresources in it."""
    found: dict[str, Json] = {}
    for one in resources:
        plural, _, part = one["name"].partition("/")
        kind = {"group": one.get("group", group), "version": one.get("version", version), "kind": one["kind"]}
        if part:
            entry = {"subresource": part, "responseKind": kind, "verbs": one["verbs"]}
            found[plural].setdefault("subresources", []).append(entry)
            continue
        found[plural] = {
            "resource": plural,
            "responseKind": kind,
            "scope": "Namespaced" if one["namespaced"] else "Cluster",
            "singularResource": one["singularName"],
            "verbs": one["verbs"],
            **{name: one[name] for name in ("shortNames", "categories") if name in one},
        }
    return list(found.values())


def _group(name: str) -> Json:
    versions = [{"groupVersion": f"{name}/{version}", "version": version} for version in groups()[name]]
    return {"name": name, "versions": versions, "preferredVersion": versions[0]}


def _resource(kind: Kind) -> Json:
    entry: Json = {
        "name": kind.plural,
        "singularName": kind.singular,
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": _VERBS,
    }
    if kind.short_names:
        entry["shortNames"] = list(kind.short_names)
    if kind.categories:
        entry["categories"] = list(kind.categories)
    return entry


def _part(kind: Kind, part: str) -> Json:
    name = f"{kind.plural}/{part}"
    return {"name": name, "singularName": "", "namespaced": kind.namespaced, "kind": kind.kind, **_PARTS[part]}


def _review(plural: str, kind: str) -> Json:
    namespaced = plural.startswith("local")
    return {
        "name": plural,
        "singularName": kind.lower(),
        "namespaced": namespaced,
        "kind": kind,
        "verbs": ["create"],
    }
