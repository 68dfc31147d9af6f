"""What KubeSpawner takes, wherever the values hand it something: `singleuser`, `hub.config` and each profile. Pure.

KubeSpawner 7 (spawner.py) and JupyterHub 5 (spawner.py). A trait that gets a value of another kind ends the start of
each server that it is for; one in `hub.config` ends the hub itself.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from clients.values import Path, dotted
from commands.values import formats as grammar
from commands.values.schema_errors import SchemaViolation, complaint

Given = Mapping[str, tuple[Path, object]]
"""What a server is given: its traits, each with where it stands."""


def _number(value: object) -> str:
    well = isinstance(value, int | float) and not isinstance(value, bool)
    return "" if well else "must be a number of cores without quotation marks or a unit, e.g. 0.5"


def _whole(value: object) -> str:
    return "" if isinstance(value, int) and not isinstance(value, bool) else "must be a whole number"


def _text(value: object) -> str:
    return "" if isinstance(value, str) else "must be a text"


def _bool(value: object) -> str:
    # Traitlets takes 0 and 1 as well, and True is 1.
    return "" if isinstance(value, int) and value in (0, 1) else "must be true or false"


def _mapping(value: object) -> str:
    return "" if isinstance(value, Mapping) else "must be a mapping of names"


def _list(value: object) -> str:
    return "" if isinstance(value, list) else "must be a list"


def _collection(value: object) -> str:
    return "" if isinstance(value, list | Mapping) else "must be a list"


TRAITS: Final[Mapping[str, Callable[[object], str]]] = {
    **dict.fromkeys(("mem_limit", "mem_guarantee"), grammar.memory),
    **dict.fromkeys(("cpu_limit", "cpu_guarantee"), _number),
    "storage_capacity": lambda value: grammar.memory_size(value) if value else "",
    "image": grammar.image,
    **dict.fromkeys(("start_timeout", "http_timeout", "poll_interval", "consecutive_failure_limit", "port"), _whole),
    **dict.fromkeys(("image_pull_policy", "default_url", "notebook_dir", "working_dir", "service_account"), _text),
    **dict.fromkeys(("pod_name_template", "pvc_name_template", "priority_class_name", "scheduler_name"), _text),
    **dict.fromkeys(("storage_class", "namespace"), _text),
    **dict.fromkeys(("privileged", "allow_privilege_escalation", "storage_pvc_ensure", "debug"), _bool),
    **dict.fromkeys(("disable_user_config", "automount_service_account_token", "delete_pvc"), _bool),
    **dict.fromkeys(("node_selector", "extra_labels", "extra_annotations", "environment"), _mapping),
    **dict.fromkeys(("extra_resource_limits", "extra_resource_guarantees", "extra_pod_config"), _mapping),
    **dict.fromkeys(("extra_container_config", "lifecycle_hooks"), _mapping),
    **dict.fromkeys(("args", "supplemental_gids"), _list),
    **dict.fromkeys(("tolerations", "volumes", "volume_mounts", "init_containers", "extra_containers"), _collection),
}
_TEXTS: Final = ("node_selector", "extra_labels", "extra_annotations")
_ENVIRONMENT: Final = "environment"
_QUANTITIES: Final = ("extra_resource_limits", "extra_resource_guarantees")
# Of what KubeSpawner is given, the pair that Kubernetes compares, how much each is, and what to call it.
_PAIRS: Final = (
    ("mem_guarantee", "mem_limit", grammar.in_bytes),
    ("cpu_guarantee", "cpu_limit", grammar.quantity),
)
_OF_CHART: Final = {
    "mem_limit": ("singleuser", "memory", "limit"),
    "mem_guarantee": ("singleuser", "memory", "guarantee"),
    "cpu_limit": ("singleuser", "cpu", "limit"),
    "cpu_guarantee": ("singleuser", "cpu", "guarantee"),
}


OF_HUB: Final[Mapping[str, Callable[[object], str]]] = {
    **dict.fromkeys(("active_server_limit", "concurrent_spawn_limit", "last_activity_interval"), _whole),
    **dict.fromkeys(("allow_named_servers", "redirect_to_server", "shutdown_on_logout", "cleanup_servers"), _bool),
    "authenticate_prometheus": _bool,
}
OF_AUTHENTICATOR: Final[Mapping[str, Callable[[object], str]]] = {
    **dict.fromkeys(("admin_users", "allowed_users", "blocked_users", "scope"), _list),
    **dict.fromkeys(("allow_all", "allow_existing_users", "auto_login", "enable_auth_state"), _bool),
    "manage_groups": _bool,
    **dict.fromkeys(("client_id", "client_secret", "tenant_id", "oauth_callback_url", "login_service"), _text),
}
# Where a profile's settings stand; those of a choice that people type in themselves are made of what they type.
_OVERRIDE: Final = "kubespawner_override"
_TYPED: Final = "{"


def spawner_complaints(values: Mapping[str, object]) -> Iterator[SchemaViolation]:
    """What KubeSpawner, or Kubernetes of its pods, would refuse, in all values with the chart's under them."""
    given = _given(values)
    yield from _traits(given)
    for owner in ("singleuser", "hub"):
        yield from environment((owner, "extraEnv"), _part(values, owner).get("extraEnv"))
    hub_config = _part(_part(values, "hub"), "config")
    for kind, traits in hub_config.items():
        if str(kind).endswith("Spawner") and isinstance(traits, Mapping):
            placed = _placed(traits, ("hub", "config", str(kind)))
            yield from _traits(placed)
            given = _over(given, placed)
    yield from _uneven(given)
    yield from _profiles(_part(values, "singleuser").get("profileList"), ("singleuser", "profileList"), given)
    listed = _part(hub_config, "KubeSpawner").get("profile_list")
    yield from _profiles(listed, ("hub", "config", "KubeSpawner", "profile_list"), given)


def hub_complaints(values: Mapping[str, object]) -> Iterator[SchemaViolation]:
    """What JupyterHub or its authenticator would refuse of `hub.config`, and not start with."""
    for kind, traits in _part(_part(values, "hub"), "config").items():
        known = OF_HUB if kind == "JupyterHub" else OF_AUTHENTICATOR if str(kind).endswith("Authenticator") else {}
        for name, value in traits.items() if isinstance(traits, Mapping) else ():
            if name in known and value is not None and (why := known[name](value)):
                yield complaint(("hub", "config", str(kind), str(name)), why)


def _part(values: object, name: str) -> Mapping[str, object]:
    found = values.get(name) if isinstance(values, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _given(values: Mapping[str, object]) -> Given:
    """What the chart's own names hand to KubeSpawner of memory and processors."""
    made: dict[str, tuple[Path, object]] = {}
    for trait, path in _OF_CHART.items():
        found: object = values
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        if found is not None:
            made[trait] = (path, found)
    return made


def _placed(traits: Mapping[str, object], path: Path) -> Given:
    return {str(name): ((*path, str(name)), one) for name, one in traits.items()}


def _over(given: Given, others: Given) -> Given:
    """What is given, with the others' memory and processors in its place."""
    return {**given, **{name: one for name, one in others.items() if name in _OF_CHART}}


def _traits(given: Given) -> Iterator[SchemaViolation]:
    """What has another kind or form than its trait takes. A null is for the trait's own default."""
    for name, (path, value) in given.items():
        if value is None or name not in TRAITS:
            continue
        if why := TRAITS[name](value):
            yield complaint(path, why)
        elif name in _TEXTS:
            yield from texts(path, value)
        elif name == _ENVIRONMENT:
            yield from environment(path, value)
        elif name in _QUANTITIES:
            yield from quantities(path, value)
        elif name == "tolerations":
            yield from tolerations(path, value)


def _uneven(given: Given, *, among: frozenset[str] = frozenset(_OF_CHART)) -> Iterator[SchemaViolation]:
    """Guarantees above their limits, where one of the two is `among` these: Kubernetes refuses such a pod."""
    for guarantee, limit, amount in _PAIRS:
        if guarantee not in given or limit not in given or not among & {guarantee, limit}:
            continue
        (low, least), (high, most) = given[guarantee], given[limit]
        if (amount(least) or 0) > (amount(most) or math.inf):
            if guarantee in among:
                yield complaint(low, f"is above {dotted(high)}: no server would start with it")
            else:
                yield complaint(high, f"is below {dotted(low)}: no server would start with it")


def _profiles(listed: object, path: Path, given: Given) -> Iterator[SchemaViolation]:
    if not isinstance(listed, list):
        return
    for index, profile in enumerate(listed):
        its = (*path, index)
        if not isinstance(profile, Mapping):
            yield complaint(its, "must be a profile: names such as display_name and kubespawner_override")
            continue
        if not isinstance(profile.get("display_name"), str) and not isinstance(profile.get("slug"), str):
            yield complaint(its, "must have a display_name, which is a text: nobody could start a server without it")
        override, found = _override(profile, its, given)
        yield from found
        yield from _options(profile.get("profile_options"), (*its, "profile_options"), override)


def _override(holder: Mapping[str, object], path: Path, given: Given) -> tuple[Given, list[SchemaViolation]]:
    """What is given to a server with what the profile or choice has in its place, and what is wrong with that."""
    path, own = (*path, _OVERRIDE), holder.get(_OVERRIDE)
    if own is None:
        return given, []
    if not isinstance(own, Mapping):
        return given, [complaint(path, "must be a mapping of names")]
    placed = {
        name: one
        for name, one in _placed(own, path).items()
        if not (path[-2] == "unlisted_choice" and isinstance(one[1], str) and _TYPED in one[1])
    }
    made = _over(given, placed)
    return made, [*_traits(placed), *_uneven(made, among=frozenset(placed))]


def _options(options: object, path: Path, given: Given) -> Iterator[SchemaViolation]:
    if options is None:
        return
    if not isinstance(options, Mapping):
        yield complaint(path, "must be a mapping of names")
        return
    for name, option in options.items():
        its = (*path, str(name))
        if not isinstance(option, Mapping):
            yield complaint(its, "must be an option: names such as display_name and choices")
            continue
        # What the other options set is not known here: their choices are somebody's.
        others = _set_by(one for key, one in options.items() if key != name)
        left = {trait: one for trait, one in given.items() if trait not in others}
        yield from _choices(option, its, left)


def _set_by(options: Iterable[object]) -> set[str]:
    """The traits that choices of these options set."""
    return {
        str(trait)
        for option in options
        for choice in (*_part(option, "choices").values(), _part(option, "unlisted_choice"))
        for trait in _part(choice, _OVERRIDE)
    }


def _choices(option: Mapping[str, object], path: Path, given: Given) -> Iterator[SchemaViolation]:
    choices = option.get("choices")
    if choices is not None and not isinstance(choices, Mapping):
        yield complaint((*path, "choices"), "must be a mapping of names")
        return
    for name, choice in _part(option, "choices").items():
        its = (*path, "choices", str(name))
        if isinstance(choice, Mapping):
            yield from _override(choice, its, given)[1]
        else:
            yield complaint(its, "must be a choice: names such as display_name and kubespawner_override")
    yield from _override(_part(option, "unlisted_choice"), (*path, "unlisted_choice"), given)[1]


def texts(path: Path, held: object) -> Iterator[SchemaViolation]:
    """What of labels, annotations or a selector is no text, which Kubernetes refuses: `true` and `1` among them."""
    for name, value in held.items() if isinstance(held, Mapping) else ():
        if isinstance(value, bool | int | float):
            yield complaint((*path, str(name)), "must be a text: put it in quotation marks")
        elif value is not None and not isinstance(value, str):
            yield complaint((*path, str(name)), "must be a text")


def environment(path: Path, held: object) -> Iterator[SchemaViolation]:
    """What of environment variables is no text, by name or in a list of named ones: each start fails at a number."""
    if isinstance(held, Mapping):
        plain = {name: value for name, value in held.items() if not isinstance(value, Mapping)}
        yield from texts(path, plain)
    for index, one in enumerate(held) if isinstance(held, list) else ():
        if isinstance(one, Mapping):
            yield from texts((*path, index), {"value": one.get("value")})


def quantities(path: Path, held: object) -> Iterator[SchemaViolation]:
    """What of a mapping of resources is no quantity."""
    for name, value in held.items() if isinstance(held, Mapping) else ():
        check = grammar.memory_size if name in ("memory", "storage", "ephemeral-storage") else grammar.size
        if value is not None and (why := check(value)):
            yield complaint((*path, str(name)), why)


_EFFECTS: Final = (None, "", "NoSchedule", "PreferNoSchedule", "NoExecute")
_OPERATORS: Final = (None, "", "Exists", "Equal", "Lt", "Gt")


def tolerations(path: Path, held: object) -> Iterator[SchemaViolation]:
    """What of tolerations Kubernetes would refuse."""
    for index, one in enumerate(held) if isinstance(held, list) else ():
        its = (*path, index)
        if not isinstance(one, Mapping):
            yield complaint(its, "must be a toleration: names such as key, operator and effect")
            continue
        if one.get("effect") not in _EFFECTS:
            yield complaint((*its, "effect"), "must be NoSchedule, PreferNoSchedule or NoExecute")
        if one.get("operator") not in _OPERATORS:
            yield complaint((*its, "operator"), "must be Exists or Equal")
        if one.get("operator") == "Exists" and one.get("value") not in (None, ""):
            yield complaint((*its, "value"), "must be empty where the operator is Exists")
        yield from texts(its, {name: one.get(name) for name in ("key", "value")})
