"""Microsoft Graph, limited to one app registration: its redirect URIs and its client secrets.

Read against Graph v1.0 (application, passwordCredential, servicePrincipal). Reading needs the application permission
Application.Read.All or more; changing needs Application.ReadWrite.OwnedBy and the bot's principal among the owners.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final

from clients.answers import Json, UnreadableError, all_parts, moment, needed, part, text, texts, typed
from clients.azure.identity import Token
from clients.entra.graph import SYSTEM, Graph, unreadable
from clients.entra.secret_policy import SecretPolicy, secret_policy
from clients.errors import NotFound, Rejected, Unavailable

_NEEDS: Final = (
    "the application permission Application.ReadWrite.OwnedBy, and to be an owner of the hub's app registration"
)
_NEEDS_FOR_POLICIES: Final = "the application permission Policy.Read.All to read app management policies"
_GUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SELECTED: Final = "id,appId,displayName,web,passwordCredentials"
_LONGEST_NAME: Final = 120
_LONGEST_MESSAGE: Final = 200
_LONGEST_READ: Final = 4_000
# Graph's codes and words where an app management policy refuses a secret.
_BY_POLICY: Final = "as per assigned policy"
_TOO_LONG: Final = "lifetime"
_GONE: Final = "No password credential found"
_REFUSALS: Final = (HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN)


@dataclass(frozen=True)
class ClientSecret:
    """A client secret as Graph lists it, without its text. Times are UTC.

    `hint` is its first three characters, empty for secrets so old that Graph has none; it is left out of the repr.
    """

    key_id: str
    name: str
    start: datetime
    end: datetime
    hint: str = field(repr=False)

    def days_left(self, now: datetime) -> int:
        """Return the whole days until it expires; negative once it has."""
        return (self.end - now).days

    def may_be(self, text: str) -> bool:
        """Return True if the text may be this secret, as far as its first three characters tell."""
        return not self.hint or text.startswith(self.hint)


@dataclass(frozen=True)
class NewSecret:
    """A secret that has just been created. Graph returns `text` only this once; it is left out of the repr."""

    key_id: str
    text: str = field(repr=False)


@dataclass(frozen=True)
class Application:
    """An app registration. `assigned_only` is True if only people assigned to it may sign in, None if not known."""

    object_id: str
    client_id: str
    name: str
    redirect_uris: tuple[str, ...]
    secrets: tuple[ClientSecret, ...]
    assigned_only: bool | None


class Applications:
    """A client of Graph for app registrations and their secrets.

    Every method takes at most `timeout` seconds and raises Unavailable, and NotFound where no registration has that
    client id; one that changes something raises Rejected where Graph refuses. `now` is the clock by which secrets
    expire.
    """

    def __init__(
        self,
        base_url: str,
        token: Token,
        *,
        timeout: float = 5.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._graph = Graph(base_url, token, needs=_NEEDS, timeout=timeout)
        self._policies = Graph(base_url, token, needs=_NEEDS_FOR_POLICIES, timeout=timeout)
        self._now = now

    async def close(self) -> None:
        """Close the session. The next call opens another."""
        await self._graph.close()
        await self._policies.close()

    async def application(self, client_id: str) -> Application:
        """Return the app registration with that client id."""
        async with self._graph.bounded():
            (status, app), principal = await asyncio.gather(
                self._graph.ask("GET", _app(client_id), {"$select": _SELECTED}), self._assigned_only(client_id)
            )
        if status == HTTPStatus.NOT_FOUND:
            raise _unknown()
        return _application(app, principal)

    async def _assigned_only(self, client_id: str) -> bool | None:
        """Return the setting of the service principal; None where that cannot be read."""
        path = f"/v1.0/servicePrincipals(appId='{client_id}')"
        try:
            _, principal = await self._graph.ask("GET", path, {"$select": "appRoleAssignmentRequired"})
        except Unavailable:
            return None
        found = principal.get("appRoleAssignmentRequired")
        return found if isinstance(found, bool) else None

    async def secret_policy(self, client_id: str) -> SecretPolicy:
        """Return what app management policies say of a new client secret of the registration.

        Reading them needs the application permission Policy.Read.All, which the bot does without: raise Unavailable
        where it has not.
        """
        async with self._policies.bounded():
            (_, tenant), (status, own), (_, app) = await asyncio.gather(
                self._policies.ask("GET", "/v1.0/policies/defaultAppManagementPolicy", {}),
                self._policies.ask("GET", f"{_app(client_id)}/appManagementPolicies", {}),
                self._policies.ask("GET", _app(client_id), {"$select": "id,createdDateTime"}),
            )
        if status == HTTPStatus.NOT_FOUND:
            raise _unknown()
        try:
            return secret_policy(tenant, all_parts(own, "value"), moment(app, "createdDateTime"))
        except UnreadableError:
            raise unreadable() from None

    async def add_secret(self, client_id: str, name: str, life: timedelta) -> NewSecret:
        """Create a client secret that expires after `life`, and return it. Entra accepts it some seconds later.

        Where the answer is lost, the secret may exist nonetheless: look for its name. Raise ValueError for a name
        longer than Graph takes.
        """
        if len(name) > _LONGEST_NAME:
            raise ValueError("a secret's name has at most 120 characters")
        ends = (self._now() + life).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        body = {"passwordCredential": {"displayName": name, "endDateTime": ends}}
        made = await self._change(client_id, "addPassword", body)
        try:
            return NewSecret(needed(made, "keyId"), needed(made, "secretText"))
        except UnreadableError:
            raise unreadable() from None

    async def remove_secret(self, client_id: str, key_id: str) -> bool:
        """Remove a client secret. Return False if there is none of that id (any more)."""
        there = await self.application(client_id)
        if all(one.key_id != key_id for one in there.secrets):
            return False
        try:
            await self._change(client_id, "removePassword", {"keyId": key_id})
        except Rejected as error:
            # Graph's lists may be some seconds old; what changes is not.
            if _GONE in str(error):
                return False
            raise
        return True

    async def _change(self, client_id: str, action: str, body: Json) -> Json:
        also = (HTTPStatus.NO_CONTENT, HTTPStatus.CONFLICT, *_REFUSALS)
        async with self._graph.bounded():
            status, answer = await self._graph.ask("POST", f"{_app(client_id)}/{action}", {}, body, also=also)
        match status:
            case HTTPStatus.NOT_FOUND:
                raise _unknown()
            case HTTPStatus.CONFLICT:
                raise Unavailable(SYSTEM, "is still busy with another change to the app registration: try again")
            case HTTPStatus.BAD_REQUEST | HTTPStatus.FORBIDDEN:
                raise _rejected(status, answer)
        return answer


def _app(client_id: str) -> str:
    """Return the path of the registration. Raise NotFound for a client id that is none."""
    if not _GUID.fullmatch(client_id):
        raise _unknown()
    return f"/v1.0/applications(appId='{client_id}')"


def _unknown() -> NotFound:
    return NotFound("Entra has no app registration with the hub's client id")


def _rejected(status: int, answer: Json) -> Rejected:
    error = part(answer, "error")
    code = text(error, "code") or str(status)
    message = " ".join(text(error, "message")[:_LONGEST_READ].split())[:_LONGEST_MESSAGE]
    if _BY_POLICY in message.lower() or "asperapppolicy" in code.lower():
        return Rejected(SYSTEM, code, f"{SYSTEM} refused: {message or code} {_by_policy(message, code)}")
    if status == HTTPStatus.FORBIDDEN:
        return Rejected(SYSTEM, code, f"{SYSTEM} refused: the bot needs {_NEEDS}.")
    return Rejected(SYSTEM, code, f"{SYSTEM} refused: {message or 'it does not say why'}")


def _by_policy(message: str, code: str) -> str:
    """Return what helps where an app management policy refuses a secret."""
    if _TOO_LONG in f"{message} {code}".lower():
        return "A policy of the organisation allows only shorter ones: /jhub auth rotate --valid 30d, or less."
    return (
        "A policy of the organisation forbids client secrets for this app registration: have it exempted (Entra admin "
        "center, application management policies)."
    )


def _application(app: Json, assigned_only: bool | None) -> Application:
    try:
        return Application(
            object_id=needed(app, "id"),
            client_id=needed(app, "appId"),
            name=text(app, "displayName"),
            redirect_uris=tuple(texts(typed(app, "web", dict, {}), "redirectUris")),
            secrets=tuple(_secret(one) for one in all_parts(app, "passwordCredentials")),
            assigned_only=assigned_only,
        )
    except UnreadableError:
        raise unreadable() from None


def _secret(listed: Json) -> ClientSecret:
    return ClientSecret(
        key_id=needed(listed, "keyId"),
        name=text(listed, "displayName"),
        start=_moment(listed, "startDateTime"),
        end=_moment(listed, "endDateTime"),
        hint=text(listed, "hint"),
    )


def _moment(listed: Json, name: str) -> datetime:
    if (found := moment(listed, name)) is None:
        raise UnreadableError
    return found
