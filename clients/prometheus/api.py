"""Prometheus' HTTP API, limited to instant queries.

Read against Prometheus 2.42 and 3.x (`/api/v1/query`), and Azure Monitor's managed service, which takes one metric a
query: no two names, no name by a pattern.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from clients.answers import Json, UnreadableError, all_parts, if_object, json_object, mapping, part, text, texts
from clients.errors import Forbidden, Unavailable
from clients.http import authorization, read_whole, session

SYSTEM: Final = "Prometheus"
Token = Callable[[], Awaitable[str]]

# 5,000 homes are less than 1 MiB of one metric.
_LARGEST: Final = 8 << 20
_AT_ONCE: Final = 4
_MOST_WARNINGS: Final = 3
_LONGEST: Final = 300
_LONGEST_NUMBER: Final = 40
_REMEDY: Final = (
    "Let the bot read its data: at Azure Monitor, by the role Monitoring Data Reader on the workspace "
    "(docs/permissions.md)"
)
# What Prometheus says of a query that it understood and could not answer.
_TOO_MUCH: Final = ("execution", "timeout", "canceled", "too_many_requests")


@dataclass(frozen=True, slots=True)
class Sample:
    """One element of an answer: its labels, its value, and when it has that, in seconds since 1970.

    Both numbers are as Prometheus wrote them: maybe not finite.
    """

    labels: Json
    value: float
    at: float


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to an instant query. With `warnings` it is partial: what is missing in it may exist."""

    samples: tuple[Sample, ...]
    warnings: tuple[str, ...] = ()


class Api:
    """The API at `url`, the address before `/api/v1`; use it within `clients.http.bounded`.

    `token` returns a bearer token and is called for each request; None where none is needed. `trust` is a PEM file of
    the only authorities to trust, instead of the system's. Raises ValueError for an address that is not plain http or
    https.
    """

    def __init__(self, url: str, token: Token | None, trust: Path | None) -> None:
        address = urlsplit(url)
        if address.scheme not in ("http", "https") or not address.hostname or address.username or address.query:
            raise ValueError("Prometheus' address must be a plain http or https address")
        self._root = url.rstrip("/").removesuffix("/api/v1")
        self._token = token
        self._trust = trust
        self._session: aiohttp.ClientSession | None = None
        self._turn = asyncio.Semaphore(_AT_ONCE)

    async def close(self) -> None:
        """Close the session. The next call opens another."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def query(self, expression: str) -> Answer:
        """Return the vector that an expression is now, by Prometheus' own clock; at most four are asked for at once."""
        async with self._turn:
            return _answer(await self._post({"query": expression}))

    async def _post(self, form: dict[str, str]) -> Json:
        headers = {"Accept": "application/json"}
        if self._token is not None:
            headers |= authorization(SYSTEM, "Bearer", await self._token())
        trusted: Any = {} if self._trust is None else {"ssl": await asyncio.to_thread(_trusting, self._trust)}
        self._session = self._session or session("prometheus", self._root)
        asked = self._session.post(
            f"{self._root}/api/v1/query", data=form, headers=headers, allow_redirects=False, **trusted
        )
        async with asked as response:
            content = await read_whole(response, _LARGEST)
            _check(response.status, content)
            return json_object(content)


def _trusting(file: Path) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=file)
    except OSError:
        raise Unavailable(SYSTEM, "cannot be asked: the file of trusted authorities cannot be read") from None


def _check(status: int, content: bytes) -> None:
    """Raise Unavailable for every status but 200, as Forbidden where the bot may not ask."""
    match status:
        case HTTPStatus.OK:
            return
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            raise Forbidden(SYSTEM, f"refused the bot ({status})", _REMEDY)
        case HTTPStatus.NOT_FOUND | HTTPStatus.METHOD_NOT_ALLOWED:
            raise Unavailable(SYSTEM, f"is not at the configured address ({status}): check prometheus.url")
    raise Unavailable(SYSTEM, f"answered with an error ({status}){_reason(if_object(content))}")


def _reason(refusal: Json) -> str:
    """Return what Prometheus says of a query that was too much for it; nothing of what else it may say."""
    said = " ".join(text(refusal, "error").split())[:_LONGEST]
    return f": {said}" if said and text(refusal, "errorType") in _TOO_MUCH else ""


def _answer(given: Json) -> Answer:
    data = part(given, "data")
    if given.get("status") != "success" or data.get("resultType") != "vector":
        raise UnreadableError
    found = tuple(_sample(one) for one in all_parts(data, "result"))
    return Answer(found, tuple(_short(one) for one in texts(given, "warnings")[:_MOST_WARNINGS]))


def _short(warning: str) -> str:
    return " ".join(warning.split())[:_LONGEST]


def _sample(one: Json) -> Sample:
    match one.get("value"):
        case [float() | int() as at, str(value)]:
            return Sample(mapping(one.get("metric")), _number(value), float(at))
    raise UnreadableError


def _number(written: str) -> float:
    try:
        return float(written[:_LONGEST_NUMBER])
    except ValueError:
        raise UnreadableError from None


def merged_warnings(answers: Sequence[Answer]) -> tuple[str, ...]:
    """Return the warnings of several answers, each once."""
    return tuple(dict.fromkeys(one for answer in answers for one in answer.warnings))[:_MOST_WARNINGS]
