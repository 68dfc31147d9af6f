"""The traits that the chart gives to KubeSpawner, by its Helm values. Pure.

Source: z2jh 4.4, `files/hub/jupyterhub_config.py` and `templates/_helpers-names.tpl`. What `hub.extraConfig` adds is
Python, which only the hub can run.
"""

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from commands.values.kubespawner_traits import mapping_at

Traits = dict[str, Any]

_UNDERSCORE: Final = re.compile(r"_([a-z])")
# The traits that the chart sets from `singleuser`, and their paths there where the names differ.
_SINGLEUSER: Final = {
    "pod_name_template": "",
    "image_pull_policy": "image.pullPolicy",
    "extra_labels": "",
    "extra_annotations": "",
    "uid": "",
    "fs_gid": "",
    "service_account": "serviceAccountName",
    "node_selector": "",
    "node_affinity_required": "extraNodeAffinity.required",
    "node_affinity_preferred": "extraNodeAffinity.preferred",
    "pod_affinity_required": "extraPodAffinity.required",
    "pod_affinity_preferred": "extraPodAffinity.preferred",
    "pod_anti_affinity_required": "extraPodAntiAffinity.required",
    "pod_anti_affinity_preferred": "extraPodAntiAffinity.preferred",
    "lifecycle_hooks": "",
    "init_containers": "",
    "extra_containers": "",
    "mem_limit": "memory.limit",
    "mem_guarantee": "memory.guarantee",
    "cpu_limit": "cpu.limit",
    "cpu_guarantee": "cpu.guarantee",
    "extra_resource_limits": "extraResource.limits",
    "extra_resource_guarantees": "extraResource.guarantees",
    "environment": "extraEnv",
    "profile_list": "",
    "extra_pod_config": "",
}
_PURPOSE: Final = {"matchExpressions": [{"key": "hub.jupyter.org/node-purpose", "operator": "In", "values": ["user"]}]}


@dataclass(frozen=True)
class Installation:
    """What the chart's templates know beside the values."""

    release: str
    namespace: str
    chart: str
    version: str


def spawner_traits(values: Mapping[str, object], here: Installation) -> Traits:
    """Return the traits by name. `values` are merged with the chart's defaults.

    A value of a type that the chart does not take is passed on as it is, or left out.
    """
    made: Traits = {"common_labels": _common_labels(values, here), "namespace": here.namespace}
    for trait, path in _SINGLEUSER.items():
        value = value_of(values, f"singleuser.{path or _camel(trait)}")
        if value is not None:
            made[trait] = deepcopy(value)
    made["allow_privilege_escalation"] = value_of(values, "singleuser.allowPrivilegeEscalation")
    for add in (_image, _scheduling, _storage, _metadata_block):
        add(made, values, here)
    # What is set for KubeSpawner, by the chart as well, goes before what is set for Spawner, which it extends.
    config, command = value_of(values, "hub.config"), value_of(values, "singleuser.cmd")
    made = {"cmd": command, **deepcopy(dict(mapping_at(config, "Spawner"))), **made}
    return made | deepcopy(dict(mapping_at(config, "KubeSpawner")))


def value_of(values: object, path: str) -> Any:  # noqa: ANN401 - a Helm value is any JSON
    """Return the value at a dotted path, None without one."""
    for name in path.split("."):
        values = values.get(name) if isinstance(values, Mapping) else None
    return values


def chart_name(values: Mapping[str, object], here: Installation, name: str, *, cluster: str = "") -> str:
    """Return an object's name as the chart makes it. `cluster` is its name where it belongs to the whole cluster."""
    full = value_of(values, "fullnameOverride")
    if full is None:
        chart = str(value_of(values, "nameOverride") or here.chart)
        full = here.release if chart in here.release else f"{here.release}-{chart}"
    if cluster and not full:
        return f"{here.release}-{cluster}"
    return "-".join(filter(None, (str(full), name)))


def _camel(name: str) -> str:
    return _UNDERSCORE.sub(lambda found: found[1].upper(), name)


def _common_labels(values: Mapping[str, object], here: Installation) -> dict[str, str]:
    name = str(value_of(values, "nameOverride") or here.chart)
    chart = f"{here.chart}-{here.version.replace('+', '_')}"
    return {
        **dict.fromkeys(("app", "app.kubernetes.io/name"), name),
        **dict.fromkeys(("release", "app.kubernetes.io/instance"), here.release),
        **dict.fromkeys(("chart", "helm.sh/chart"), chart),
        "app.kubernetes.io/managed-by": "kubespawner",
    }


def _image(made: Traits, values: Mapping[str, object], here: Installation) -> None:
    if name := value_of(values, "singleuser.image.name"):
        tag = value_of(values, "singleuser.image.tag")
        made["image"] = f"{name}:{tag}" if tag else name
    secrets = [chart_name(values, here, "image-pull-secret")] if _injected(values) else []
    secrets += _listed(value_of(values, "imagePullSecrets")) + _listed(value_of(values, "singleuser.image.pullSecrets"))
    if secrets:
        made["image_pull_secrets"] = secrets


def _injected(values: Mapping[str, object]) -> bool:
    given = mapping_at(values, "imagePullSecret")
    return bool(given.get("automaticReferenceInjection") and given.get("create"))


def _scheduling(made: Traits, values: Mapping[str, object], here: Installation) -> None:
    if value_of(values, "scheduling.userScheduler.enabled"):
        made["scheduler_name"] = chart_name(values, here, "user-scheduler", cluster="user-scheduler")
    if value_of(values, "scheduling.podPriority.enabled"):
        made["priority_class_name"] = chart_name(values, here, "", cluster="default-priority")
    match value_of(values, "scheduling.userPods.nodeAffinity.matchNodePurpose"):
        case "prefer":
            preferred = {"weight": 100, "preference": deepcopy(_PURPOSE)}
            made["node_affinity_preferred"] = [*_listed(made.get("node_affinity_preferred")), preferred]
        case "require":
            made["node_affinity_required"] = [*_listed(made.get("node_affinity_required")), deepcopy(_PURPOSE)]
    common, extra = value_of(values, "scheduling.userPods.tolerations"), value_of(values, "singleuser.extraTolerations")
    if tolerations := _listed(common) + _listed(extra):
        made["tolerations"] = tolerations


def _storage(made: Traits, values: Mapping[str, object], here: Installation) -> None:
    volumes: dict[str, Any] = {}
    mounts: dict[str, Any] = {}
    for add in (_home, _files, _extra):
        add(made, values, here, volumes, mounts)
    made["volumes"], made["volume_mounts"] = volumes, mounts


def _home(
    made: Traits, values: Mapping[str, object], _here: Installation, volumes: dict[str, Any], mounts: dict[str, Any]
) -> None:
    match value_of(values, "singleuser.storage.type"):
        case "dynamic":
            if template := value_of(values, "singleuser.storage.dynamic.pvcNameTemplate"):
                made["pvc_name_template"] = template
            name, claim = value_of(values, "singleuser.storage.dynamic.volumeNameTemplate"), "{pvc_name}"
        case "static":
            name, claim = "home", value_of(values, "singleuser.storage.static.pvcName")
        case _:
            return
    kind = value_of(values, "singleuser.storage.type")
    volumes[str(name)] = {"name": name, "persistentVolumeClaim": {"claimName": claim}}
    mounts[str(name)] = {
        "mountPath": value_of(values, "singleuser.storage.homeMountPath"),
        "name": name,
        "subPath": value_of(values, f"singleuser.storage.{kind}.subPath"),
    }


def _files(
    _made: Traits, values: Mapping[str, object], here: Installation, volumes: dict[str, Any], mounts: dict[str, Any]
) -> None:
    files = mapping_at(value_of(values, "singleuser"), "extraFiles")
    if not files:
        return
    items = [{"key": name, "path": name, **_mode(one)} for name, one in files.items()]
    secret = {"secretName": chart_name(values, here, "singleuser"), "items": items}
    volumes["files"] = {"name": "files", "secret": secret}
    for number, (name, one) in enumerate(files.items()):
        mounts[f"{number}-files"] = {"mountPath": value_of(one, "mountPath"), "subPath": name, "name": "files"}


def _mode(file: object) -> dict[str, object]:
    return {"mode": file["mode"]} if isinstance(file, Mapping) and "mode" in file else {}


def _extra(
    _made: Traits, values: Mapping[str, object], _here: Installation, volumes: dict[str, Any], mounts: dict[str, Any]
) -> None:
    volumes |= _by_key(value_of(values, "singleuser.storage.extraVolumes"), lambda _, one: str(value_of(one, "name")))
    mounts |= _by_key(
        value_of(values, "singleuser.storage.extraVolumeMounts"), lambda n, one: f"{n}-{value_of(one, 'name')}"
    )


def _by_key(given: object, key: Callable[[int, object], str]) -> dict[str, Any]:
    if isinstance(given, Mapping):
        return deepcopy(dict(given))
    return {key(number, one): deepcopy(one) for number, one in enumerate(_listed(given))}


def _metadata_block(made: Traits, values: Mapping[str, object], _here: Installation) -> None:
    """Add the container that keeps servers from the cloud's metadata, which needs privileges."""
    if value_of(values, "singleuser.cloudMetadata.blockWithIptables") is not True:
        return
    tools = value_of(values, "singleuser.networkTools")
    rule = ("OUTPUT", "--protocol", "tcp", "--destination", value_of(values, "singleuser.cloudMetadata.ip"))
    container = {
        "name": "block-cloud-metadata",
        "image": f"{value_of(tools, 'image.name')}:{value_of(tools, 'image.tag')}",
        "command": ["iptables", "--append", *rule, "--destination-port", "80", "--jump", "DROP"],
        "securityContext": {"privileged": True, "runAsUser": 0, "capabilities": {"add": ["NET_ADMIN"]}},
        "resources": value_of(tools, "resources"),
    }
    made["init_containers"] = [*_listed(made.get("init_containers")), container]


def _listed(value: object) -> list[Any]:
    return deepcopy(value) if isinstance(value, list) else []
