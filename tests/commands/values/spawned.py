"""Pods as the real KubeSpawner makes them, of the traits that the chart's values give it."""

import copy
import warnings

from traitlets.config import Config

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from kubernetes_asyncio.client import ApiClient
    from kubespawner import KubeSpawner, spawner

from commands.values.server_pod import USER
from commands.values.spawner_config import Installation

HERE = Installation("jupyterhub", "jhub", "jupyterhub", "4.4.0")


async def real_pod(monkeypatch, traits, options):
    """Return the pod of a start with these options, as it would be sent, without what only a running hub knows."""
    monkeypatch.setattr(spawner, "load_config", lambda **_: None)
    monkeypatch.setattr(spawner, "shared_client", lambda *_: None)
    config = Config()
    config.KubeSpawner = Config({name: one for name, one in copy.deepcopy(traits).items() if one is not None})
    if "allow_privilege_escalation" in traits:
        config.KubeSpawner.allow_privilege_escalation = traits["allow_privilege_escalation"]
    made = KubeSpawner(_mock=True, config=config, user_options=options)
    made.user.name, made.user.id = USER, 1
    for name in ("pod_name", "pvc_name"):
        setattr(made, name, made._expand_user_properties(getattr(made, f"{name}_template")))
    # Without the hub's own variables.
    made.get_env = lambda: dict(made.environment) | made._expand_env(made.environment)
    await made.load_user_options()
    pod = await made.get_pod_manifest()
    return plain(ApiClient.sanitize_for_serialization(ApiClient.__new__(ApiClient), pod))


def plain(pod):
    """Return the pod without what is the same as nothing, what tells versions, and the values of variables."""
    pod = _without_nothing(copy.deepcopy(pod))
    for variable in pod["spec"]["containers"][0].get("env", ()):
        if isinstance(variable.get("value"), str):
            variable["value"] = "text"
    for name in ("kubespawner-version", "jupyterhub-version"):
        pod["metadata"]["annotations"].pop(f"hub.jupyter.org/{name}", None)
    return pod


def _without_nothing(node):
    if isinstance(node, dict):
        return {name: made for name, one in node.items() if (made := _without_nothing(one)) not in (None, {}, [])}
    return [_without_nothing(one) for one in node] if isinstance(node, list) else node
