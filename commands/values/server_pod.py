"""The pod of a user's server, as KubeSpawner makes it of its traits. Pure.

Source: KubeSpawner 7.1 (`spawner.py`, get_pod_manifest; `objects.py`, make_pod). Of environment variables only the
names and types are rendered: Kubernetes judges nothing else of them, and they may be secret.
"""

import re
from collections.abc import Mapping
from string import Formatter
from typing import Any, Final

from commands.values import formats
from commands.values.spawner_config import Traits

Json = dict[str, Any]

# Which is the same by all of KubeSpawner's ways to make names of users' names.
USER: Final = "dryrun"
_NOT_SENT: Final = "not sent to be judged"
_UNDERSCORE: Final = re.compile(r"_([a-z0-9])")
# What snake_case does not tell of a field (kubernetes_asyncio's attribute maps).
_FIELDS: Final = {"host_ipc": "hostIPC", "host_pid": "hostPID", "pod_ip": "podIP"}
_PREFERRED: Final = "preferredDuringSchedulingIgnoredDuringExecution"
_REQUIRED: Final = "requiredDuringSchedulingIgnoredDuringExecution"
_LONGEST_TEMPLATE: Final = 4_096


class UnrenderableError(ValueError):
    """Traits of which KubeSpawner makes no pod: each start ends with an error. The message says why, without values."""


def server_pod(traits: Traits) -> Json:
    """Return the pod as it would be sent to Kubernetes for a user's default server. Raise UnrenderableError."""
    names = _names(traits)
    fill = _Filling(names)
    spec: Json = {
        "restartPolicy": "OnFailure",
        "imagePullSecrets": _pull_secrets(traits.get("image_pull_secrets")),
        "nodeSelector": traits.get("node_selector") or None,
        "securityContext": _pod_security(traits),
        "containers": [_notebook(traits, fill), *_models(fill(traits.get("extra_containers"), "extra_containers"))],
        "tolerations": _models(traits.get("tolerations")) or None,
        "initContainers": _models(fill(traits.get("init_containers"), "init_containers")) or None,
        "volumes": _models(fill(traits.get("volumes"), "volumes")),
        "schedulerName": traits.get("scheduler_name") or None,
        "affinity": _affinity(traits) or None,
        "priorityClassName": traits.get("priority_class_name") or None,
        **_account(traits, fill),
    }
    spec |= _model(fill(traits.get("extra_pod_config"), "extra_pod_config") or {})
    metadata = {"name": names["pod_name"], "labels": _labels(traits, fill), "annotations": _annotations(traits, fill)}
    pod: Json = _named_by_texts({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": _without_none(spec)})
    return pod


def _named_by_texts(node: Any) -> Any:  # noqa: ANN401 - a pod's field is any JSON
    """Return the value as JSON has it: YAML takes numbers as names."""
    if isinstance(node, Mapping):
        return {str(name): _named_by_texts(one) for name, one in node.items()}
    return [_named_by_texts(one) for one in node] if isinstance(node, list) else node


def _names(traits: Traits) -> dict[str, str]:
    """Return what KubeSpawner fills into templates, for a user of the plainest name."""
    named = ("username", "user_server", "unescaped_username", "safe_username", "safe_user_server", "escaped_username")
    namespace = str(traits.get("namespace") or "")
    names = {
        **dict.fromkeys(named, USER),
        **dict.fromkeys(("servername", "unescaped_servername", "safe_servername", "escaped_servername"), ""),
        "escaped_user_server": f"{USER}--",
        "userid": "1",
        "hubnamespace": "user" if namespace == "default" else namespace,
        "namespace": namespace,
    }
    unavailable = {"pod_name": "pod_name_unavailable!", "pvc_name": "pvc_name_unavailable!"}
    for name, template in (("pod_name", "jupyter-{user_server}"), ("pvc_name", "claim-{user_server}")):
        given = traits.get(f"{name}_template") or template
        names[name] = _filled(str(given), {**unavailable, **names}, f"{name}_template")
    return names


class _Filling:
    """The templates in a trait's value, filled in for the user."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def __call__(self, node: Any, trait: str) -> Any:  # noqa: ANN401 - a trait's value is any JSON
        """Return the value with all templates filled in; keys of mappings are none. Raise UnrenderableError."""
        if isinstance(node, Mapping):
            return {name: self(one, trait) for name, one in node.items()}
        if isinstance(node, list):
            return [self(one, trait) for one in node]
        return _filled(node, self._names, trait) if isinstance(node, str) else node


def _filled(template: str, names: Mapping[str, str], trait: str) -> str:
    """Return the template as `str.format` fills it in, without its formats, which could ask for any width."""
    made = []
    try:
        for text, field, _, _ in Formatter().parse(template):
            made.append(text)
            if field is not None:
                made.append(names[re.split(r"[.\[]", field, maxsplit=1)[0]])
    except KeyError as error:
        name = str(error.args[0])
        known = f"“{{{name}}}”" if name.isidentifier() else "what stands in its braces"
        raise UnrenderableError(f"{trait}: KubeSpawner cannot fill in {known}; a brace is written twice") from None
    except ValueError:
        raise UnrenderableError(f"{trait}: KubeSpawner reads braces as a template; each is written twice") from None
    whole = "".join(made)
    return whole if template.endswith("-") else whole.rstrip("-")


def _notebook(traits: Traits, fill: _Filling) -> Json:
    container: Json = {
        "name": "notebook",
        "image": traits.get("image", "quay.io/jupyterhub/singleuser:latest"),
        "workingDir": fill(traits.get("working_dir"), "working_dir"),
        "ports": [{"name": "notebook-port", "containerPort": traits.get("port") or 8888}],
        "env": _environment(traits.get("environment"), fill),
        "args": _command(traits),
        "imagePullPolicy": traits.get("image_pull_policy"),
        "lifecycle": _model(traits["lifecycle_hooks"]) if traits.get("lifecycle_hooks") else None,
        "resources": {
            "requests": _resources(traits, "guarantee"),
            "limits": _resources(traits, "limit"),
        },
        "volumeMounts": _models(fill(traits.get("volume_mounts"), "volume_mounts")),
        "securityContext": _container_security(traits),
    }
    return _without_none(container | _model(traits.get("extra_container_config") or {}))


def _command(traits: Traits) -> list[Any] | None:
    command, given = traits.get("cmd"), traits.get("args")
    if not command:
        return None
    return [*([command] if isinstance(command, str) else command), *(given if isinstance(given, list) else [])]


def _resources(traits: Traits, kind: str) -> Json:
    cpu, memory = traits.get(f"cpu_{kind}"), traits.get(f"mem_{kind}")
    made: Json = {"cpu": cpu} if cpu else {}
    if memory:
        in_bytes = formats.in_bytes(memory)
        made["memory"] = memory if in_bytes is None else int(in_bytes)
    return made | dict(traits.get(f"extra_resource_{kind}s") or {})


def _environment(given: object, fill: _Filling) -> list[Json]:
    """Return the variables, without what their values are."""
    if not isinstance(given, Mapping):
        return []
    filled = {str(name): fill(value, f"environment.{name}") for name, value in given.items()}
    if wrong := [name for name, value in filled.items() if value and not isinstance(value, str | Mapping)]:
        raise UnrenderableError(f"environment.{wrong[0]}: KubeSpawner takes nothing but texts")
    made = [
        {"name": name, **_model(value)} if isinstance(value, Mapping) else {"name": name, "value": value}
        for name, value in sorted(filled.items())
    ]
    return [{**one, "value": _NOT_SENT} if isinstance(one.get("value"), str) else _without_none(one) for one in made]


def _pod_security(traits: Traits) -> Json | None:
    made: Json = {}
    if (group := traits.get("fs_gid")) is not None:
        made["fsGroup"] = group
    if groups := traits.get("supplemental_gids"):
        made["supplementalGroups"] = groups
    return made | dict(traits.get("pod_security_context") or {}) or None


def _container_security(traits: Traits) -> Json | None:
    made: Json = {}
    for trait, field in (("uid", "runAsUser"), ("gid", "runAsGroup")):
        if traits.get(trait) is not None:
            made[field] = traits[trait]
    if traits.get("privileged"):
        made["privileged"] = True
    if (escalation := traits.get("allow_privilege_escalation", False)) is not None:
        made["allowPrivilegeEscalation"] = escalation
    return made | dict(traits.get("container_security_context") or {}) or None


def _account(traits: Traits, fill: _Filling) -> Json:
    account = fill(traits.get("service_account"), "service_account")
    token = traits.get("automount_service_account_token")
    # Nobody's server gets at the API by accident.
    token = False if token is None and account is None else token
    return {"serviceAccountName": account, "automountServiceAccountToken": token}


def _affinity(traits: Traits) -> Json:
    made: Json = {}
    for kind in ("node", "pod", "pod_anti"):
        preferred = _models(traits.get(f"{kind}_affinity_preferred"))
        required = _models(traits.get(f"{kind}_affinity_required"))
        part: Json = {_PREFERRED: preferred} if preferred else {}
        if required:
            part[_REQUIRED] = {"nodeSelectorTerms": required} if kind == "node" else required
        if part:
            made[_camel(f"{kind}_affinity")] = part
    return made


def _labels(traits: Traits, fill: _Filling) -> Json:
    component = traits.get("component_label") or "singleuser-server"
    return {
        "hub.jupyter.org/username": USER,
        **(fill(traits.get("extra_labels"), "extra_labels") or {}),
        **(traits.get("common_labels") or {}),
        **dict.fromkeys(("app.kubernetes.io/component", "component"), component),
        "hub.jupyter.org/servername": "",
    }


def _annotations(traits: Traits, fill: _Filling) -> Json:
    return {"hub.jupyter.org/username": USER, **(fill(traits.get("extra_annotations"), "extra_annotations") or {})}


def _pull_secrets(given: object) -> list[Json] | None:
    if given is None:
        return None
    named = given if isinstance(given, list) else [given]
    return [{"name": one} if isinstance(one, str) else _model(one) for one in named]


def _models(given: object) -> list[Any]:
    """Return the items of a list, or of a mapping in the order of its keys, each as Kubernetes' model of it."""
    if isinstance(given, Mapping):
        given = [given[name] for name in sorted(given, key=str)]
    return [_model(one) for one in given] if isinstance(given, list) else []


def _model(given: Any) -> Any:  # noqa: ANN401 - see above
    """Return an object whose names may be Python's, as KubeSpawner takes them at the top of each object alone."""
    if not isinstance(given, Mapping):
        return given
    return {_camel(str(name)): one for name, one in given.items()}


def _camel(name: str) -> str:
    return _FIELDS.get(name) or _UNDERSCORE.sub(lambda found: found[1].upper(), name)


def _without_none(given: Json) -> Json:
    return {name: one for name, one in given.items() if one is not None}
