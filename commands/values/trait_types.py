"""Types of the traits that Helm values set, with a check for each: it returns why a value is refused, or nothing. Pure.

Sources: KubeSpawner 7 (spawner.py) and JupyterHub 5 (spawner.py, app.py, auth.py).
"""

from collections.abc import Callable, Mapping
from typing import Final

from commands.values import formats


def _number(value: object) -> str:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return "must be a number of cores without quotation marks or a unit, e.g. 0.5"
    return "must not be negative" if value < 0 else ""


def _integer(value: object) -> str:
    return "" if isinstance(value, int) and not isinstance(value, bool) else "must be a whole number"


def _text(value: object) -> str:
    return "" if isinstance(value, str) else "must be a text"


def _bool(value: object) -> str:
    # traitlets accepts 0 and 1 as well, and True is 1.
    return "" if isinstance(value, int) and value in (0, 1) else "must be true or false"


def _mapping(value: object) -> str:
    return "" if isinstance(value, Mapping) else "must be a mapping of names"


def _list(value: object) -> str:
    return "" if isinstance(value, list) else "must be a list"


def _collection(value: object) -> str:
    return "" if isinstance(value, list | Mapping) else "must be a list"


TRAITS: Final[Mapping[str, Callable[[object], str]]] = {
    **dict.fromkeys(("mem_limit", "mem_guarantee"), formats.memory),
    **dict.fromkeys(("cpu_limit", "cpu_guarantee"), _number),
    "storage_capacity": lambda value: formats.capacity(value) if value else "",
    "image": formats.image,
    **dict.fromkeys(("start_timeout", "http_timeout", "poll_interval", "consecutive_failure_limit", "port"), _integer),
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
OF_HUB: Final[Mapping[str, Callable[[object], str]]] = {
    **dict.fromkeys(("active_server_limit", "concurrent_spawn_limit", "last_activity_interval"), _integer),
    **dict.fromkeys(("allow_named_servers", "redirect_to_server", "shutdown_on_logout", "cleanup_servers"), _bool),
    "authenticate_prometheus": _bool,
}
OF_AUTHENTICATOR: Final[Mapping[str, Callable[[object], str]]] = {
    **dict.fromkeys(("admin_users", "allowed_users", "blocked_users", "scope"), _list),
    **dict.fromkeys(("allow_all", "allow_existing_users", "auto_login", "enable_auth_state"), _bool),
    "manage_groups": _bool,
    **dict.fromkeys(("client_id", "client_secret", "tenant_id", "oauth_callback_url", "login_service"), _text),
}
