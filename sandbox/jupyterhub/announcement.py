"""The announcement on the hub's pages: of a template variable that reads a ConfigMap, or of a service.

The variable is the one of container/config.example.yaml, in a hub that has the ConfigMap mounted. The service is
JupyterHub's example (5.5, examples/service-announcement), in a hub whose values name it.
"""

import json
from collections.abc import Callable
from typing import Final

from aiohttp import web

from sandbox.apiserver.objects.resource_kinds import CONFIG_MAP, Json
from sandbox.apiserver.storage.store import Store
from sandbox.jupyterhub.api_tokens import Token
from sandbox.jupyterhub.config import values_of

_MAP: Final = "jhub-announcement"
_FILE: Final = "announcement.json"
_SERVICE: Final = "announcement"
_SCOPE: Final = f"access:services!service={_SERVICE}"


def shown(store: Store, namespace: str) -> str:
    """Return the markup that the hub's pages show now by the variable, empty for none."""
    volumes = values_of(store, namespace).get("hub", {}).get("extraVolumes") or []
    mounted = any((one.get("configMap") or {}).get("name") == _MAP for one in volumes if isinstance(one, dict))
    found = store.find(CONFIG_MAP, namespace, _MAP) if mounted else None
    if found is None:
        return ""
    try:
        told = json.loads((found.get("data") or {}).get(_FILE, ""))
        return str(told["html"]) if store.clock.now().timestamp() < float(told["until"]) else ""
    except (ValueError, LookupError, TypeError):
        return ""


class AnnouncementRoutes:
    """The routes of the service. `token` returns the request's token, or raises if it lacks a scope."""

    def __init__(self, store: Store, namespace: str, token: Callable[[web.Request, str], Token]) -> None:
        self._store = store
        self._namespace = namespace
        self._token = token
        self._told: Json = {"announcement": "", "timestamp": "", "user": ""}

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        path = f"/services/{_SERVICE}/"
        return [web.get(path, self._get), web.post(path, self._post), web.delete(path, self._delete)]

    async def _get(self, _: web.Request) -> web.StreamResponse:
        self._check_installed()
        return web.json_response(self._told)

    async def _post(self, request: web.Request) -> web.StreamResponse:
        self._check_installed()
        who = self._token(request, _SCOPE)
        content = await request.json()
        self._told = {
            "announcement": content["announcement"],
            "timestamp": self._store.clock.now().isoformat(),
            "user": who.owner.removeprefix("service:"),
        }
        return web.json_response(self._told)

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        self._check_installed()
        self._token(request, _SCOPE)
        self._told = {**self._told, "announcement": ""}
        return web.json_response(self._told)

    def _check_installed(self) -> None:
        services = values_of(self._store, self._namespace).get("hub", {}).get("services") or {}
        if _SERVICE not in services:
            raise web.HTTPNotFound
