"""What decides about users' servers and only the hub knows: its own code, hooks, other spawners. Pure."""

from collections.abc import Iterator, Mapping

from commands.values.kubespawner_traits import mapping_at
from commands.values.spawner_config import Installation, value_of


def mentions_spawner(values: Mapping[str, object]) -> bool:
    """Return True if the hub's own code speaks of starting servers."""
    code = value_of(values, "hub.extraConfig")
    return any("spawn" in str(text).lower() for text in code.values()) if isinstance(code, Mapping) else False


def unrendered(values: Mapping[str, object], here: Installation) -> Iterator[str]:
    """Yield what decides about servers and cannot be rendered without the hub, in words that follow "not judged"."""
    hub = mapping_at(values, "hub")
    if code := [str(name) for name, text in mapping_at(hub, "extraConfig").items() if text]:
        yield f"what the code in hub.extraConfig ({_few(code)}) makes of servers"
    files = mapping_at(hub, "extraFiles")
    if any("jupyterhub_config.d" in str(value_of(one, "mountPath")) for one in files.values()):
        yield "what the code in hub.extraFiles makes of servers"
    if hub.get("existingSecret"):
        yield "what the Secret hub.existingSecret adds to the values"
    traits = {**mapping_at(hub.get("config"), "Spawner"), **mapping_at(hub.get("config"), "KubeSpawner")}
    if hooks := [str(name) for name, one in traits.items() if str(name).endswith("_hook") and one]:
        yield f"what {_few(hooks)} of hub.config makes of servers"
    if traits.get("enable_user_namespaces") or traits.get("namespace", here.namespace) != here.namespace:
        yield f"the rules of the namespaces that servers start in: asked was {here.namespace}"


def other_spawner(values: Mapping[str, object]) -> str:
    """Return the hub's spawner class if that is not KubeSpawner, whose pods are known; else an empty string."""
    named = value_of(values, "hub.config.JupyterHub.spawner_class")
    known = (None, "kubespawner", "kubespawner.KubeSpawner", "kubespawner.spawner.KubeSpawner")
    return "" if named in known else str(named)


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > len("abc") else "")
