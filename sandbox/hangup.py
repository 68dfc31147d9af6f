"""Connections that end without an answer, as of a server that is not there."""

from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Middleware

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def hang_up(request: web.Request) -> web.StreamResponse:
    """End the connection; what is returned reaches nobody."""
    if request.transport:
        request.transport.abort()
    return web.Response()


def while_up(is_up: Callable[[], bool]) -> Middleware:
    """A middleware that hangs up on everybody while `is_up` says no."""

    @web.middleware
    async def only_while_up(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await handler(request) if is_up() else hang_up(request)

    return only_while_up
