"""One operation on one repository of the registry: its tokens and its pages of results.

The plain token flow: a challenge, a refresh token for the bot's Entra token, an access token for one repository and one
action. None is kept beyond the operation; one that is refused is replaced once.
"""

import asyncio
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from clients.answers import Json, UnreadableError, json_object, mapping, text
from clients.azure.identity import Token
from clients.errors import Forbidden, NotFound, Unavailable
from clients.http import authorization, read_whole, segment

SYSTEM: Final = "The registry"
_PAGE: Final = 100
# Ten thousand tags are read; whoever has more sees the newest of them.
_MOST_PAGES: Final = 100
_LARGEST: Final = 4 << 20
# As Azure Container Registry answers an address that its firewall does not know (aka.ms/acr/firewall).
_NOT_LET_IN: Final = b"is not allowed access"
_BY_ROLE: Final = {
    "metadata_read": "AcrPull (Container Registry Repository Reader where permissions are by repository)",
    "metadata_write": "AcrPush (Container Registry Repository Writer where permissions are by repository)",
}
_PARAMETER: Final = re.compile(r'(?<!\w)(\w+)="([^"]*)"')


class RepositorySession:
    """One operation on one repository, with the token obtained for it. A token that is refused is replaced once."""

    def __init__(self, session: aiohttp.ClientSession, root: str, token: Token, repository: str, action: str) -> None:
        self._session = session
        self._root = root
        self._entra = token
        self._name = repository
        self._place = "/".join(quoted(part) for part in repository.split("/"))
        self._remedy = f"Give the bot's identity the role {_BY_ROLE[action]} on the registry: docs/images.md"
        self._scope = f"repository:{repository}:{action}"
        self._pass = ""
        self._getting = asyncio.Lock()

    async def pages(self, what: str, key: str, newest: int | None) -> list[object]:
        """Return the items of a list, read page by page; only the first `newest` of them where that is given."""
        found: list[object] = []
        last = ""
        for _ in range(_MOST_PAGES):
            query = {"orderby": "timedesc", "n": str(min(newest or _PAGE, _PAGE))} | ({"last": last} if last else {})
            listed = (await self.ask("GET", what, query)).get(key)
            if not isinstance(listed, list):
                raise UnreadableError
            found += listed
            if len(listed) < int(query["n"]) or (newest is not None and len(found) >= newest):
                break
            last = _key(mapping(found[-1]))
        return found[:newest]

    async def ask(
        self, method: str, what: str, query: Mapping[str, str] | None = None, body: Json | None = None
    ) -> Json:
        """Send a request and return the JSON object of the answer. Raise NotFound or Unavailable."""
        known = self._pass or await self._renewed("")
        status, answer = await self._send(method, what, query, body, known)
        if status == HTTPStatus.UNAUTHORIZED:
            status, answer = await self._send(method, what, query, body, await self._renewed(known))
        self._check(status)
        return answer

    async def _send(
        self, method: str, what: str, query: Mapping[str, str] | None, body: Json | None, token: str
    ) -> tuple[int, Json]:
        url = URL(f"{self._root}/acr/v1/{self._place}/{what}", encoded=True).update_query(query or {})
        headers = authorization(SYSTEM, "Bearer", token) | {"Accept": "application/json"}
        async with self._session.request(method, url, headers=headers, json=body, allow_redirects=False) as response:
            content = await read_whole(response, _LARGEST)
            self._check_firewall(response.status, content)
            return response.status, json_object(content) if response.status == HTTPStatus.OK else {}

    async def _renewed(self, refused: str) -> str:
        """Return a token other than the refused one. Callers that ask at the same time share one renewal."""
        async with self._getting:
            if self._pass == refused:
                self._pass = await self._got()
            return self._pass

    async def _got(self) -> str:
        service = await self._challenged()
        form = {"grant_type": "access_token", "service": service, "access_token": await self._entra()}
        refresh = await self._token_of("exchange", form, "refresh_token")
        form = {"grant_type": "refresh_token", "service": service, "scope": self._scope, "refresh_token": refresh}
        return await self._token_of("token", form, "access_token")

    async def _challenged(self) -> str:
        """Return the service to request tokens for. Refuse a challenge that would send tokens to another address."""
        async with self._session.get(f"{self._root}/v2/", allow_redirects=False) as response:
            challenge = response.headers.get("Www-Authenticate", "")
            if response.status != HTTPStatus.UNAUTHORIZED:
                self._check_firewall(response.status, await read_whole(response, _LARGEST))
                self._check(response.status)
        given = dict(_PARAMETER.findall(challenge))
        if not challenge.lower().startswith("bearer ") or not given.get("service"):
            raise Unavailable(SYSTEM, "did not say how to log in: is it an Azure Container Registry?")
        realm, root = urlsplit(given.get("realm", "")), urlsplit(self._root)
        if (realm.scheme, realm.netloc) != (root.scheme, root.netloc):
            raise Unavailable(SYSTEM, "wants the bot to log in at another address, which the bot refuses")
        return str(given["service"])

    async def _token_of(self, what: str, form: Mapping[str, str], key: str) -> str:
        url = f"{self._root}/oauth2/{what}"
        async with self._session.post(url, data=form, allow_redirects=False) as response:
            content = await read_whole(response, _LARGEST)
            self._check_firewall(response.status, content)
            self._check(response.status)
        token = text(json_object(content), key)
        if not token or not token.isascii() or not token.isprintable():
            raise Unavailable(SYSTEM, "returned no usable token")
        return token

    def _check_firewall(self, status: int, content: bytes) -> None:
        """Raise Unavailable where the registry's firewall refuses the bot's address, as opposed to a missing role."""
        if status == HTTPStatus.FORBIDDEN and _NOT_LET_IN in content:
            remedy = "Allow the bot's address in the registry's firewall (Networking, in the portal)"
            raise Forbidden(SYSTEM, "does not let the bot's address in: its firewall refuses it (403)", remedy)

    def _check(self, status: int) -> None:
        match status:
            case HTTPStatus.OK:
                return
            case HTTPStatus.NOT_FOUND:
                raise NotFound(f"{SYSTEM} has nothing by that name in {self._name}")
            case HTTPStatus.UNAUTHORIZED:
                what = "refused the bot's token (401): may the bot's identity read from it?"
                raise Forbidden(SYSTEM, what, self._remedy)
            case HTTPStatus.FORBIDDEN:
                what = "refused: the bot's identity does not have that permission (403)"
                raise Forbidden(SYSTEM, what, self._remedy)
            case HTTPStatus.TOO_MANY_REQUESTS:
                raise Unavailable(SYSTEM, "asked the bot to slow down: try again in a minute (429)")
        raise Unavailable(SYSTEM, f"answered with an error ({status})")


def quoted(name: str) -> str:
    """Return the name quoted as one segment of a path. Raise NotFound for a name that nothing can have."""
    try:
        return segment(name)
    except ValueError:
        raise NotFound(f"{SYSTEM} has nothing by that name") from None


def _key(told: Json) -> str:
    """Return the key of an item by which the page after it is requested."""
    return text(told, "name") or text(told, "digest")
