"""The announcement service behind the hub's address, as JupyterHub's example has it.

It takes JSON by POST, and DELETE (JupyterHub 5.5, examples/service-announcement), from whose token has the scope
`access:services!service=announcement`. jupyterhub-announcement 0.9.3 is another: it refuses that (403), wants a form
from an admin's browser session, and is known by its `latest`, which the example does not have.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from clients.errors import Forbidden, NotFound, Unavailable
from clients.hub.connection import Connection, is_refused

SYSTEM: Final = "the hub's announcement service"
_ROOT: Final = "/services/announcement/"
_SCOPE: Final = "access:services!service=announcement"
_REMEDY: Final = f"Give the bot's role in hub.loadRoles the scope {_SCOPE}, and deploy that"
_OF_BROWSERS: Final = "is jupyterhub-announcement, which takes announcements only from an admin's browser"


class AnnouncementClient(Connection):
    """The announcement service of one hub, made as `HubReader` is with the address that users open.

    Methods raise Unavailable, Forbidden without the scope, NotFound where there is no such service.
    """

    TIMEOUT = 15.0

    async def show(self, html: str) -> None:
        """Have it announce this markup, instead of anything before."""
        await self._send("POST", {"announcement": html})

    async def clear(self) -> None:
        """Have it announce nothing."""
        await self._send("DELETE")

    async def _send(self, method: str, body: Mapping[str, object] | None = None) -> None:
        async with self._bounded():
            async with self._ask(method, _ROOT, {}, authorized=True, body=body) as response:
                status = response.status
            if is_refused(status) and await self._is_of_browsers():
                raise Unavailable(SYSTEM, _OF_BROWSERS)
            _check(status)

    async def _is_of_browsers(self) -> bool:
        async with self._ask("GET", f"{_ROOT}latest", {}, authorized=False) as response:
            return response.status == HTTPStatus.OK


def _check(status: int) -> None:
    if is_refused(status):
        raise Forbidden(SYSTEM, f"refused the bot's token ({status})", _REMEDY)
    if status == HTTPStatus.NOT_FOUND:
        raise NotFound("The hub has no announcement service at /services/announcement/")
    if status not in (HTTPStatus.OK, HTTPStatus.NO_CONTENT):
        raise Unavailable(SYSTEM, f"answered with an error ({status})")
