"""The control of faults and of time over HTTP: list, break, mend, skip. On loopback, for whoever is at this machine.

curl -X PUT  URL/_sandbox/faults -d '{"what": "cert", "how": "dns"}'
curl -X DELETE 'URL/_sandbox/faults?what=cert'
curl -X POST URL/_sandbox/clock -d '{"ahead": 3600}'
"""

from collections.abc import Iterable
from typing import Final

from aiohttp import web

from sandbox.apiserver.objects.json_objects import timestamp
from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.clock import RealClock
from sandbox.faults.control import Control

PATH: Final = "/_sandbox/faults"
CLOCK: Final = "/_sandbox/clock"
# Seconds, as far ahead as a jump may go.
_FARTHEST: Final = 86_400 * 400


class ControlRoutes:
    """The routes of one sandbox's faults, and of its clock."""

    def __init__(self, control: Control, clock: RealClock) -> None:
        self._control = control
        self._clock = clock

    def app(self, routes: Iterable[web.AbstractRouteDef] = ()) -> web.Application:
        """Return an application to be served on loopback, with `routes` for what else can be done to the world."""
        app = web.Application()
        app.add_routes([web.get(PATH, self._show), web.put(PATH, self._break), web.delete(PATH, self._heal), *routes])
        app.add_routes([web.post(CLOCK, self._skip)])
        return app

    async def _show(self, _: web.Request) -> web.StreamResponse:
        return web.json_response(self._state())

    async def _break(self, request: web.Request) -> web.StreamResponse:
        try:
            given = await request.json()
            self._control.break_(str(given["what"]), str(given.get("how") or ""))
        except (LookupError, TypeError, AttributeError):
            return _refused('the body must look like {"what": "cert", "how": "dns"}')
        except ValueError as error:
            return _refused(str(error))
        return web.json_response(self._state())

    async def _heal(self, request: web.Request) -> web.StreamResponse:
        try:
            self._control.heal(request.query.get("what", ""))
        except ValueError as error:
            return _refused(str(error))
        return web.json_response(self._state())

    async def _skip(self, request: web.Request) -> web.StreamResponse:
        try:
            ahead = float((await request.json())["ahead"])
        except (LookupError, TypeError, AttributeError, ValueError):
            return _refused('the body must look like {"ahead": 3600}')
        if not 0 <= ahead <= _FARTHEST:
            return _refused("time goes on, and by a year at most")
        self._clock.skip(ahead)
        return web.json_response({"now": timestamp(self._clock.now())})

    def _state(self) -> Json:
        broken = {
            what: {
                "how": one.how,
                "since": timestamp(one.since),
                "touched": list(one.touched),
                "note": one.note,
            }
            for what, one in self._control.broken.items()
        }
        return {"broken": broken, "can": {what: list(switch.hows) for what, switch in self._control.switches.items()}}


def _refused(message: str) -> web.Response:
    return web.json_response({"error": message}, status=400)
