"""The effects that changed values of a hub have, found by what each value does in z2jh. Pure.

Values that nobody can judge count as code where the hub runs what they say: of `hub.config`, which may name any class
of Python and any trait of it, only what is known to be harmless is left out. Of all others the ones that are known to
matter are listed; z2jh's schema takes no names of its own. Facts: z2jh 4.4 (values.yaml, jupyterhub_config.py),
KubeSpawner 7, JupyterHub 5 and the names of both in charts back to 0.11.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, TypeGuard

from clients.values import dotted
from commands.framework.effects import Effect, Impact, ordered
from commands.release.immutable_fields import quantity
from commands.values.diff import differing

# A sentence names so many values; all of them stand on the card, or its pages.
_NAMED: Final = 4
_Path = tuple[str, ...]


@dataclass(frozen=True)
class Changed:
    """One value that differs, as it counts: with the chart's own where nobody gives one. None where there is none."""

    path: _Path
    before: object
    after: object


@dataclass(frozen=True)
class _Rule:
    """What one kind of value does. `paths` are patterns, a name or part of one each; below them counts as well.

    `matters` judges the change itself where the path alone does not say; it is handed all values as they will be.
    """

    effect: Effect
    sentence: str
    paths: tuple[_Path, ...]
    matters: Callable[[Changed, Mapping[str, object]], bool] = lambda _changed, _after: True
    but: tuple[_Path, ...] = ()


def watched() -> Mapping[Effect, tuple[str, ...]]:
    """The values that are looked at for each effect, as people write their paths; a star stands for any name."""
    found: dict[Effect, dict[str, None]] = {}
    for rule in _RULES:
        found.setdefault(rule.effect, {}).update(dict.fromkeys(".".join(path) for path in rule.paths))
    return {effect: tuple(paths) for effect, paths in found.items()}


def value_effects(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[Impact, ...]:
    """The effects of these values in place of those; each with the chart's own values under them."""
    # To a chart's templates null is the same as nothing.
    changes = [Changed(path, old, new) for path, old, new in differing(before, after) if (old, new) != (None, None)]
    return ordered(tuple(impact for rule in _RULES for impact in _impact(rule, changes, after)))


def _impact(rule: _Rule, changes: Sequence[Changed], after: Mapping[str, object]) -> Iterator[Impact]:
    paths = [one.path for one in changes if _hit(rule, one) and rule.matters(one, after)]
    if paths:
        yield Impact(rule.effect, rule.sentence.format(names=_names(paths)))


def _hit(rule: _Rule, change: Changed) -> bool:
    """Whether the value is at one of the rule's paths, below it, or a mapping above it that became something else."""
    holds = isinstance(change.before, Mapping) or isinstance(change.after, Mapping)
    return any(
        _meet(pattern, change.path) and (holds or len(change.path) >= len(pattern)) for pattern in rule.paths
    ) and not any(_meet(pattern, change.path) and len(change.path) >= len(pattern) for pattern in rule.but)


def _meet(pattern: _Path, path: _Path) -> bool:
    return all(fnmatchcase(name, part) for name, part in zip(path, pattern, strict=False))


def _names(paths: Sequence[_Path]) -> str:
    named = list(dict.fromkeys(dotted(path) for path in paths))
    left = len(named) - _NAMED
    return ", ".join(named[:_NAMED]) + (f" and {left} more" if left > 0 else "")


def _paths(*texts: str) -> tuple[_Path, ...]:
    return tuple(tuple(text.split(".")) for text in texts)


# Judging a change


def _culls_people(_change: Changed, after: Mapping[str, object]) -> bool:
    cull = after.get("cull")
    return isinstance(cull, Mapping) and cull.get("users") is True and cull.get("enabled") is not False


def _ends_running_ones(change: Changed, _after: Mapping[str, object]) -> bool:
    """Whether servers that are in use are ended, or ended sooner, for their age."""
    new = change.after if isinstance(change.after, int | float) and not isinstance(change.after, bool) else 0
    old = change.before if isinstance(change.before, int | float) and not isinstance(change.before, bool) else 0
    return new > 0 and (old <= 0 or new < old)


def _is_there(change: Changed, _after: Mapping[str, object]) -> bool:
    return change.after not in (None, "", [], {}, False)


# What decides which program is loaded, or from where more is fetched.
_LOADERS: Final = (
    *("LD_*", "PYTHON*", "PATH", "BASH_ENV", "ENV", "SHELL", "NODE_*", "NPM_*", "JUPYTER_*", "JUPYTERHUB_*"),
    *("IPYTHON*", "PERL5*", "RUBY*", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "R_*", "PIP_*", "UV_*", "CONDA*", "MAMBA*"),
    *("GIT_*", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "*_INDEX_URL", "*_CMD", "*COMMAND*", "*_STARTUP"),
    *("CHOWN_*", "GRANT_SUDO", "NB_*", "RESTARTABLE", "DOCKER_STACKS_*", "*PRELOAD*", "JULIA_*"),
)


def _loads_code(change: Changed, _after: Mapping[str, object]) -> bool:
    """Whether a variable of everybody's servers decides what is run there. A mapping, or a list of named ones."""
    # Below singleuser.extraEnv, where that is a mapping.
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


# Of a profile: what it is called and what it takes of a node. Everything else may name an image or a program.
_HARMLESS_OF_PROFILES: Final = frozenset(
    {"display_name", "description", "default", "slug", "unlisted_choice_description"}
    | {"cpu_limit", "cpu_guarantee", "mem_limit", "mem_guarantee", "node_selector", "tolerations"}
    | {"extra_resource_limits", "extra_resource_guarantees", "default_url", "start_timeout", "http_timeout"}
)


def _offers_other_code(change: Changed, _after: Mapping[str, object]) -> bool:
    """Whether profiles offer anything else to run than they did."""
    if not isinstance(change.after, list):
        return _is_there(change, _after)
    known = set(_what_runs(change.before))
    return any(one not in known for one in _what_runs(change.after))


def _what_runs(profiles: object) -> Iterator[str]:
    for one in profiles if isinstance(profiles, list) else ():
        if stripped := _stripped(one):
            yield _text(stripped)


def _stripped(node: object) -> object:
    """The node without what is harmless in a profile, and without what is empty then."""
    if isinstance(node, Mapping):
        left = {name: _stripped(one) for name, one in node.items() if name not in _HARMLESS_OF_PROFILES}
        return {name: one for name, one in left.items() if one not in ({}, [], None, "", False)}
    return [_stripped(one) for one in node] if isinstance(node, list) else node


# Traits that neither name code nor decide about access, by the end of their class's name.
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


def _is_unknown_trait(change: Changed, _after: Mapping[str, object]) -> bool:
    """Whether it sets something of the hub's own configuration that may run code."""
    match change.path:
        case ("hub", "config", kind, trait, *_):
            pass
        case _:
            return change.after is not None
    known = [one for end, traits in _HARMLESS_TRAITS.items() if kind.endswith(end) for one in traits]
    return not any(fnmatchcase(trait, one) for one in known)


_NAMES_OF_HOMES: Final = (
    *("slug_scheme", "pvc_name_template", "pod_name_template", "namespace", "enable_user_namespaces"),
    *("user_namespace_template", "storage_pvc_ensure", "handle_legacy_names", "remember_pvc_name", "legacy_escape_*"),
    *("volume_name_template", "delete_pvc", "user_storage_*"),
)


def _finds_other_homes(change: Changed, _after: Mapping[str, object]) -> bool:
    # As KubeSpawner 7 has it unless told otherwise: to begin or to end saying so changes nothing.
    return not (change.path[-1] == "slug_scheme" and (change.before or "safe") == (change.after or "safe") == "safe")


_ACCESS_TRAITS: Final = (
    *("authenticator_class", "admin_access", "admin_users", "load_roles", "load_groups", "services", "api_tokens"),
    *("service_tokens", "custom_scopes", "trust_user_provided_tokens", "trusted_downstream_ips"),
    *("oauth_token_expires_in", "cookie_max_age_days"),
)


def _hub_config(kinds: str, traits: Iterable[str]) -> tuple[_Path, ...]:
    return tuple(("hub", "config", kinds, trait) for trait in traits)


def _removes_named_servers(_change: Changed, after: Mapping[str, object]) -> bool:
    # JupyterHub deletes a named server for good, and KubeSpawner's delete_pvc is on: its claim goes with it.
    cull = after.get("cull")
    return isinstance(cull, Mapping) and cull.get("removeNamedServers") is True and cull.get("enabled") is not False


def _takes_away(change: Changed, _after: Mapping[str, object]) -> bool:
    return bool(change.before) and not change.after


def _ends_the_busy(change: Changed, after: Mapping[str, object]) -> bool:
    """Whether servers count as idle before the hub can know that they are in use: it hears of it every 5 minutes."""
    cull = after.get("cull")
    is_on = isinstance(cull, Mapping) and cull.get("enabled") is not False
    return is_on and _is_number(change.after) and change.after < _SURELY_IDLE


def _is_next_to_nothing(change: Changed, _after: Mapping[str, object]) -> bool:
    # Of most of them 0 is no limit at all.
    return _is_number(change.after) and 0 < change.after < _HARDLY_ANY


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


_SURELY_IDLE: Final = 600
_HARDLY_ANY: Final = 5
_POLICY_LABELS: Final = "hub.jupyter.org/"


def _is_a_policys(change: Changed, _after: Mapping[str, object]) -> bool:
    """Whether it is a label by which z2jh's network policies choose: network-access-hub, -proxy-api, -proxy-http."""
    names = [*change.path, *(name for one in (change.before, change.after) if isinstance(one, Mapping) for name in one)]
    return any(str(name).startswith(_POLICY_LABELS) for name in names)


def _leads_elsewhere(change: Changed, _after: Mapping[str, object]) -> bool:
    return isinstance(change.after, str) and "//" in change.after


_BY_DIGEST: Final = re.compile(r"@sha256:[0-9a-f]{64}$")


def _names_another_image(change: Changed, _after: Mapping[str, object]) -> bool:
    """Whether a tag is more than one: behind what z2jh writes before it, it would be another image's name."""
    return isinstance(change.after, str) and any(mark in _BY_DIGEST.sub("", change.after) for mark in "/:@")


def _is_far_larger(change: Changed, _after: Mapping[str, object]) -> bool:
    new, old = quantity(change.after), quantity(change.before)
    return new is not None and new > _MUCH_LARGER * (old or 0) and new > _SMALL_DISK


_MUCH_LARGER: Final = 4
_SMALL_DISK: Final = 100 * 2**30

_ACCESS: Final = (
    *_paths("auth", "hub.config.*Authenticator*", "hub.config.*OAuth*", "hub.loadRoles", "hub.services", "rbac"),
    *_hub_config("JupyterHub", _ACCESS_TRAITS),
    *_hub_config("*Spawner", ("oauth_roles", "server_token_scopes", "oauth_client_allowed_scopes")),
    *_paths("hub.adminUsers", "hub.allowedUsers", "hub.authenticatePrometheus"),
)

_RULES: Final = (
    _Rule(
        Effect.DELETES_DATA,
        "{names}: the hub starts with another database, without the users, admins and tokens of this one.",
        _paths("hub.db"),
        but=_paths("hub.db.pvc.storage", "hub.db.pvc.annotations", "hub.db.upgrade", "hub.db.password"),
    ),
    _Rule(
        Effect.DELETES_DATA,
        "{names}: homes are looked for elsewhere or no longer kept, and people find empty ones.",
        _paths(
            *("singleuser.storage.type", "singleuser.storage.homeMountPath", "singleuser.storage.static"),
            "singleuser.storage.dynamic.pvcNameTemplate",
            *("singleuser.storage.dynamic.subPath", "singleuser.podNameTemplate"),
            *("fullnameOverride", "nameOverride"),
        ),
    ),
    _Rule(
        Effect.DELETES_DATA,
        "{names}: homes are looked for under other names, and people find empty ones.",
        _hub_config("*Spawner", _NAMES_OF_HOMES),
        _finds_other_homes,
    ),
    _Rule(
        Effect.DELETES_DATA,
        "{names}: users who are idle are removed from the hub, and their homes with them.",
        _paths("cull.users", "cull.enabled", "cull.timeout", "cull.every", "cull.maxAge", "cull.adminUsers"),
        _culls_people,
    ),
    _Rule(
        Effect.DELETES_DATA,
        "{names}: named servers that are idle are removed from the hub, and their homes with them.",
        _paths("cull.removeNamedServers", "cull.enabled", "cull.timeout", "cull.every", "cull.maxAge"),
        _removes_named_servers,
    ),
    _Rule(
        Effect.DELETES_DATA,
        "{names}: nobody can start a named server any more, or reach its home.",
        (*_paths("hub.allowNamedServers"), *_hub_config("JupyterHub", ("allow_named_servers",))),
        _takes_away,
    ),
    _Rule(
        Effect.RUNS_CODE,
        "{names}: what it says is run by the hub, with everything that the hub may do.",
        _paths(
            *("hub.extraConfig", "hub.extraConfigMap", "hub.command", "hub.args", "hub.extraFiles", "hub.lifecycle"),
            *("hub.initContainers", "hub.extraContainers", "hub.extraPodSpec", "hub.existingSecret", "hub.extraEnv"),
            *("hub.extraVolumes", "hub.extraVolumeMounts", "hub.templatePaths", "hub.services.*.command"),
        ),
    ),
    _Rule(
        Effect.RUNS_CODE,
        "{names}: sets something of the hub or its spawner that may run code.",
        _paths("hub.config.*.*", "hub.config"),
        _is_unknown_trait,
        but=_ACCESS,
    ),
    _Rule(
        Effect.RUNS_CODE,
        "{names}: what it says is run in everybody’s servers, or put into them.",
        _paths(
            *("singleuser.cmd", "singleuser.args", "singleuser.extraFiles", "singleuser.lifecycleHooks"),
            *("singleuser.initContainers", "singleuser.extraContainers", "singleuser.extraPodConfig"),
            *("singleuser.storage.extraVolumes", "singleuser.storage.extraVolumeMounts"),
        ),
    ),
    _Rule(
        Effect.RUNS_CODE,
        "{names}: decides which programs everybody’s servers load.",
        _paths("singleuser.extraEnv"),
        _loads_code,
    ),
    _Rule(
        Effect.RUNS_CODE,
        "{names}: offers another image, or something else to run, as a profile.",
        _paths("singleuser.profileList"),
        _offers_other_code,
    ),
    _Rule(
        Effect.RUNS_CODE,
        "{names}: another image than before, from where the bot cannot say what it does.",
        _paths(
            *("hub.image.name", "singleuser.image.name", "*.*.image.name", "*.image.name", "*.*.*.image.name"),
            *("prePuller.extraImages",),
        ),
        _is_there,
    ),
    _Rule(
        Effect.RUNS_CODE,
        "{names}: with what stands before it, this is the name of another image.",
        _paths("*.image.tag", "*.*.image.tag", "*.*.*.image.tag"),
        _names_another_image,
    ),
    _Rule(
        Effect.RUNS_CODE,
        "{names}: gives programs in the cluster other rights.",
        _paths(
            *("hub.serviceAccount", "hub.podSecurityContext", "hub.containerSecurityContext", "hub.uid", "hub.gid"),
            *("singleuser.serviceAccountName", "singleuser.uid", "singleuser.allowPrivilegeEscalation", "rbac"),
            *("proxy.*.serviceAccount", "proxy.*.containerSecurityContext", "scheduling.userScheduler.serviceAccount"),
            *("proxy.chp.extraCommandLineFlags", "proxy.chp.extraEnv", "proxy.traefik.extraEnv"),
            *("proxy.traefik.extraInitContainers", "proxy.traefik.extraVolumes", "proxy.traefik.extraVolumeMounts"),
        ),
    ),
    _Rule(Effect.CHANGES_ACCESS, "{names}: decides who may log in, who is an admin and what they may do.", _ACCESS),
    _Rule(
        Effect.OPENS_NETWORK,
        "{names}: decides what can reach the hub and its servers, and what they can reach.",
        _paths(
            *("hub.networkPolicy", "proxy.*.networkPolicy", "singleuser.networkPolicy", "singleuser.cloudMetadata"),
            *("proxy.service", "hub.service.type", "hub.service.loadBalancerIP", "hub.service.annotations"),
            *("proxy.traefik.extraStaticConfig", "proxy.traefik.extraDynamicConfig", "proxy.traefik.extraPorts"),
            *("proxy.https", "ingress", "httpRoute", "hub.service.extraPorts", "hub.service.ports"),
            *("proxy.chp.defaultTarget", "proxy.chp.errorTarget"),
        ),
        but=_paths("proxy.https.letsencrypt.contactEmail"),
    ),
    _Rule(
        Effect.OPENS_NETWORK,
        "{names}: by such labels network policies decide what may be reached.",
        (
            *_paths("singleuser.extraLabels", "hub.labels", "proxy.labels", "proxy.*.labels"),
            *_hub_config("*Spawner", ("extra_labels",)),
        ),
        _is_a_policys,
    ),
    _Rule(
        Effect.OPENS_NETWORK,
        "{names}: sends people to another address.",
        (*_paths("singleuser.defaultUrl"), *_hub_config("*", ("default_url",))),
        _leads_elsewhere,
    ),
    _Rule(
        Effect.STOPS_EVERYBODY,
        "{names}: servers count as idle before the hub knows that they are in use, and are ended.",
        _paths("cull.timeout"),
        _ends_the_busy,
    ),
    _Rule(
        Effect.STOPS_EVERYBODY,
        "{names}: decides on which nodes it can run at all, or how it is reached or replaced.",
        _paths(
            *("hub.nodeSelector", "hub.baseUrl", "hub.deploymentStrategy", "proxy.*.nodeSelector"),
            *("singleuser.nodeSelector", "singleuser.extraNodeAffinity.required"),
        ),
    ),
    _Rule(
        Effect.STOPS_EVERYBODY,
        "{names}: where servers may run at all.",
        _hub_config("*Spawner", ("node_selector", "node_affinity_required")),
    ),
    _Rule(
        Effect.STOPS_EVERYBODY,
        "{names}: so little that hardly anybody can start a server.",
        (
            *_paths("hub.activeServerLimit", "hub.concurrentSpawnLimit", "singleuser.startTimeout"),
            *_hub_config("JupyterHub", ("active_server_limit", "concurrent_spawn_limit")),
            *_hub_config("*Spawner", ("start_timeout", "http_timeout")),
        ),
        _is_next_to_nothing,
    ),
    _Rule(
        Effect.COSTS_MORE,
        "{names}: each new home gets a far larger disk.",
        (*_paths("singleuser.storage.capacity"), *_hub_config("*Spawner", ("storage_capacity",))),
        _is_far_larger,
    ),
    _Rule(
        Effect.STOPS_EVERYBODY,
        "{names}: ends servers that people are working on, once they are old enough.",
        _paths("cull.maxAge"),
        _ends_running_ones,
    ),
)
