"""Signing in at the hub, as oauthenticator 17's AzureAdOAuthenticator does it under JupyterHub 5.5.

The hub reads its configuration once, when its pod starts. What somebody puts into the release counts from the next
start on; with a client secret that Entra does not take (any more), every login ends at the callback.
"""

import base64
import secrets
from collections.abc import Callable
from typing import Final
from urllib.parse import urlencode

import yaml
from aiohttp import web

from sandbox.apiserver.objects.resource_kinds import POD, SECRET, Json
from sandbox.apiserver.storage.store import Store
from sandbox.entra.applications import CLIENT_ID
from sandbox.entra.people import TENANT

_CLASSES: Final = ("AzureAdOAuthenticator", "OAuthenticator")


class SignIn:
    """The two routes. `accepts` says whether Entra takes a client's secret; `run` notices when the hub is restarted."""

    def __init__(self, store: Store, namespace: str, host: str, accepts: Callable[[str, str], bool]) -> None:
        self._store = store
        self._namespace = namespace
        self._host = host
        self._accepts = accepts
        self._started: dict[str, Json] = {}

    def routes(self) -> list[web.RouteDef]:
        """For the hub's application."""
        return [web.get("/hub/oauth_login", self._login), web.get("/hub/oauth_callback", self._callback)]

    async def run(self) -> None:
        """Notice each hub that starts, until cancelled."""
        with self._store.subscribe(POD) as changes:
            async for change in changes:
                if _is_hub(change.obj):
                    self._look()

    def _look(self) -> Json:
        """The configuration that the newest hub was started with; what a hub that is gone knew is forgotten."""
        pods = [pod for pod in self._store.list(POD, self._namespace) if _is_hub(pod)]
        uids = [pod["metadata"]["uid"] for pod in sorted(pods, key=lambda pod: pod["metadata"]["creationTimestamp"])]
        self._started = {uid: self._started.get(uid) or self._installed() for uid in uids}
        return self._started[uids[-1]] if uids else self._installed()

    def _installed(self) -> Json:
        secret = self._store.find(SECRET, self._namespace, "hub")
        if secret is None or "values.yaml" not in secret.get("data", {}):
            return {}
        values: Json = yaml.safe_load(base64.b64decode(secret["data"]["values.yaml"]))
        config = values["hub"].get("config") or {}
        return {name: value for one in reversed(_CLASSES) for name, value in (config.get(one) or {}).items()}

    async def _login(self, _: web.Request) -> web.StreamResponse:
        config = self._look()
        query = urlencode(
            {
                "response_type": "code",
                "redirect_uri": config.get("oauth_callback_url") or f"https://{self._host}/hub/oauth_callback",
                "client_id": config.get("client_id") or CLIENT_ID,
                "state": secrets.token_urlsafe(16),
            }
        )
        tenant = config.get("tenant_id") or TENANT
        raise web.HTTPFound(f"https://login.microsoftonline.com/{tenant}/oauth2/authorize?{query}")

    async def _callback(self, request: web.Request) -> web.StreamResponse:
        """Where Entra sends people back to. Nobody has a code of the sandbox's: at best a login is refused."""
        if not request.query.get("code"):
            raise web.HTTPBadRequest(reason="OAuth callback made without a code")
        config = self._look()
        if not self._accepts(str(config.get("client_id") or ""), str(config.get("client_secret") or "")):
            # The exchange of the code fails, which oauthenticator does not catch.
            raise web.HTTPInternalServerError
        raise web.HTTPForbidden(reason="Sorry, you are not currently authorized to use this hub.")


def _is_hub(pod: Json) -> bool:
    return bool(pod["metadata"].get("labels", {}).get("component") == "hub")
