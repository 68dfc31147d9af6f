"""Connections that end without an answer, as of a server that is not there."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from aiohttp import web
from aiohttp.typedefs import Middleware

from sandbox.clock import Clock

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


class Outage:
    """A server that can be gone for a while: whoever asks is hung up on, and so is who is being answered."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until: datetime | None = None
        self._open: dict[int, web.Request] = {}

    def begin(self, seconds: float) -> None:
        """Be gone for so many of the sandbox's seconds."""
        self._until = self._clock.now() + timedelta(seconds=seconds)
        for request in self._open.values():
            hang_up(request)

    def heal(self) -> None:
        """Be there again."""
        self._until = None

    def holds(self) -> bool:
        """Whether it is gone now."""
        return self._until is not None and self._clock.now() < self._until

    def middleware(self) -> Middleware:
        """For the application that can be gone."""

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
