"""What the tenant's administrators do with people: another name, or gone. On loopback, for whoever is at this machine.

curl -X PATCH  URL/_sandbox/people/emmy.noether@example.org -d '{"userPrincipalName": "emmy.bauer@example.org"}'
curl -X DELETE URL/_sandbox/people/emmy.noether@example.org
"""

from typing import Final

from aiohttp import web

from sandbox.entra.directory import Directory
from sandbox.entra.people import Person
from sandbox.http.bodies import field_of

PATH: Final = "/_sandbox/people"
_LONGEST: Final = 113


class PeopleRoutes:
    """The routes of one directory."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def routes(self) -> list[web.RouteDef]:
        """Return them, to be served beside the control of faults."""
        one = f"{PATH}/{{upn}}"
        return [web.patch(one, self._rename), web.delete(one, self._remove)]

    async def _rename(self, request: web.Request) -> web.StreamResponse:
        name = await field_of(request, "userPrincipalName")
        if not isinstance(name, str) or not 0 < len(name) <= _LONGEST or name.count("@") != 1:
            return _refused("the new name has to be a user principal name, such as emmy.bauer@example.org")
        try:
            return _told(self._directory.rename(request.match_info["upn"], name))
        except LookupError as error:
            return _refused(str(error.args[0]))

    async def _remove(self, request: web.Request) -> web.StreamResponse:
        try:
            return _told(self._directory.remove(request.match_info["upn"]))
        except LookupError as error:
            return _refused(str(error.args[0]))


def _told(person: Person) -> web.Response:
    return web.json_response({"id": person.object_id, "name": person.name, "userPrincipalName": person.upn})


def _refused(message: str) -> web.Response:
    return web.json_response({"error": message}, status=400)
