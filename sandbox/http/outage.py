"""Connections that end without an answer, as of a server that is not there."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from aiohttp import web
from aiohttp.typedefs import Middleware

from sandbox.clock import Clock

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def hang_up(request: web.Request) -> web.StreamResponse:
    """End the connection. Return a response that reaches nobody."""
    if request.transport:
        request.transport.abort()
    return web.Response()


def while_up(is_up: Callable[[], bool]) -> Middleware:
    """Return a middleware that hangs up on every client while `is_up` returns False."""

    @web.middleware
    async def only_while_up(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await handler(request) if is_up() else hang_up(request)

    return only_while_up


class Outage:
    """A server that can be down for a while: it hangs up on every client, and on those it is just answering."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: datetime | None = None
        self._open: dict[int, web.Request] = {}

    def begin(self, seconds: float) -> None:
        """Be down for so many of the sandbox's seconds."""
        self._until = self._clock.now() + timedelta(seconds=seconds)
        for request in self._open.values():
            hang_up(request)

    def heal(self) -> None:
        """Be up again."""
        self._until = None

    def holds(self) -> bool:
        """Return True if the server is down now."""
        return self._until is not None and self._clock.now() < self._until

    def middleware(self) -> Middleware:
        """Return the middleware for the application that can be down."""

        @web.middleware
        async def unless_gone(request: web.Request, handler: Handler) -> web.StreamResponse:
            if self.holds():
                return hang_up(request)
            self._open[id(request)] = request
            try:
                return await handler(request)
            except ConnectionResetError:
                # Who asked was killed before all of the question was there.
                return hang_up(request)
            finally:
                self._open.pop(id(request))

        return unless_gone
