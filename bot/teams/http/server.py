"""The HTTP server: the endpoint for activities, and the probes by which a supervisor asks how the bot is."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from bot.teams.activity_parser import parse
from bot.teams.channel import TeamsChannel
from bot.teams.connector_client import compact
from bot.teams.errors import RequestRejected
from bot.teams.http.about_page import about
from bot.teams.service_urls import is_loopback
from bot.teams.settings import TeamsSettings

_LOG = logging.getLogger("jhub_bot.teams.app")

MAX_BODY: Final = 256 * 1024
_BODY_TIMEOUT: Final = 10.0

Ready = Callable[[], Awaitable[str]]


async def _always_ready() -> str:
    return ""


def make_app(
    channel: TeamsChannel, ready: Ready = _always_ready, *, body_timeout: float = _BODY_TIMEOUT
) -> web.Application:
    """Return the application with POST /api/messages, GET /about, GET /healthz and GET /readyz.

    `ready` returns why the bot cannot serve anyone yet, empty when it can; it must not raise. The caller has entered
    `channel`, leaves it after the application has ended, and binds to a host that `check_host` accepts.
    """
    app = web.Application()
    endpoint = _Endpoint(channel, body_timeout)
    app.router.add_post("/api/messages", endpoint.messages)
    app.router.add_get("/about", about)
    app.router.add_get("/healthz", _healthz)
    app.router.add_get("/readyz", _Readiness(channel, ready).readyz)
    return app


def check_host(host: str, settings: TeamsSettings) -> None:
    """Raise ValueError if the bot must not listen on `host`: without an app id, anything but loopback."""
    if settings.local and not is_loopback(host):
        raise ValueError(f"without an app id, the bot listens on this machine only, not on {host or 'all addresses'}")


class _Endpoint:
    """Handler of POST /api/messages."""

    def __init__(self, channel: TeamsChannel, body_timeout: float) -> None:
        self._channel = channel
        self._body_timeout = body_timeout

    async def messages(self, request: web.Request) -> web.Response:
        try:
            return await self._serve(request)
        except RequestRejected as refusal:
            _LOG.warning("refused with %d: %s", refusal.status, refusal.reason)
            return _refused(refusal)
        except Exception:  # noqa: BLE001 - a bug of ours: the log gets it, the caller a reference
            reference = secrets.token_hex(4)
            _LOG.exception("reference=%s a delivery failed", reference)
            return web.json_response({"error": f"internal error, reference {reference}"}, status=500)

    async def _serve(self, request: web.Request) -> web.Response:
        _check_size(request)
        admission = await self._channel.authenticator.admit(request)
        activity = parse(await self._body(request))
        admission.check(activity)
        reply = await self._channel.take(activity)
        if reply.body is None:
            return web.Response(status=reply.status)
        return web.Response(body=compact(reply.body), status=reply.status, content_type="application/json")

    async def _body(self, request: web.Request) -> bytes:
        try:
            async with asyncio.timeout(self._body_timeout):
                return await _read(request)
        except TimeoutError:
            raise RequestRejected(408, "the body did not arrive in time") from None
        except (web.RequestPayloadError, ConnectionError):
            raise RequestRejected(400, "the body broke off") from None


def _check_size(request: web.Request) -> None:
    if request.content_length is not None and request.content_length > MAX_BODY:
        raise RequestRejected(413, f"the body is over {MAX_BODY} bytes")
    # aiohttp would unpack it: a small body could become a huge one.
    if request.headers.get("Content-Encoding", "identity").casefold() != "identity":
        raise RequestRejected(415, "the body must not be compressed")


async def _read(request: web.Request) -> bytes:
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > MAX_BODY:
            raise RequestRejected(413, f"the body is over {MAX_BODY} bytes")
    return bytes(body)


def _refused(refusal: RequestRejected) -> web.Response:
    response = web.json_response({"error": refusal.reason}, status=refusal.status)
    if refusal.status == web.HTTPUnauthorized.status_code:
        response.headers["WWW-Authenticate"] = "Bearer"
    if refusal.status in {408, 413, 415}:
        # What is left of the body is not worth reading.
        response.force_close()
    return response


async def _healthz(_: web.Request) -> web.Response:
    """Return that the process is alive and its loop turns."""
    return web.json_response({"status": "ok"})


class _Readiness:
    """Handler of GET /readyz."""

    def __init__(self, channel: TeamsChannel, ready: Ready) -> None:
        self._channel = channel
        self._ready = ready

    async def readyz(self, _: web.Request) -> web.Response:
        reason = self._channel.not_ready or await self._ready()
        if reason:
            return web.json_response({"status": "not ready", "reason": reason}, status=503)
        return web.json_response({"status": "ready"})
