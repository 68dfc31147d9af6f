"""The JSON models of users and servers in the hub's REST API (JupyterHub 5.5, `jupyterhub/apihandlers/base.py`)."""

from datetime import datetime
from urllib.parse import quote

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.jupyterhub.api_tokens import Token
from sandbox.jupyterhub.users import HubUsers, Server, User


def user_model(users: HubUsers, user: User, token: Token) -> Json:
    """Return a user as the REST API shows them to a token: each field needs a scope."""
    model: Json = {"name": user.name, "kind": "user"}
    if token.allows("read:users"):
        model |= {
            "admin": user.admin,
            "roles": ["admin", "user"] if user.admin else ["user"],
            "groups": sorted(user.groups),
            "created": _written(user.created),
        }
    if token.allows("admin:auth_state"):
        # Nothing of a login is stored unless `enable_auth_state` is on.
        model["auth_state"] = None
    if token.allows("read:users:activity"):
        model["last_activity"] = _written(user.last_activity)
    if token.allows("read:servers"):
        default = user.servers.get("")
        model |= {
            "server": f"/user/{quote(user.name, safe='@')}/" if default and users.is_ready(default) else None,
            "pending": _pending(default, ready=bool(default and users.is_ready(default))),
            "servers": {name: _server_model(users, user, name, server) for name, server in user.servers.items()},
        }
    return model


def _server_model(users: HubUsers, user: User, name: str, server: Server) -> Json:
    ready = users.is_ready(server)
    owner = quote(user.name, safe="@")
    return {
        "name": name,
        "full_name": f"{user.name}/{name}",
        "last_activity": _written(server.last_activity),
        "started": _written(server.started),
        "pending": _pending(server, ready=ready),
        "ready": ready,
        "stopped": False,
        "url": f"/user/{owner}/{name}/" if name else f"/user/{owner}/",
        "user_options": {},
        "progress_url": f"/hub/api/users/{owner}/{f'servers/{name}' if name else 'server'}/progress",
        # Known only to a hub with a `public_url`, which the chart does not set.
        "full_url": None,
        "full_progress_url": None,
    }


def _pending(server: Server | None, *, ready: bool) -> str | None:
    if server is None or (ready and not server.stopping):
        return None
    return "stop" if server.stopping else "spawn"


def _written(moment: datetime | None) -> str | None:
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z" if moment else None
