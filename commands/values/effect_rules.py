"""The effects of each kind of Helm value, as a table of rules for `commands.values.effects`.

Values that cannot be judged count as code where the hub runs what they contain: `hub.config` may name any Python class
and any of its traits, so only what is known to be harmless is exempt there. Of all other values, those that are known
to matter are listed; z2jh's schema accepts no unknown names. Sources: z2jh 4.4 (values.yaml, jupyterhub_config.py),
KubeSpawner 7, JupyterHub 5, and the names that both had in charts back to 0.11.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from commands.framework.effects import Effect
from commands.values.effect_conditions import (
    EffectiveChange,
    changes_loaded_code,
    deletes_idle_users,
    ends_active_servers,
    ends_servers_by_age,
    is_far_larger,
    is_policy_label,
    is_set,
    is_tiny_limit,
    is_turned_off,
    is_unknown_trait,
    leads_elsewhere,
    names_another_image,
    offers_other_code,
    removes_named_servers,
    renames_homes,
)

Pattern = tuple[str, ...]
"""A path in the values; each name may contain wildcards."""


@dataclass(frozen=True)
class Rule:
    """The effect of one kind of value. `paths` are patterns, one per name of a path; what is below them counts too.

    `matters` judges the change itself where the path alone is not enough; it gets all values as they will be.
    `moves_homes` says that the effect is that homes are looked for elsewhere: `home_places` tells whether they are.
    """

    effect: Effect
    sentence: str
    paths: tuple[Pattern, ...]
    matters: Callable[[EffectiveChange, Mapping[str, object]], bool] = lambda _changed, _after: True
    but: tuple[Pattern, ...] = ()
    moves_homes: bool = False


def _paths(*texts: str) -> tuple[Pattern, ...]:
    return tuple(tuple(text.split(".")) for text in texts)


def _hub_config(kinds: str, traits: Iterable[str]) -> tuple[Pattern, ...]:
    return tuple(("hub", "config", kinds, trait) for trait in traits)


_HOME_NAME_TRAITS: Final = (
    *("slug_scheme", "pvc_name_template", "namespace", "enable_user_namespaces", "user_namespace_template"),
)
_HOME_KEEPING_TRAITS: Final = (
    *("storage_pvc_ensure", "handle_legacy_names", "remember_pvc_name", "legacy_escape_*"),
    *("delete_pvc", "user_storage_*"),
)
_ACCESS_TRAITS: Final = (
    *("authenticator_class", "admin_access", "admin_users", "load_roles", "load_groups", "services", "api_tokens"),
    *("service_tokens", "custom_scopes", "trust_user_provided_tokens", "trusted_downstream_ips"),
    *("oauth_token_expires_in", "cookie_max_age_days"),
)
_ACCESS: Final = (
    *_paths("auth", "hub.config.*Authenticator*", "hub.config.*OAuth*", "hub.loadRoles", "hub.services", "rbac"),
    *_hub_config("JupyterHub", _ACCESS_TRAITS),
    *_hub_config("*Spawner", ("oauth_roles", "server_token_scopes", "oauth_client_allowed_scopes")),
    *_paths("hub.adminUsers", "hub.allowedUsers", "hub.authenticatePrometheus"),
)

RULES: Final = (
    Rule(
        Effect.DELETES_DATA,
        "{names}: the hub starts with another database, without the users, admins and tokens of this one.",
        _paths("hub.db"),
        but=_paths("hub.db.pvc.storage", "hub.db.pvc.annotations", "hub.db.upgrade", "hub.db.password"),
    ),
    Rule(
        Effect.DELETES_DATA,
        "{names}: homes are looked for elsewhere or no longer kept, and people find empty ones.",
        (
            *_paths("singleuser.storage.homeMountPath", "fullnameOverride", "nameOverride"),
            *_hub_config("*Spawner", _HOME_KEEPING_TRAITS),
        ),
    ),
    Rule(
        Effect.DELETES_DATA,
        "{names}: homes are looked for under other names, and people find empty ones.",
        (
            *_paths("singleuser.storage.type", "singleuser.storage.static", "singleuser.storage.dynamic.subPath"),
            *_paths("singleuser.storage.dynamic.pvcNameTemplate"),
            *_hub_config("*Spawner", _HOME_NAME_TRAITS),
        ),
        renames_homes,
        moves_homes=True,
    ),
    Rule(
        Effect.DELETES_DATA,
        "{names}: users who are idle are removed from the hub, and their homes with them.",
        _paths("cull.users", "cull.enabled", "cull.timeout", "cull.every", "cull.maxAge", "cull.adminUsers"),
        deletes_idle_users,
    ),
    Rule(
        Effect.DELETES_DATA,
        "{names}: named servers that are idle are removed from the hub, and their homes with them.",
        _paths("cull.removeNamedServers", "cull.enabled", "cull.timeout", "cull.every", "cull.maxAge"),
        removes_named_servers,
    ),
    Rule(
        Effect.DELETES_DATA,
        "{names}: nobody can start a named server any more, or reach its home.",
        (*_paths("hub.allowNamedServers"), *_hub_config("JupyterHub", ("allow_named_servers",))),
        is_turned_off,
    ),
    Rule(
        Effect.RUNS_CODE,
        "{names}: what it says is run by the hub, with everything that the hub may do.",
        _paths(
            *("hub.extraConfig", "hub.extraConfigMap", "hub.command", "hub.args", "hub.extraFiles", "hub.lifecycle"),
            *("hub.initContainers", "hub.extraContainers", "hub.extraPodSpec", "hub.existingSecret", "hub.extraEnv"),
            *("hub.extraVolumes", "hub.extraVolumeMounts", "hub.templatePaths", "hub.services.*.command"),
        ),
    ),
    Rule(
        Effect.RUNS_CODE,
        "{names}: sets something of the hub or its spawner that may run code.",
        _paths("hub.config.*.*", "hub.config"),
        is_unknown_trait,
        but=_ACCESS,
    ),
    Rule(
        Effect.RUNS_CODE,
        "{names}: what it says is run in everybody’s servers, or put into them.",
        _paths(
            *("singleuser.cmd", "singleuser.args", "singleuser.extraFiles", "singleuser.lifecycleHooks"),
            *("singleuser.initContainers", "singleuser.extraContainers", "singleuser.extraPodConfig"),
            *("singleuser.storage.extraVolumes", "singleuser.storage.extraVolumeMounts"),
        ),
    ),
    Rule(
        Effect.RUNS_CODE,
        "{names}: decides which programs everybody’s servers load.",
        _paths("singleuser.extraEnv"),
        changes_loaded_code,
    ),
    Rule(
        Effect.RUNS_CODE,
        "{names}: offers another image, or something else to run, as a profile.",
        _paths("singleuser.profileList"),
        offers_other_code,
    ),
    Rule(
        Effect.RUNS_CODE,
        "{names}: another image than before, from where the bot cannot say what it does.",
        _paths(
            *("hub.image.name", "singleuser.image.name", "*.*.image.name", "*.image.name", "*.*.*.image.name"),
            *("prePuller.extraImages",),
        ),
        is_set,
    ),
    Rule(
        Effect.RUNS_CODE,
        "{names}: with what stands before it, this is the name of another image.",
        _paths("*.image.tag", "*.*.image.tag", "*.*.*.image.tag"),
        names_another_image,
    ),
    Rule(
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
    Rule(Effect.CHANGES_ACCESS, "{names}: decides who may log in, who is an admin and what they may do.", _ACCESS),
    Rule(
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
    Rule(
        Effect.OPENS_NETWORK,
        "{names}: by such labels network policies decide what may be reached.",
        (
            *_paths("singleuser.extraLabels", "hub.labels", "proxy.labels", "proxy.*.labels"),
            *_hub_config("*Spawner", ("extra_labels",)),
        ),
        is_policy_label,
    ),
    Rule(
        Effect.OPENS_NETWORK,
        "{names}: sends people to another address.",
        (*_paths("singleuser.defaultUrl"), *_hub_config("*", ("default_url",))),
        leads_elsewhere,
    ),
    Rule(
        Effect.STOPS_EVERYBODY,
        "{names}: servers count as idle before the hub knows that they are in use, and are ended.",
        _paths("cull.timeout"),
        ends_active_servers,
    ),
    Rule(
        Effect.STOPS_EVERYBODY,
        "{names}: decides on which nodes it can run at all, or how it is reached or replaced.",
        _paths(
            *("hub.nodeSelector", "hub.baseUrl", "hub.deploymentStrategy", "proxy.*.nodeSelector"),
            *("singleuser.nodeSelector", "singleuser.extraNodeAffinity.required"),
        ),
    ),
    Rule(
        Effect.STOPS_EVERYBODY,
        "{names}: where servers may run at all.",
        _hub_config("*Spawner", ("node_selector", "node_affinity_required")),
    ),
    Rule(
        Effect.STOPS_EVERYBODY,
        "{names}: so little that hardly anybody can start a server.",
        (
            *_paths("hub.activeServerLimit", "hub.concurrentSpawnLimit", "singleuser.startTimeout"),
            *_hub_config("JupyterHub", ("active_server_limit", "concurrent_spawn_limit")),
            *_hub_config("*Spawner", ("start_timeout", "http_timeout")),
        ),
        is_tiny_limit,
    ),
    Rule(
        Effect.COSTS_MORE,
        "{names}: each new home gets a far larger disk.",
        (*_paths("singleuser.storage.capacity"), *_hub_config("*Spawner", ("storage_capacity",))),
        is_far_larger,
    ),
    Rule(
        Effect.STOPS_EVERYBODY,
        "{names}: ends servers that people are working on, once they are old enough.",
        _paths("cull.maxAge"),
        ends_servers_by_age,
    ),
)
