"""The public keys with which Bot Framework signs its requests, fetched and kept fresh.

Keys are replaced from time to time, and a token names its key by an id (`kid`) that anyone can make up. So an
unknown id leads to a fetch, but only so often.
"""

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import aiohttp
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from yarl import URL

from bot.runtime.clock import Clock
from bot.runtime.periodic import FailureLog, Interval, repeat

_LOG = logging.getLogger("jhub_bot.teams.keys")
_FAILURES: Final = FailureLog(_LOG, "signing keys could not be fetched", "signing keys could not be fetched")

REFRESH_EVERY: Final = 3_600.0
RETRY_AFTER: Final = 60.0
# How often unknown key ids may cause a fetch. Bot Framework announces keys long before it uses them, so this
# delays a surprise by a minute at worst while somebody floods the bot with invented ids.
UNKNOWN_WINDOW: Final = 60.0
# The same while there are no keys at all and nobody can be served anyway.
EMPTY_WINDOW: Final = 5.0
_TIMEOUT = aiohttp.ClientTimeout(total=10)
_MAX_DOCUMENT = 1024 * 1024
_MIN_BITS = 2048


class KeysUnavailable(Exception):  # noqa: N818 - named after what the caller is told
    """No key is known, because the metadata was never fetched successfully."""


@dataclass(frozen=True)
class SigningKey:
    """A public key, and the channels (such as `msteams`) whose activities it may sign for."""

    public: RSAPublicKey
    endorsements: frozenset[str]


class SigningKeys:
    """The keys by id. Whatever goes wrong in a fetch is logged, and the keys known before stay in use."""

    def __init__(self, session: aiohttp.ClientSession, metadata_url: str, clock: Clock) -> None:
        self._session = session
        self._metadata_url = URL(metadata_url)
        self._clock = clock
        self._keys: Mapping[str, SigningKey] = {}
        # True if the last fetch has succeeded.
        self._is_fresh = False
        self._next_for_unknown = clock.now()
        self._one_at_a_time = asyncio.Lock()

    @property
    def known(self) -> bool:
        """True if there are any keys."""
        return bool(self._keys)

    async def find(self, kid: str) -> SigningKey | None:
        """Return the key with this id, or None. Raise KeysUnavailable while no key is known at all."""
        if kid not in self._keys:
            await self._fetch_for_unknown(kid)
        if not self._keys:
            raise KeysUnavailable
        return self._keys.get(kid)

    async def keep_fresh(self) -> None:
        """Fetch now, hourly, and sooner after a failure. Run until cancelled."""
        interval = Interval(lambda: REFRESH_EVERY if self._is_fresh else RETRY_AFTER)
        await repeat(self._refresh_alone, interval, _FAILURES, clock=self._clock)

    async def _refresh_alone(self) -> None:
        async with self._one_at_a_time:
            await self._refresh()

    async def _fetch_for_unknown(self, kid: str) -> None:
        async with self._one_at_a_time:
            # Whoever waited here for somebody else's fetch may have its key by now.
            if kid in self._keys or self._clock.now() < self._next_for_unknown:
                return
            await self._refresh()
            self._next_for_unknown = self._clock.now() + (UNKNOWN_WINDOW if self._keys else EMPTY_WINDOW)

    async def _refresh(self) -> None:
        self._is_fresh = False
        try:
            self._keys = await self._fetch()
        except (aiohttp.ClientError, OSError, ValueError, RecursionError) as error:
            _LOG.warning("signing keys could not be fetched (%s); %d known", type(error).__name__, len(self._keys))
            return
        self._is_fresh = True
        _LOG.info("signing keys fetched: %d", len(self._keys))

    async def _fetch(self) -> Mapping[str, SigningKey]:
        metadata = await self._document(self._metadata_url)
        address = metadata.get("jwks_uri")
        if not isinstance(address, str) or URL(address).scheme != self._metadata_url.scheme:
            raise ValueError("the metadata names no usable jwks_uri")
        return _keys((await self._document(URL(address))).get("keys"))

    async def _document(self, url: URL) -> Mapping[str, object]:
        async with self._session.get(url, timeout=_TIMEOUT, allow_redirects=False) as response:
            if response.status != HTTPStatus.OK:
                raise ValueError(f"status {response.status}")
            content = json.loads(await _read(response.content))
        if not isinstance(content, dict):
            raise ValueError("not a JSON object")  # noqa: TRY004 - every unusable document is a ValueError here
        return content


async def _read(stream: aiohttp.StreamReader) -> bytes:
    content = bytearray()
    async for chunk in stream.iter_chunked(64 * 1024):
        content += chunk
        if len(content) > _MAX_DOCUMENT:
            raise ValueError("document too big")
    return bytes(content)


def _keys(entries: object) -> Mapping[str, SigningKey]:
    """Return the usable RSA keys of a JSON Web Key Set. An empty set is a ValueError, not an order to trust nobody."""
    if not isinstance(entries, list):
        raise ValueError("no list of keys")  # noqa: TRY004 - see above
    found = dict(pair for entry in entries if (pair := _key(entry)) is not None)
    if not found:
        raise ValueError("no usable key")
    return found


def _key(entry: object) -> tuple[str, SigningKey] | None:
    if not isinstance(entry, dict) or entry.get("kty") != "RSA" or not isinstance(entry.get("kid"), str):
        return None
    try:
        public = jwt.PyJWK(entry, algorithm="RS256").key
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    if not isinstance(public, RSAPublicKey) or public.key_size < _MIN_BITS:
        return None
    endorsements = entry.get("endorsements")
    names = endorsements if isinstance(endorsements, list) else []
    return entry["kid"], SigningKey(public, frozenset(name for name in names if isinstance(name, str)))
