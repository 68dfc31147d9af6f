"""Microsoft Graph v1.0, as far as app registrations go: their passwords, which expire, and who may change them.

Shapes and refusals are Graph's (resource types application, passwordCredential, servicePrincipal). A password's text
is answered once, by `addPassword`; Entra accepts it some seconds later.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import NAMESPACE_URL, uuid4, uuid5

from aiohttp import web

from sandbox.apiserver.objects.json_objects import timestamp
from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.clock import Clock
from sandbox.entra.graph import field_of, refusal
from sandbox.http.outage import hang_up

CLIENT_ID: Final = "0f5a7c1e-3b2d-4e6f-8a9b-1c2d3e4f5a6b"
BOT: Final = str(uuid5(NAMESPACE_URL, "https://hub.example.org/principals/jhub-bot"))
# Entra needs up to a minute until every one of its servers knows a new password.
SETTLING: Final = timedelta(seconds=2)
_DEFAULT_LIFE: Final = timedelta(days=730)
_LONGEST_NAME: Final = 120
_APP: Final = "/v1.0/applications(appId='{app}')"
_PRINCIPAL: Final = "/v1.0/servicePrincipals(appId='{app}')"


@dataclass
class Password:
    """A client secret. Only what accepts logins ever looks at `text`."""

    name: str | None
    start: datetime
    end: datetime
    text: str = field(repr=False)
    added: datetime | None = None
    key_id: str = field(default_factory=lambda: str(uuid4()))

    def told(self, *, text: bool = False) -> Json:
        """As Graph shows it."""
        return {
            "customKeyIdentifier": None,
            "displayName": self.name,
            "endDateTime": timestamp(self.end),
            "hint": self.text[:3],
            "keyId": self.key_id,
            "secretText": self.text if text else None,
            "startDateTime": timestamp(self.start),
        }


@dataclass
class Application:
    """An app registration with its service principal. `owners` are object ids; `assigned_only` the principal's."""

    app_id: str
    name: str
    redirect_uris: list[str]
    passwords: list[Password]
    owners: set[str] = field(default_factory=lambda: {BOT})
    assigned_only: bool = False

    @property
    def id(self) -> str:
        """The object id, which is not the client id."""
        return str(uuid5(NAMESPACE_URL, f"https://hub.example.org/applications/{self.app_id}"))

    def told(self) -> Json:
        """As Graph shows it."""
        return {
            "id": self.id,
            "appId": self.app_id,
            "displayName": self.name,
            "signInAudience": "AzureADMyOrg",
            "web": {"redirectUris": list(self.redirect_uris), "logoutUrl": None},
            "passwordCredentials": [one.told() for one in self.passwords],
        }

    def principal(self) -> Json:
        """Its service principal, as Graph shows it."""
        return {
            "id": str(uuid5(NAMESPACE_URL, f"https://hub.example.org/principals/{self.app_id}")),
            "appId": self.app_id,
            "displayName": self.name,
            "accountEnabled": True,
            "appRoleAssignmentRequired": self.assigned_only,
        }


class Applications:
    """The tenant's app registrations. `lose_answers` lets so many changes be made whose answer never arrives."""

    def __init__(self, clock: Clock, known: Iterable[Application]) -> None:
        self.known = {app.app_id: app for app in known}
        self.settling = SETTLING
        self.lose_answers = 0
        self._clock = clock

    def accepts(self, app_id: str, secret: str) -> bool:
        """Whether Entra takes this secret for the app now."""
        app, now = self.known.get(app_id), self._clock.now()
        return app is not None and any(
            one.text == secret and one.start <= now < one.end and (one.added is None or now - one.added > self.settling)
            for one in app.passwords
        )

    def expired(self, app_id: str, secret: str) -> bool:
        """Whether it is one of the app's secrets whose time is over."""
        now = self._clock.now()
        return any(one.text == secret and one.end <= now for one in self.known[app_id].passwords)

    def routes(self) -> list[web.RouteDef]:
        """For `Graph.app`."""
        by_id = "/v1.0/applications/{id}"
        return [
            web.get("/v1.0/applications", self._list),
            web.get(_PRINCIPAL, self._principal),
            *(web.get(path, self._show) for path in (_APP, by_id)),
            *(web.post(f"{path}/addPassword", self._add) for path in (_APP, by_id)),
            *(web.post(f"{path}/removePassword", self._remove) for path in (_APP, by_id)),
            web.put("/_sandbox/applications", self._meddle),
        ]

    async def _list(self, request: web.Request) -> web.StreamResponse:
        wanted = request.query.get("$filter", "")
        found = [app for app in self.known.values() if not wanted or wanted == f"appId eq '{app.app_id}'"]
        return web.json_response({"value": [_selected(request, app.told()) for app in found]})

    async def _show(self, request: web.Request) -> web.StreamResponse:
        app = self._find(request)
        return _unknown(request) if app is None else web.json_response(_selected(request, app.told()))

    async def _principal(self, request: web.Request) -> web.StreamResponse:
        app = self._find(request)
        return _unknown(request) if app is None else web.json_response(_selected(request, app.principal()))

    async def _add(self, request: web.Request) -> web.StreamResponse:
        app = self._find(request)
        if app is None:
            return _unknown(request)
        if BOT not in app.owners:
            return _denied()
        now = self._clock.now()
        try:
            made = _password(await field_of(request, "passwordCredential"), now)
        except ValueError as error:
            return refusal(400, "Request_BadRequest", str(error))
        app.passwords.append(made)
        return self._lost(request) or web.json_response(made.told(text=True))

    async def _remove(self, request: web.Request) -> web.StreamResponse:
        app = self._find(request)
        if app is None:
            return _unknown(request)
        if BOT not in app.owners:
            return _denied()
        key_id = await field_of(request, "keyId")
        if not any(one.key_id == key_id for one in app.passwords):
            return refusal(400, "Request_BadRequest", f"No password credential found with keyId '{key_id}'.")
        app.passwords = [one for one in app.passwords if one.key_id != key_id]
        return self._lost(request) or web.Response(status=204)

    async def _meddle(self, request: web.Request) -> web.StreamResponse:
        """Somebody takes the bot's ownership of all apps away, or gives it back."""
        owned = await field_of(request, "owned")
        for app in self.known.values():
            app.owners = {BOT} if owned else set()
        return web.json_response({"owned": bool(owned)})

    def _lost(self, request: web.Request) -> web.StreamResponse | None:
        if self.lose_answers <= 0:
            return None
        self.lose_answers -= 1
        return hang_up(request)

    def _find(self, request: web.Request) -> Application | None:
        given = request.match_info
        if "app" in given:
            return self.known.get(given["app"].lower())
        return next((app for app in self.known.values() if app.id == given["id"].lower()), None)


def registered(clock: Clock, host: str, secret: str) -> Applications:
    """The hub's registration: the secret that the hub runs with, which expires in 157 days, and one long expired."""
    now = clock.now()
    in_use = Password("hub", now - timedelta(days=23), now + timedelta(days=157, hours=5), secret)
    past = Password("trial", now - timedelta(days=400), now - timedelta(days=35), made_up())
    callback = f"https://{host}/hub/oauth_callback"
    return Applications(clock, [Application(CLIENT_ID, "JupyterHub", [callback], [past, in_use], assigned_only=True)])


def made_up() -> str:
    """A secret in the form that Entra gives them: 40 characters, a mark of the version behind the first three."""
    return f"{secrets.token_urlsafe(3)[:3]}8Q~{secrets.token_urlsafe(34)[:34]}"


def _password(given: object, now: datetime) -> Password:
    wanted = given if isinstance(given, dict) else {}
    name, ends = wanted.get("displayName"), wanted.get("endDateTime")
    if name is not None and (not isinstance(name, str) or len(name) > _LONGEST_NAME):
        raise ValueError("Invalid value specified for property 'displayName' of resource 'PasswordCredential'.")
    end = datetime.fromisoformat(ends) if isinstance(ends, str) else now + _DEFAULT_LIFE
    if end <= now:
        raise ValueError("Credential lifetime: the end date must be later than the start date.")
    return Password(name, now, end, made_up(), now)


def _selected(request: web.Request, whole: Json) -> Json:
    wanted = request.query.get("$select", "")
    return {name: whole[name] for name in wanted.split(",") if name in whole} if wanted else whole


def _unknown(request: web.Request) -> web.Response:
    name = request.match_info.get("app") or request.match_info["id"]
    message = f"Resource '{name}' does not exist or one of its queried reference-property objects are not present."
    return refusal(404, "Request_ResourceNotFound", message)


def _denied() -> web.Response:
    return refusal(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
