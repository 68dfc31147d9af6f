"""Azure Key Vault, limited to reading secrets: one GET of its REST API 7.4."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from yarl import URL

from clients.answers import UnreadableError, json_object
from clients.azure.identity import Token
from clients.errors import NotFound, Rejected, Unavailable
from clients.http import authorization, bounded, is_loopback, read_whole, session

SYSTEM: Final = "Key Vault"
_API: Final = "7.4"
# A value has 25 KB at most; what is told about it is little.
_LARGEST: Final = 1 << 17
# How long a value counts without asking again: a new one is seen after a minute.
_FRESH: Final = 60.0
# How long the last value counts while the vault does not answer. What the vault refuses counts at once.
_STALE: Final = 3600.0


@dataclass(frozen=True)
class _Kept:
    value: str
    since: float


class Vault:
    """A client of one vault. `token` returns a bearer token for it and is called for each request.

    Raises ValueError for an address that is not https, or http on this machine.
    """

    def __init__(
        self, base_url: str, token: Token, *, timeout: float = 5.0, now: Callable[[], float] = time.monotonic
    ) -> None:
        address = urlsplit(base_url)
        loopback = is_loopback(base_url)
        if not address.hostname or (address.scheme != "https" and not (address.scheme == "http" and loopback)):
            raise ValueError("a key vault's address begins with https://")
        self._root = base_url.rstrip("/")
        self._token = token
        self._timeout = timeout
        self._now = now
        self._kept: dict[str, _Kept] = {}

    async def secret(self, name: str) -> str:
        """Return the value of a secret, at most a minute old. `name` is NAME or NAME/VERSION.

        While the vault does not answer, return the value it gave within the last hour. Raise NotFound, Rejected (the
        vault refuses: the bot may not read the secret, or it is disabled or expired) or Unavailable; none of them
        contains the value.
        """
        kept = self._kept.get(name)
        if kept is not None and self._now() - kept.since < _FRESH:
            return kept.value
        try:
            value = await self._ask(name)
        except Unavailable:
            if kept is None or self._now() - kept.since >= _STALE:
                raise
            return kept.value
        except (NotFound, Rejected):
            self._kept.pop(name, None)
            raise
        self._kept[name] = _Kept(value, self._now())
        return value

    async def _ask(self, name: str) -> str:
        url = URL(f"{self._root}/secrets/{name}").with_query({"api-version": _API})
        async with bounded(SYSTEM, self._timeout):
            headers = authorization(SYSTEM, "Bearer", await self._token()) | {"Accept": "application/json"}
            async with (
                session("key-vault", self._root) as made,
                made.get(url, headers=headers, allow_redirects=False) as response,
            ):
                content = await read_whole(response, _LARGEST)
            _check(response.status, name)
            return _value(content)


def _check(status: int, name: str) -> None:
    match status:
        case HTTPStatus.OK:
            return
        case HTTPStatus.NOT_FOUND:
            raise NotFound(f"{SYSTEM} has no secret {name}")
        case HTTPStatus.FORBIDDEN:
            raise Rejected(
                SYSTEM,
                "Forbidden",
                f"{SYSTEM} refused (403) to give the secret {name}: the bot needs the role Key Vault Secrets User,"
                " and the secret must be enabled and not expired",
            )
        case HTTPStatus.UNAUTHORIZED:
            raise Rejected(SYSTEM, "Unauthorized", f"{SYSTEM} refused the bot’s token (401)")
        case HTTPStatus.TOO_MANY_REQUESTS:
            raise Unavailable(SYSTEM, "asked the bot to slow down: try again in a minute")
    raise Unavailable(SYSTEM, f"answered with an error ({status})")


def _value(content: bytes) -> str:
    value = json_object(content).get("value")
    if not isinstance(value, str):
        raise UnreadableError
    return value
