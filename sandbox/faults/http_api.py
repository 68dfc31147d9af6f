"""The sandbox's control over HTTP: what is broken, break it, mend it. On loopback, for whoever is at this machine.

curl -X PUT  URL/_sandbox/faults -d '{"what": "cert", "how": "dns"}'
curl -X DELETE 'URL/_sandbox/faults?what=cert'
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aiohttp import web

from sandbox.apiserver.objects.errors import ApiError
from sandbox.apiserver.objects.json_objects import timestamp
from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.clock import Clock
from sandbox.faults.registry import Switch

PATH: Final = "/_sandbox/faults"


@dataclass(frozen=True)
class Broken:
    """What is broken, in which way and since when; `touched` names what it shows at, `note` says what mends it."""

    how: str
    since: datetime
    touched: tuple[str, ...]
    note: str


class Control:
    """The switches and how they stand."""

    def __init__(self, switches: Mapping[str, Switch], clock: Clock) -> None:
        self._switches = switches
        self._clock = clock
        self._broken: dict[str, Broken] = {}

    @property
    def broken(self) -> dict[str, Broken]:
        """What is broken now: what somebody mended by other ways is not."""
        return {what: one for what, one in self._broken.items() if self._switches[what].holds()}

    def break_(self, what: str, how: str = "") -> Broken:
        """Break something, in its usual way unless told. Raises ValueError for what there is not, or cannot be now."""
        switch = self._switch(what)
        how = how or switch.hows[0]
        if how not in switch.hows:
            raise ValueError(f"{what} can be broken in these ways: {', '.join(switch.hows)}")
        try:
            touched = switch.begin(how)
        except LookupError as error:
            raise ValueError(f"{what} cannot be broken now: {error.args[0]}") from error
        except ApiError as error:
            others = ", ".join(one for one in self.broken if one != what)
            why = f"the cluster refuses it. Heal {others} first" if others else f"the cluster refuses it: {error}"
            raise ValueError(f"{what} cannot be broken now: {why}") from error
        self._broken[what] = Broken(how, self._clock.now(), tuple(touched), switch.note(how))
        return self._broken[what]

    def heal(self, what: str = "") -> list[str]:
        """Mend something, or all that is broken; what that was. Raises ValueError for what there is not."""
        wanted = [what] if what else list(self._broken)
        for one in wanted:
            self._switch(one).heal()
            self._broken.pop(one, None)
        return wanted

    def _switch(self, what: str) -> Switch:
        if what not in self._switches:
            raise ValueError(f"there is no “{what}” to break; choose from {', '.join(self._switches)}")
        return self._switches[what]

    def app(self) -> web.Application:
        """An application to be served on loopback."""
        app = web.Application()
        app.add_routes([web.get(PATH, self._show), web.put(PATH, self._break), web.delete(PATH, self._heal)])
        return app

    async def _show(self, _: web.Request) -> web.StreamResponse:
        return web.json_response(self._told())

    async def _break(self, request: web.Request) -> web.StreamResponse:
        try:
            given = await request.json()
            self.break_(str(given["what"]), str(given.get("how") or ""))
        except (LookupError, TypeError, AttributeError):
            return _refused('the body must look like {"what": "cert", "how": "dns"}')
        except ValueError as error:
            return _refused(str(error))
        return web.json_response(self._told())

    async def _heal(self, request: web.Request) -> web.StreamResponse:
        try:
            self.heal(request.query.get("what", ""))
        except ValueError as error:
            return _refused(str(error))
        return web.json_response(self._told())

    def _told(self) -> Json:
        broken = {
            what: {
                "how": one.how,
                "since": timestamp(one.since),
                "touched": list(one.touched),
                "note": one.note,
            }
            for what, one in self.broken.items()
        }
        return {"broken": broken, "can": {what: list(switch.hows) for what, switch in self._switches.items()}}


def _refused(message: str) -> web.Response:
    return web.json_response({"error": message}, status=400)
