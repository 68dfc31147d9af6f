"""Signing in at the hub, as oauthenticator 17's AzureAdOAuthenticator does it under JupyterHub 5.5.

The hub reads its configuration once, when its pod starts. A change of the release counts from the next start on; with
a client secret that Entra does not accept (any more), every login ends at the callback.
"""

import base64
from collections.abc import Callable
from typing import Final

import yaml

from sandbox.apiserver.objects.resource_kinds import POD, SECRET, Json
from sandbox.apiserver.storage.store import Store
from sandbox.jupyterhub.hub_log import HubLog

_CLASSES: Final = ("AzureAdOAuthenticator", "OAuthenticator")


class SignIn:
    """The configuration of the login, by hub pod. `accepts` is Entra's check of a client id and its secret."""

    def __init__(
        self, store: Store, namespace: str, host: str, accepts: Callable[[str, str], bool], log: HubLog | None = None
    ) -> None:
        self._store = store
        self._namespace = namespace
        self.host = host
        self.accepts = accepts
        self.log = log or HubLog(store.clock)
        self._by_pod: dict[str, Json] = {}

    async def run(self) -> None:
        """Read the configuration for each hub pod that starts, until cancelled."""
        with self._store.subscribe(POD) as changes:
            async for change in changes:
                if _is_hub(change.obj):
                    self.config()

    def config(self) -> Json:
        """Return the configuration that the newest hub pod was started with, and forget those of pods that are gone."""
        pods = [pod for pod in self._store.list(POD, self._namespace) if _is_hub(pod)]
        uids = [pod["metadata"]["uid"] for pod in sorted(pods, key=lambda pod: pod["metadata"]["creationTimestamp"])]
        self._by_pod = {uid: self._by_pod.get(uid) or self._installed() for uid in uids}
        return self._by_pod[uids[-1]] if uids else self._installed()

    def _installed(self) -> Json:
        secret = self._store.find(SECRET, self._namespace, "hub")
        if secret is None or "values.yaml" not in secret.get("data", {}):
            return {}
        values: Json = yaml.safe_load(base64.b64decode(secret["data"]["values.yaml"]))
        config = values["hub"].get("config") or {}
        return {name: value for one in reversed(_CLASSES) for name, value in (config.get(one) or {}).items()}


def _is_hub(pod: Json) -> bool:
    return bool(pod["metadata"].get("labels", {}).get("component") == "hub")
