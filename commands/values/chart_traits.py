"""The traits that the chart sets from Helm values, each with the path of its value. Pure.

Source: Zero to JupyterHub 4.4.0, files/hub/jupyterhub_config.py, which hands most values on under the trait's name in
camel case. What the chart makes itself (images, labels, volumes of homes) cannot be wrong by a value's type and is left
out. `hub.config` comes after it, then code.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from clients.values import Path
from commands.values.hub_code import Trait
from commands.values.hub_config import CONFIG, HubConfig

_HUB: Final = "JupyterHub"
_SPAWNER: Final = "KubeSpawner"
_BASE: Final = "Spawner"
_USER: Final = "singleuser"
# Those of the hub, and of the users' servers, under the same name in camel case.
_OF_HUB: Final = (
    *("concurrent_spawn_limit", "active_server_limit", "base_url", "allow_named_servers", "redirect_to_server"),
    *("named_server_limit_per_user", "authenticate_prometheus", "shutdown_on_logout", "template_paths"),
    "template_vars",
)
_OF_SERVERS: Final = (
    *("pod_name_template", "start_timeout", "extra_labels", "extra_annotations", "uid", "fs_gid", "node_selector"),
    *("lifecycle_hooks", "init_containers", "extra_containers", "profile_list", "extra_pod_config"),
    "allow_privilege_escalation",
)
_OTHERS: Final[Mapping[Trait, tuple[str, ...]]] = {
    (_BASE, "consecutive_failure_limit"): ("hub", "consecutiveFailureLimit"),
    (_BASE, "cmd"): (_USER, "cmd"),
    (_BASE, "default_url"): (_USER, "defaultUrl"),
    (_SPAWNER, "image_pull_policy"): (_USER, "image", "pullPolicy"),
    (_SPAWNER, "events_enabled"): (_USER, "events"),
    (_SPAWNER, "service_account"): (_USER, "serviceAccountName"),
    (_SPAWNER, "environment"): (_USER, "extraEnv"),
    (_SPAWNER, "mem_limit"): (_USER, "memory", "limit"),
    (_SPAWNER, "mem_guarantee"): (_USER, "memory", "guarantee"),
    (_SPAWNER, "cpu_limit"): (_USER, "cpu", "limit"),
    (_SPAWNER, "cpu_guarantee"): (_USER, "cpu", "guarantee"),
    (_SPAWNER, "extra_resource_limits"): (_USER, "extraResource", "limits"),
    (_SPAWNER, "extra_resource_guarantees"): (_USER, "extraResource", "guarantees"),
    (_SPAWNER, "node_affinity_required"): (_USER, "extraNodeAffinity", "required"),
    (_SPAWNER, "node_affinity_preferred"): (_USER, "extraNodeAffinity", "preferred"),
    (_SPAWNER, "pod_affinity_required"): (_USER, "extraPodAffinity", "required"),
    (_SPAWNER, "pod_affinity_preferred"): (_USER, "extraPodAffinity", "preferred"),
    (_SPAWNER, "pod_anti_affinity_required"): (_USER, "extraPodAntiAffinity", "required"),
    (_SPAWNER, "pod_anti_affinity_preferred"): (_USER, "extraPodAntiAffinity", "preferred"),
    (_SPAWNER, "tolerations"): (_USER, "extraTolerations"),
    (_SPAWNER, "storage_extra_labels"): (_USER, "storage", "extraLabels"),
    (_SPAWNER, "volumes"): (_USER, "storage", "extraVolumes"),
    (_SPAWNER, "volume_mounts"): (_USER, "storage", "extraVolumeMounts"),
}
_OF_DYNAMIC_STORAGE: Final[Mapping[Trait, tuple[str, ...]]] = {
    (_SPAWNER, "pvc_name_template"): (_USER, "storage", "dynamic", "pvcNameTemplate"),
    (_SPAWNER, "storage_class"): (_USER, "storage", "dynamic", "storageClass"),
    (_SPAWNER, "storage_access_modes"): (_USER, "storage", "dynamic", "storageAccessModes"),
    (_SPAWNER, "storage_capacity"): (_USER, "storage", "capacity"),
}
# The chart takes these from a Secret, or drops them.
_DROPPED: Final = frozenset(
    {(_HUB, "proxy_auth_token"), (_HUB, "cookie_secret"), (_HUB, "services"), ("ConfigurableHTTPProxy", "auth_token")}
    | {("CryptKeeper", "keys")}
)


@dataclass(frozen=True)
class PlacedTrait:
    """A trait with its value, and the path of the value that set it; code has the path of all code."""

    trait: Trait
    value: object
    path: Path


def chart_traits(values: Mapping[str, object], config: HubConfig) -> tuple[PlacedTrait, ...]:
    """Return the traits that values, merged with the chart's defaults, give the hub, as far as that is known."""
    made = {one.trait: one for one in (*_of_chart(values), *_of_config(config))}
    return tuple(made.values())


def _of_chart(values: Mapping[str, object]) -> Iterator[PlacedTrait]:
    paths: dict[Trait, tuple[str, ...]] = {(_HUB, name): ("hub", _camel(name)) for name in _OF_HUB}
    paths |= {(_SPAWNER, name): (_USER, _camel(name)) for name in _OF_SERVERS}
    paths |= _OTHERS
    if _at(values, _USER, "storage", "type") in (None, "dynamic"):
        paths |= _OF_DYNAMIC_STORAGE
    for trait, path in paths.items():
        # An empty collection or text stands for the trait's own default, or is no different from it.
        if (found := _at(values, *path)) is not None and found not in ("", [], {}):
            yield PlacedTrait(trait, found, path)


def _of_config(config: HubConfig) -> Iterator[PlacedTrait]:
    given = _at(config.values, *CONFIG)
    for trait, value in config.code.known.items():
        if trait in _DROPPED:
            continue
        by_code = _at(given, *trait) is not value
        yield PlacedTrait(trait, value, ("hub", "extraConfig") if by_code else (*CONFIG, *trait))


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(one.capitalize() for one in others)


def _at(values: object, *path: str) -> object:
    for name in path:
        values = values.get(name) if isinstance(values, Mapping) else None
    return values
