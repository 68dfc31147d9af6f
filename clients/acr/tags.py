"""The tags of an image with their digests, sizes and locks, by the registry's own API."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

import aiohttp

from clients.acr.session import SYSTEM, RepositorySession, quoted
from clients.answers import as_moment, mapping, needed, number, text
from clients.azure.identity import Token
from clients.http import bounded, session
from clients.instrumentation import AZURE_REQUEST_ID

_READ: Final = "metadata_read"
_WRITE: Final = "metadata_write"


@dataclass(frozen=True)
class Tag:
    """A tag. `size` is that of its image in bytes, None where it was not requested or is not known.

    `locked` is True if the tag can be neither moved nor deleted.
    """

    name: str
    digest: str
    created: datetime | None
    locked: bool
    size: int | None = None


class Acr:
    """A client of one registry. Every method takes at most `timeout` seconds and raises Unavailable.

    `login_server` is the registry's name in images ("jhub.azurecr.io"); `url` is the address to reach it at. `token`
    returns an Entra token and is called for each operation. Raises ValueError for an address that is not plain http or
    https.
    """

    def __init__(self, url: str, token: Token, *, login_server: str, timeout: float = 5.0) -> None:
        address = urlsplit(url)
        if address.scheme not in ("http", "https") or not address.hostname or address.username or address.query:
            raise ValueError("the registry's address must be a plain http or https address")
        self.login_server = login_server
        self._root = url.rstrip("/")
        self._token = token
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the session. The next call opens another."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def tags(self, repository: str, newest: int | None = None) -> list[Tag]:
        """Return the tags with their sizes, newest first; at most `newest` of them if given. Raise NotFound."""
        async with bounded(SYSTEM, self._timeout):
            visit = self._visit(repository, _READ)
            listed = await visit.pages("_tags", "tags", newest)
            found = [_tag(one) for one in listed]
            sizes = await self._sizes(visit, {tag.digest for tag in found}, few=newest is not None)
        return [replace(tag, size=sizes.get(tag.digest)) for tag in found]

    async def tag(self, repository: str, name: str) -> Tag:
        """Return one tag, without its size. Raise NotFound."""
        async with bounded(SYSTEM, self._timeout):
            answer = await self._visit(repository, _READ).ask("GET", f"_tags/{quoted(name)}")
            return _tag(answer.get("tag"))

    async def lock(self, repository: str, name: str) -> Tag:
        """Make the tag immovable and undeletable, and return it. It may be so already. Raise NotFound."""
        locked = {"writeEnabled": False, "deleteEnabled": False}
        async with bounded(SYSTEM, self._timeout):
            answer = await self._visit(repository, _WRITE).ask("PATCH", f"_tags/{quoted(name)}", body=locked)
            return _tag(answer.get("tag"))

    async def _sizes(self, visit: RepositorySession, digests: set[str], *, few: bool) -> dict[str, int]:
        if few:
            told = await asyncio.gather(*(visit.ask("GET", f"_manifests/{quoted(one)}") for one in sorted(digests)))
            manifests = [mapping(one.get("manifest")) for one in told]
        else:
            manifests = [mapping(one) for one in await visit.pages("_manifests", "manifests", None)]
        sizes = {text(one, "digest"): number(one, "imageSize") for one in manifests}
        return {digest: size for digest, size in sizes.items() if size > 0}

    def _visit(self, repository: str, action: str) -> RepositorySession:
        self._session = self._session or session("registry", self._root, AZURE_REQUEST_ID)
        return RepositorySession(self._session, self._root, self._token, repository, action)


def _tag(given: object) -> Tag:
    told = mapping(given)
    allowed = mapping(told.get("changeableAttributes"))
    locked = allowed.get("writeEnabled") is False and allowed.get("deleteEnabled") is False
    return Tag(needed(told, "name"), needed(told, "digest"), as_moment(told.get("createdTime")), locked)
