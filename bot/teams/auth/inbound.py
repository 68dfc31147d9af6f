"""Admission of requests: Bot Framework with its token, or, without an app id, this machine alone."""

from typing import Protocol

from aiohttp import web

from bot.teams.auth.token_validation import TokenCheck, TokenClaims
from bot.teams.delivery import Delivery
from bot.teams.errors import RequestRejected
from bot.teams.service_urls import is_loopback, may_send_to
from bot.teams.settings import TeamsSettings

# Set by proxies. Behind one, every stranger looks like this machine.
_FORWARDING = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP")
# Set by browsers, and not by a page's choice. A page of somebody else must not talk to the bot through the browser.
_BROWSER = ("Origin", "Sec-Fetch-Site")


class ActivityClaims(Protocol):
    """Limits of what an admitted request may claim."""

    def check(self, activity: Delivery) -> None:
        """Raise RequestRejected where the activity claims more."""


class InboundAuthenticator(Protocol):
    """Decision on a request by its headers alone, before its body is read."""

    async def admit(self, request: web.Request) -> ActivityClaims:
        """Admit the request. Raise RequestRejected."""


class LoopbackAuthenticator:
    """Admission of what comes straight from this machine, and of nothing that a proxy or a browser passed on."""

    def __init__(self, settings: TeamsSettings) -> None:
        self._settings = settings

    async def admit(self, request: web.Request) -> ActivityClaims:
        """Admit a request of this machine. Raise RequestRejected."""
        if not _peer_is_loopback(request) or any(name in request.headers for name in _FORWARDING):
            raise RequestRejected(403, "without an app id, only this machine is served")
        if any(name in request.headers for name in _BROWSER):
            raise RequestRejected(403, "without an app id, web pages are not served")
        if not is_loopback(_host(request)):
            raise RequestRejected(403, "without an app id, only local host names are served")
        return self

    def check(self, activity: Delivery) -> None:
        """Raise RequestRejected where the answer would leave this machine."""
        if activity.service_url and not may_send_to(activity.service_url, self._settings):
            raise RequestRejected(403, "without an app id, the serviceUrl must be of this machine")


class TokenAuthenticator:
    """Admission of what carries a good token."""

    def __init__(self, settings: TeamsSettings, tokens: TokenCheck) -> None:
        self._settings = settings
        self._tokens = tokens

    async def admit(self, request: web.Request) -> ActivityClaims:
        """Admit a request with a good token. Raise RequestRejected."""
        claims = await self._tokens.check(request.headers.getall("Authorization", ()))
        return _AdmittedToken(claims, self._settings)


class _AdmittedToken:
    def __init__(self, claims: TokenClaims, settings: TeamsSettings) -> None:
        self._claims = claims
        self._settings = settings

    def check(self, activity: Delivery) -> None:
        self._claims.check(activity)
        if not may_send_to(activity.service_url, self._settings):
            raise RequestRejected(403, "the serviceUrl is not one of Microsoft's")


def _peer_is_loopback(request: web.Request) -> bool:
    peer = request.transport.get_extra_info("peername") if request.transport else None
    return isinstance(peer, tuple) and is_loopback(str(peer[0]))


def _host(request: web.Request) -> str:
    """Return the Host header's name without its port."""
    host = request.headers.get("Host", "")
    if host.startswith("["):
        return host.partition("]")[0]
    return host.partition(":")[0]
