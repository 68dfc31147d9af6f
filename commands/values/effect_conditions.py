"""Conditions of the effects that changed Helm values have: what the path of a value does not decide alone. Pure.

Each condition gets the change, and all values as they will be, merged with the chart's defaults.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, TypeGuard

from commands.release.immutable_fields import quantity

# Seconds: the hub hears of activity every 5 minutes.
_SURELY_IDLE: Final = 600
_HARDLY_ANY: Final = 5
_MUCH_LARGER: Final = 4
_SMALL_DISK: Final = 100 * 2**30
_POLICY_LABELS: Final = "hub.jupyter.org/"
_IMAGE_DIGEST: Final = re.compile(r"@sha256:[0-9a-f]{64}$")
# Environment variables that decide which program is loaded, or from where more is fetched.
_LOADERS: Final = (
    *("LD_*", "PYTHON*", "PATH", "BASH_ENV", "ENV", "SHELL", "NODE_*", "NPM_*", "JUPYTER_*", "JUPYTERHUB_*"),
    *("IPYTHON*", "PERL5*", "RUBY*", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "R_*", "PIP_*", "UV_*", "CONDA*", "MAMBA*"),
    *("GIT_*", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "*_INDEX_URL", "*_CMD", "*COMMAND*", "*_STARTUP"),
    *("CHOWN_*", "GRANT_SUDO", "NB_*", "RESTARTABLE", "DOCKER_STACKS_*", "*PRELOAD*", "JULIA_*"),
)
# Of a profile: its names and its share of a node. Everything else may name an image or a program.
_HARMLESS_IN_PROFILES: Final = frozenset(
    {"display_name", "description", "default", "slug", "unlisted_choice_description"}
    | {"cpu_limit", "cpu_guarantee", "mem_limit", "mem_guarantee", "node_selector", "tolerations"}
    | {"extra_resource_limits", "extra_resource_guarantees", "default_url", "start_timeout", "http_timeout"}
)
# Traits that neither name code nor decide on access, by the end of their class's name.
_HARMLESS_TRAITS: Final = {
    "JupyterHub": (
        *("concurrent_spawn_limit", "active_server_limit", "named_server_limit_per_user", "allow_named_servers"),
        *("log_level", "activity_resolution", "redirect_to_server", "shutdown_on_logout", "init_spawners_timeout"),
        *("last_activity_interval", "spawn_throttle_retry_range", "default_url", "active_user_window"),
        *("hub_activity_interval", "cleanup_servers", "cleanup_proxy", "implicit_spawn_seconds", "http_timeout"),
        *("user_redirect_hook_timeout", "api_page_default_limit", "api_page_max_limit", "authenticate_prometheus"),
    ),
    "Spawner": (
        *("mem_limit", "mem_guarantee", "cpu_limit", "cpu_guarantee", "start_timeout", "http_timeout", "default_url"),
        *("poll_interval", "poll_jitter", "consecutive_failure_limit", "debug", "node_selector", "tolerations"),
        *("priority_class_name", "image_pull_policy", "storage_capacity", "storage_class", "events_enabled"),
        *("extra_resource_limits", "extra_resource_guarantees", "k8s_api_request_timeout", "delete_stopped_pods"),
        *("k8s_api_request_retry_timeout", "k8s_api_threadpool_workers", "scheduler_name", "extra_labels"),
        *("node_affinity_preferred", "node_affinity_required", "pod_affinity_preferred", "pod_anti_affinity_preferred"),
        *("slug_scheme", "pvc_name_template", "pod_name_template", "hub_connect_timeout", "server_token_expires_in"),
        *("storage_pvc_ensure", "namespace", "enable_user_namespaces", "user_namespace_template", "delete_pvc"),
        *("handle_legacy_names", "storage_selector", "storage_access_modes", "storage_extra_labels", "oauth_roles"),
        *("user_storage_*", "legacy_escape_*", "remember_pvc_name"),
    ),
    "": ("log_level", "log_format", "log_datefmt", "show_config"),
}


@dataclass(frozen=True)
class EffectiveChange:
    """A value that differs, with the chart's default counted where it is unset. None stands for no value."""

    path: tuple[str, ...]
    before: object
    after: object


def deletes_idle_users(_change: EffectiveChange, after: Mapping[str, object]) -> bool:
    """Return True if the culler deletes idle users from the hub."""
    cull = after.get("cull")
    return isinstance(cull, Mapping) and cull.get("users") is True and cull.get("enabled") is not False


def ends_servers_by_age(change: EffectiveChange, _after: Mapping[str, object]) -> bool:
    """Return True if servers in use are ended because of their age, or ended sooner than before."""
    new = change.after if _is_number(change.after) else 0
    old = change.before if _is_number(change.before) else 0
    return new > 0 and (old <= 0 or new < old)


def is_set(change: EffectiveChange, _after: Mapping[str, object]) -> bool:
    """Return True if a value is set that is not empty."""
    return change.after not in (None, "", [], {}, False)


def changes_loaded_code(change: EffectiveChange, _after: Mapping[str, object]) -> bool:
    """Return True if a variable of all servers decides which code runs there. It is a mapping or a list of names."""
    # The name below singleuser.extraEnv, if that is a mapping.
    names = change.path[2:3] or _different_names(change.before, change.after)
    return any(fnmatchcase(name.upper(), loader) for name in names for loader in _LOADERS)


def _different_names(before: object, after: object) -> list[str]:
    old, new = _by_name(before), _by_name(after)
    return [name for name in {**old, **new} if _text(old.get(name)) != _text(new.get(name))]


def _by_name(variables: object) -> dict[str, object]:
    if isinstance(variables, Mapping):
        return {str(name): one for name, one in variables.items()}
    items = variables if isinstance(variables, list) else []
    return {str(one.get("name")): one for one in items if isinstance(one, Mapping)}


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def offers_other_code(change: EffectiveChange, _after: Mapping[str, object]) -> bool:
    """Return True if a profile offers something to run that no profile offered before."""
    if not isinstance(change.after, list):
        return is_set(change, _after)
    known = set(_what_runs(change.before))
    return any(one not in known for one in _what_runs(change.after))


def _what_runs(profiles: object) -> Iterator[str]:
    for one in profiles if isinstance(profiles, list) else ():
        if stripped := _stripped(one):
            yield _text(stripped)


def _stripped(node: object) -> object:
    """Return the node without what is harmless in a profile, and without what is empty then."""
    if isinstance(node, Mapping):
        left = {name: _stripped(one) for name, one in node.items() if name not in _HARMLESS_IN_PROFILES}
        return {name: one for name, one in left.items() if one not in ({}, [], None, "", False)}
    return [_stripped(one) for one in node] if isinstance(node, list) else node


def is_unknown_trait(change: EffectiveChange, _after: Mapping[str, object]) -> bool:
    """Return True if the value sets a trait of the hub's configuration that may run code."""
    match change.path:
        case ("hub", "config", kind, trait, *_):
            pass
        case _:
            return change.after is not None
    known = [one for end, traits in _HARMLESS_TRAITS.items() if kind.endswith(end) for one in traits]
    return not any(fnmatchcase(trait, one) for one in known)


def renames_homes(change: EffectiveChange, _after: Mapping[str, object]) -> bool:
    """Return False if only KubeSpawner 7's default naming scheme is written out, or no longer."""
    return not (change.path[-1] == "slug_scheme" and (change.before or "safe") == (change.after or "safe") == "safe")


def removes_named_servers(_change: EffectiveChange, after: Mapping[str, object]) -> bool:
    """Return True if the culler removes named servers, and with them their claims."""
    # JupyterHub deletes a named server for good, and KubeSpawner's delete_pvc is on by default.
    cull = after.get("cull")
    return isinstance(cull, Mapping) and cull.get("removeNamedServers") is True and cull.get("enabled") is not False


def is_turned_off(change: EffectiveChange, _after: Mapping[str, object]) -> bool:
    """Return True if a value that was on is turned off or removed."""
    return bool(change.before) and not change.after


def ends_active_servers(change: EffectiveChange, after: Mapping[str, object]) -> bool:
    """Return True if servers count as idle before the hub knows of their activity, which takes 5 minutes."""
    cull = after.get("cull")
    is_on = isinstance(cull, Mapping) and cull.get("enabled") is not False
    return is_on and _is_number(change.after) and change.after < _SURELY_IDLE


def is_tiny_limit(change: EffectiveChange, _after: Mapping[str, object]) -> bool:
    """Return True for a limit so low that hardly anybody can start a server."""
    # For most of these limits 0 means none.
    return _is_number(change.after) and 0 < change.after < _HARDLY_ANY


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_policy_label(change: EffectiveChange, _after: Mapping[str, object]) -> bool:
    """Return True for a label that z2jh's network policies select: network-access-hub, -proxy-api, -proxy-http."""
    names = [*change.path, *(name for one in (change.before, change.after) if isinstance(one, Mapping) for name in one)]
    return any(str(name).startswith(_POLICY_LABELS) for name in names)


def leads_elsewhere(change: EffectiveChange, _after: Mapping[str, object]) -> bool:
    """Return True for an address with a host of its own."""
    return isinstance(change.after, str) and "//" in change.after


def names_another_image(change: EffectiveChange, _after: Mapping[str, object]) -> bool:
    """Return True if a tag is more than a tag: behind z2jh's prefix it would name another image."""
    return isinstance(change.after, str) and any(mark in _IMAGE_DIGEST.sub("", change.after) for mark in "/:@")


def is_far_larger(change: EffectiveChange, _after: Mapping[str, object]) -> bool:
    """Return True for a size over 100 GiB that is more than four times the old one."""
    new, old = quantity(change.after), quantity(change.before)
    return new is not None and new > _MUCH_LARGER * (old or 0) and new > _SMALL_DISK
