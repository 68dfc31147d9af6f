"""The hub's login page: its redirect to Entra, and a check of the hub's client secret against Entra.

Read against JupyterHub 5 with oauthenticator 17 (`/hub/oauth_login` redirects to the tenant's authorize endpoint) and
Entra's token endpoint v2.0 (client credentials: RFC 6749, 4.4; refusals are AADSTS codes).
"""

import asyncio
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from yarl import URL

from clients.answers import if_object, text
from clients.errors import Unavailable
from clients.http import bounded, headers_session, read_whole, session

PAGE: Final = "the login page"
ENTRA: Final = "Entra"
_LARGEST: Final = 1 << 18
_REDIRECTIONS: Final = range(300, 400)
# Any application may ask for a token to Graph: without permissions it is worth nothing. It is thrown away at once.
_SCOPE: Final = "https://graph.microsoft.com/.default"
_TENANT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,253}")
# The secret is wrong (7000215), or its time is over (7000222).
_WRONG_SECRET: Final = frozenset({7000215, 7000222})
# What else Entra says of a client, by its codes (Microsoft Entra authentication and authorization error codes).
_OF_THE_CLIENT: Final = {
    700016: "has no such application in the tenant",
    90002: "has no such tenant",
    7000112: "has disabled the application",
    53003: "blocks the application by Conditional Access",
}


@dataclass(frozen=True)
class Redirect:
    """The target of the login page: Entra's host, the tenant, the client, and the callback address."""

    host: str
    tenant: str
    client_id: str
    callback: str


class Login:
    """One hub's login page, reached at `address` if given, and Entra's token endpoint at `authority`.

    `trust` is a PEM file of the only authorities to trust for the page, instead of the system's. Every method takes at
    most `timeout` seconds and raises Unavailable. Raises ValueError for an authority that is not plain http or https.
    """

    def __init__(
        self,
        host: str,
        port: int = 443,
        *,
        address: str | None = None,
        trust: Path | None = None,
        authority: str = "https://login.microsoftonline.com",
        timeout: float = 5.0,
    ) -> None:
        given = urlsplit(authority)
        if given.scheme not in ("http", "https") or not given.hostname or given.username or given.query:
            raise ValueError("the login's address must be a plain http or https address")
        self._host = host
        self._address = address or host
        self._port = port
        self._trust = trust
        self._authority = authority.rstrip("/")
        self._timeout = timeout

    async def redirect(self, path: str = "/hub/oauth_login") -> Redirect:
        """Return the redirect of the login page. Raise Unavailable also for a page that does not redirect to Entra."""
        if not self._host:
            raise Unavailable(PAGE, "is not known: public.host is not configured")
        url = URL.build(scheme="https", host=self._address, port=self._port, path=path)
        async with bounded(PAGE, self._timeout):
            context = await asyncio.to_thread(_verifying, self._trust)
            named: Any = {"headers": {"Host": self._host}, "server_hostname": self._host, "ssl": context}
            async with (
                headers_session("login-page", str(url)) as made,
                made.get(url, allow_redirects=False, **named) as response,
            ):
                return _redirect(response.status, response.headers)

    async def accepts(self, tenant: str, client_id: str, secret: str) -> bool:
        """Return True if Entra accepts the secret for the client now. Raise Unavailable where that is not certain."""
        if not _TENANT.fullmatch(tenant):
            raise Unavailable(ENTRA, "has no tenant with the name in the hub's values")
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret, "scope": _SCOPE}
        url = f"{self._authority}/{tenant}/oauth2/v2.0/token"
        async with (
            bounded(ENTRA, self._timeout),
            session("entra", url) as made,
            made.post(url, data=form, allow_redirects=False) as response,
        ):
            return _verdict(response.status, await read_whole(response, _LARGEST))


def _redirect(status: int, headers: Mapping[str, str]) -> Redirect:
    if status not in _REDIRECTIONS:
        raise Unavailable(PAGE, f"answers with {status} instead of sending people to their login")
    try:
        target = URL(headers.get("Location", ""))
        return Redirect(
            host=target.host or "",
            tenant=target.parts[1],
            client_id=target.query["client_id"],
            callback=target.query["redirect_uri"],
        )
    except (ValueError, LookupError):
        raise Unavailable(PAGE, "sends people to an address that is not an Entra login") from None


def _verdict(status: int, content: bytes) -> bool:
    if status == HTTPStatus.OK and text(if_object(content), "access_token"):
        return True
    codes = _codes(content)
    if codes & _WRONG_SECRET:
        return False
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        raise Unavailable(ENTRA, "asked the bot to slow down: try again in a minute")
    if known := next((code for code in sorted(codes) if code in _OF_THE_CLIENT), None):
        raise Unavailable(ENTRA, f"{_OF_THE_CLIENT[known]} (AADSTS{known})")
    named = f"AADSTS{min(codes)}" if codes else str(status)
    raise Unavailable(ENTRA, f"did not say whether the secret is right ({named})")


def _codes(content: bytes) -> set[int]:
    told = if_object(content).get("error_codes")
    return {code for code in told if isinstance(code, int)} if isinstance(told, list) else set()


def _verifying(trust: Path | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=trust)
    except OSError as error:
        raise Unavailable(PAGE, "cannot be checked: the file of trusted authorities cannot be read") from error
    # As browsers do, which are not strict.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context
