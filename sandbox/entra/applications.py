"""App registrations: their passwords, which expire, and their owners, who may change them.

The resource types are Graph's application, passwordCredential and servicePrincipal. Entra accepts a new password some
seconds after it was added.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import NAMESPACE_URL, uuid4, uuid5

from sandbox.apiserver.objects.json_objects import timestamp
from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.clock import Clock
from sandbox.entra.app_policies import check_allowed

CLIENT_ID: Final = "0f5a7c1e-3b2d-4e6f-8a9b-1c2d3e4f5a6b"
BOT: Final = str(uuid5(NAMESPACE_URL, "https://hub.example.org/principals/jhub-bot"))
# Entra needs up to a minute until every one of its servers knows a new password.
SETTLING: Final = timedelta(seconds=2)
_DEFAULT_LIFE: Final = timedelta(days=730)
_LONGEST_NAME: Final = 120


@dataclass
class Password:
    """A client secret. Only the check of a login reads `text`."""

    name: str | None
    start: datetime
    end: datetime
    text: str = field(repr=False)
    added: datetime | None = None
    key_id: str = field(default_factory=lambda: str(uuid4()))

    def model(self, *, text: bool = False) -> Json:
        """Return the object as Graph shows it."""
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
    """An app registration with its service principal.

    `owners` are object ids; `assigned_only` is the principal's `appRoleAssignmentRequired`.
    """

    app_id: str
    name: str
    redirect_uris: list[str]
    passwords: list[Password]
    owners: set[str] = field(default_factory=lambda: {BOT})
    assigned_only: bool = False
    created: datetime | None = None
    policies: list[Json] = field(default_factory=list)
    """The app management policies that are assigned to it, as Graph shows them."""

    @property
    def id(self) -> str:
        """The object id, which is not the client id."""
        return str(uuid5(NAMESPACE_URL, f"https://hub.example.org/applications/{self.app_id}"))

    def model(self) -> Json:
        """Return the object as Graph shows it."""
        return {
            "id": self.id,
            "appId": self.app_id,
            "createdDateTime": timestamp(self.created) if self.created else None,
            "displayName": self.name,
            "signInAudience": "AzureADMyOrg",
            "web": {"redirectUris": list(self.redirect_uris), "logoutUrl": None},
            "passwordCredentials": [one.model() for one in self.passwords],
        }

    def principal(self) -> Json:
        """Return the service principal as Graph shows it."""
        return {
            "id": str(uuid5(NAMESPACE_URL, f"https://hub.example.org/principals/{self.app_id}")),
            "appId": self.app_id,
            "displayName": self.name,
            "accountEnabled": True,
            "appRoleAssignmentRequired": self.assigned_only,
        }


class Applications:
    """The tenant's app registrations. `lose_answers` is the number of changes to make whose responses never arrive."""

    def __init__(self, clock: Clock, apps: Iterable[Application]) -> None:
        self.by_app_id = {app.app_id: app for app in apps}
        self.settling = SETTLING
        self.lose_answers = 0
        self.policy: Json = {"isEnabled": False}
        self.policies_readable = False
        self._clock = clock

    def accepts(self, app_id: str, secret: str) -> bool:
        """Return True if Entra accepts this secret for the app now."""
        app, now = self.by_app_id.get(app_id), self._clock.now()
        return app is not None and any(
            one.text == secret and one.start <= now < one.end and (one.added is None or now - one.added > self.settling)
            for one in app.passwords
        )

    def expired(self, app_id: str, secret: str) -> bool:
        """Return True if it is a secret of the app that has expired. Raise KeyError for an unknown app."""
        now = self._clock.now()
        return any(one.text == secret and one.end <= now for one in self.by_app_id[app_id].passwords)

    def find(self, *, app_id: str = "", object_id: str = "") -> Application | None:
        """Return the app with this client id, else the one with this object id; None if there is none."""
        if app_id:
            return self.by_app_id.get(app_id.lower())
        return next((app for app in self.by_app_id.values() if app.id == object_id.lower()), None)

    def add_password(self, app: Application, credential: object) -> Password:
        """Add a client secret as a passwordCredential describes it.

        Raise PolicyError where an app management policy refuses it, ValueError for what else Graph refuses.
        """
        made = _password(credential, self._clock.now())
        check_allowed(app.created, app.policies, self.policy, made.end - made.start)
        app.passwords.append(made)
        return made


def registered(clock: Clock, host: str, secret: str) -> Applications:
    """Return the hub's registration: its secret in use, which expires in 157 days, and one that is long expired."""
    now = clock.now()
    in_use = Password("hub", now - timedelta(days=23), now + timedelta(days=157, hours=5), secret)
    past = Password("trial", now - timedelta(days=400), now - timedelta(days=35), made_up())
    callback = f"https://{host}/hub/oauth_callback"
    hub = Application(CLIENT_ID, "JupyterHub", [callback], [past, in_use], assigned_only=True)
    hub.created = now - timedelta(days=400)
    return Applications(clock, [hub])


def made_up() -> str:
    """Return a secret in Entra's form: 40 characters, with a mark of the version after the first three."""
    return f"{secrets.token_urlsafe(3)[:3]}8Q~{secrets.token_urlsafe(34)[:34]}"


def _password(credential: object, now: datetime) -> Password:
    wanted = credential if isinstance(credential, dict) else {}
    name, ends = wanted.get("displayName"), wanted.get("endDateTime")
    if name is not None and (not isinstance(name, str) or len(name) > _LONGEST_NAME):
        raise ValueError("Invalid value specified for property 'displayName' of resource 'PasswordCredential'.")
    end = datetime.fromisoformat(ends) if isinstance(ends, str) else now + _DEFAULT_LIFE
    if end <= now:
        raise ValueError("Credential lifetime: the end date must be later than the start date.")
    return Password(name, now, end, made_up(), now)
