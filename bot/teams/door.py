"""Who may post activities: Bot Framework with its token, or, without an app id, this machine alone."""

import re
from typing import Final, Protocol

from aiohttp import web

from bot.teams.activity import Activity
from bot.teams.addresses import is_loopback, may_send_to
from bot.teams.refusal import Refusal
from bot.teams.settings import TeamsSettings
from bot.teams.tokens import TokenCheck, Voucher

CHANNEL: Final = "msteams"
"""How Bot Framework names Teams among the channels that a bot can be reached by."""
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")

# Set by proxies. Behind one, every stranger looks like this machine.
_FORWARDING = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP")
# Set by browsers, and not by a page's choice. A page of somebody else must not talk to the bot through the browser.
_BROWSER = ("Origin", "Sec-Fetch-Site")


class Admission(Protocol):
    """What a request may claim, once it is let in."""

    def check(self, activity: Activity) -> None:
        """Raise Refusal where the activity claims more."""


class Door(Protocol):
    """Decides on a request by its headers alone, before its body is read."""

    async def admit(self, request: web.Request) -> Admission:
        """Let the request in. Raises Refusal."""


class LocalDoor:
    """Lets in what comes straight from this machine, and nothing that a proxy or a browser passed on."""

    def __init__(self, settings: TeamsSettings) -> None:
        self._settings = settings

    async def admit(self, request: web.Request) -> Admission:
        """Let in a request of this machine."""
        if not _peer_is_loopback(request) or any(name in request.headers for name in _FORWARDING):
            raise Refusal(403, "without an app id, only this machine is served")
        if any(name in request.headers for name in _BROWSER):
            raise Refusal(403, "without an app id, web pages are not served")
        if not is_loopback(_host(request)):
            raise Refusal(403, "without an app id, only local host names are served")
        return self

    def check(self, activity: Activity) -> None:
        """Raise Refusal where the answer would leave this machine."""
        _check_channel(activity)
        if activity.service_url and not may_send_to(activity.service_url, self._settings):
            raise Refusal(403, "without an app id, the serviceUrl must be of this machine")
        _check_tenants(activity, self._settings)


class TokenDoor:
    """Lets in what carries a good token."""

    def __init__(self, settings: TeamsSettings, tokens: TokenCheck) -> None:
        self._settings = settings
        self._tokens = tokens

    async def admit(self, request: web.Request) -> Admission:
        """Let in a request with a good token."""
        voucher = await self._tokens.check(request.headers.getall("Authorization", ()))
        return _Vouched(voucher, self._settings)


class _Vouched:
    def __init__(self, voucher: Voucher, settings: TeamsSettings) -> None:
        self._voucher = voucher
        self._settings = settings

    def check(self, activity: Activity) -> None:
        _check_channel(activity)
        self._voucher.check(activity)
        if not may_send_to(activity.service_url, self._settings):
            raise Refusal(403, "the serviceUrl is not one of Microsoft's")
        _check_tenants(activity, self._settings)


def _check_channel(activity: Activity) -> None:
    """Only Teams says who somebody is: on other channels the sender's object id is whatever a client wrote there."""
    if activity.channel_id != CHANNEL:
        named = activity.channel_id if _NAME.fullmatch(activity.channel_id) else "another one"
        raise Refusal(403, f"only the channel {CHANNEL} is served, not {named}")


def _check_tenants(activity: Activity, settings: TeamsSettings) -> None:
    if not activity.tenants and not settings.local:
        raise Refusal(403, "the activity names no tenant")
    if not all(settings.serves(tenant) for tenant in activity.tenants):
        raise Refusal(403, "this tenant is not served")


def _peer_is_loopback(request: web.Request) -> bool:
    peer = request.transport.get_extra_info("peername") if request.transport else None
    return isinstance(peer, tuple) and is_loopback(str(peer[0]))


def _host(request: web.Request) -> str:
    """The Host header's name without its port."""
    host = request.headers.get("Host", "")
    if host.startswith("["):
        return host.partition("]")[0]
    return host.partition(":")[0]
