"""The announcement service behind the hub's address: JupyterHub's example, or jupyterhub-announcement.

Which of the two it is tells `latest`, which only the package has. The example (JupyterHub 5.5,
examples/service-announcement) takes JSON by POST, and DELETE; the package takes a form at `update`, an empty text for
none, and answers with a redirect to its page. Both let in whose token has `access:services!service=announcement`.
"""

import json
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from clients.answers import RedirectedError, if_object, text
from clients.errors import Forbidden, NotFound, Unavailable
from clients.http import read_whole
from clients.hub.connection import Connection, is_refused

SYSTEM: Final = "the hub's announcement service"
_ROOT: Final = "/services/announcement/"
_SCOPE: Final = "access:services!service=announcement"
_REMEDY: Final = f"Give the bot's role in hub.loadRoles the scope {_SCOPE}, and deploy that"
_FORM: Final = "application/x-www-form-urlencoded"
_LARGEST: Final = 64 * 2**10


class AnnouncementClient(Connection):
    """The announcement service of one hub, made as `HubReader` is with the address that users open.

    Methods raise Unavailable, Forbidden without the scope, NotFound where there is no such service.
    """

    TIMEOUT = 15.0

    async def show(self, html: str) -> None:
        """Have it announce this markup, instead of anything before."""
        async with self._bounded():
            if await self._is_package():
                await self._update(html)
            else:
                await self._send("POST", _ROOT, json.dumps({"announcement": html}).encode())

    async def clear(self) -> None:
        """Have it announce nothing."""
        async with self._bounded():
            if await self._is_package():
                await self._update("")
            else:
                await self._send("DELETE", _ROOT)

    async def _is_package(self) -> bool:
        """Return True if it is jupyterhub-announcement, which tells its latest to everybody."""
        return await self._latest() is not None

    async def _latest(self) -> str | None:
        async with self._ask("GET", f"{_ROOT}latest", {}, authorized=True, accept="application/json") as response:
            if response.status == HTTPStatus.NOT_FOUND:
                return None
            _check(response.status)
            return text(if_object(await read_whole(response, _LARGEST)), "announcement")

    async def _update(self, html: str) -> None:
        body = urlencode({"announcement": html}).encode()
        try:
            await self._send("POST", f"{_ROOT}update", body, _FORM)
        except RedirectedError:
            # That is its answer to what it has taken, unless it sends whoever is not let in to the login.
            if bool(await self._latest()) is not bool(html):
                raise Unavailable(SYSTEM, "did not take the announcement") from None

    async def _send(
        self, method: str, path: str, body: bytes | None = None, content_type: str = "application/json"
    ) -> None:
        asking = self._ask(method, path, {}, authorized=True, body=body, content_type=content_type)
        async with asking as response:
            _check(response.status)


def _check(status: int) -> None:
    if is_refused(status):
        raise Forbidden(SYSTEM, f"refused the bot's token ({status})", _REMEDY)
    if status == HTTPStatus.NOT_FOUND:
        raise NotFound("The hub has no announcement service at /services/announcement/")
    if status not in (HTTPStatus.OK, HTTPStatus.NO_CONTENT):
        raise Unavailable(SYSTEM, f"answered with an error ({status})")
