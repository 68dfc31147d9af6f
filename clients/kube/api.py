"""The connection to the API server: credentials, time-outs, errors, and a check that an answer is what was requested.

An answer is believed where it names the kind that was requested: something in between, or a broken server, may answer
`{}` with 200, which would read as "no pods".
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import aiohttp
from kubernetes.aio.client.api_client import ApiClient

from clients.answers import (
    Json,
    TooLongError,
    UnreadableError,
    UnusableError,
    all_parts,
    if_object,
    json_object,
    needed,
    part,
    text,
)
from clients.errors import Forbidden, NotFound, Unavailable
from clients.http import lines, read_whole, unreachable

SYSTEM = "Kubernetes"
# One object: etcd takes 1.5 MiB at most.
_ONE: Final = 4 << 20
# A page of 500 pods has some 10 MB, Helm's ten records of a release at most 20.
_LARGEST: Final = 32 << 20
# A list in one piece, and all the pages of one.
_WHOLE: Final = 64 << 20
_MOST: Final = 128 << 20
# The metrics of the API server of a cluster with thousands of nodes have some 20 MB; a line has some hundred bytes.
_METRICS: Final = 64 << 20
_LONGEST_LINE: Final = 4 << 10
_SUCCESS: Final = range(200, 300)

# What the SDK raises for configurations that are absent, broken or not of the expected shape.
_JSON = "application/json"
_STATUS = "Status"
BY_ROLE: Final = "Grant it in the bot's Role (docs/permissions.md)"
# A JSON merge patch (RFC 7386) says only what becomes different.
_FORMS = {"PATCH": "application/merge-patch+json"}


class Expired(Unavailable):
    """The requested resource version or page is gone (410): list again."""

    def __init__(self) -> None:
        super().__init__(SYSTEM, "answered that the list has expired (410)")


class BadRequest(Unavailable):
    """The API server did not understand the request (400)."""

    def __init__(self, what: str) -> None:
        super().__init__(SYSTEM, f"did not understand the request (400, asked to {what})")


@dataclass
class Allowance:
    """The number of bytes that all the answers to one question may still have."""

    bytes: int = _MOST


class KubeApi:
    """One connection pool to one API server, safe to share between tasks.

    `get`, `listed` and `open` read; `change` is for `KubeWriter`, and for reviews and dry runs, which change nothing.

    `timeout` (seconds) bounds each answer as a whole, connecting and credentials included.
    """

    def __init__(self, client: ApiClient, *, timeout: float) -> None:
        self._client = client
        self.timeout = timeout

    async def close(self) -> None:
        """Close the connections. The object cannot be used afterwards."""
        await self._client.close()  # type: ignore[no-untyped-call] # not annotated there

    async def get(self, path: str, what: str, kind: str) -> Json:
        """Return the object of that kind at `path`; `what` describes the request in errors ("read a claim").

        Raise Unavailable, NotFound (404) or Expired (410). Unbounded in time: see `bounded`.
        """
        with _readable(what):
            answer = await self._got(path, what, None, _ONE)
            _check_kind(answer, kind)
            needed(part(answer, "metadata"), "name")
            return answer

    async def version(self) -> str:
        """Return the version of the API server, such as "v1.32.1". Raise as `get` does."""
        what = "read the version"
        with _readable(what):
            return needed(await self._got("/version", what, None, _ONE), "gitVersion")

    async def metrics(self) -> AsyncGenerator[list[bytes], None]:
        """Yield the lines of the API server's own metrics, some at a time. Raise Unavailable.

        Beyond what an API server of a large cluster has, the rest is not read, and Unavailable is raised.
        """
        left, what = _METRICS, "read the API server's metrics"
        async with self.open("/metrics", what, None, aiohttp.ClientTimeout(total=self.timeout)) as response:
            async for some in lines(response, _LONGEST_LINE, cut=True):
                left -= sum(map(len, some))
                if left < 0:
                    raise TooLongError
                yield some

    async def listed(
        self, path: str, what: str, kind: str, query: Mapping[str, str], allowance: Allowance | None = None
    ) -> Json:
        """Return the list of objects of that kind at `path`, with `items` present. Raise as `get` does.

        `allowance` is shared by all the answers that it is given for: beyond it they raise Unavailable.
        """
        left = allowance or Allowance(_LARGEST)
        with _readable(what):
            most = _LARGEST if "limit" in query else _WHOLE
            answer = await self._got(path, what, query, min(most, left.bytes), left)
            _check_kind(answer, f"{kind}List")
            for item in all_parts(answer, "items"):
                needed(part(item, "metadata"), "name")
            return answer

    async def _got(
        self, path: str, what: str, query: Mapping[str, str] | None, most: int, allowance: Allowance | None = None
    ) -> Json:
        async with self.open(path, what, query, aiohttp.ClientTimeout(total=None)) as response:
            body = await read_whole(response, most)
        if allowance is not None:
            allowance.bytes -= len(body)
        return json_object(body)

    @asynccontextmanager
    async def open(
        self, path: str, what: str, query: Mapping[str, str] | None, limits: aiohttp.ClientTimeout
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Open a successful response whose body the caller reads. Raise what `get` raises, in the body too."""
        response: aiohttp.ClientResponse | None = None
        try:
            async with asyncio.timeout(self.timeout):
                response = await self._send(path, query, limits)
            _check(response.status, what)
            yield response
        except TimeoutError as error:
            raise Unavailable(SYSTEM, f"did not answer in time (asked to {what})") from error
        except (aiohttp.ClientError, OSError, UnusableError) as error:
            raise Unavailable(SYSTEM, unreachable(error)) from error
        finally:
            if response is not None:
                response.close()

    async def change(
        self, method: str, path: str, what: str, body: Json, kind: str, query: Mapping[str, str] | None = None
    ) -> tuple[int, Json]:
        """Send `body` and return the status, whatever it is, and the answer's JSON object. A PATCH is a merge patch.

        The object is empty where a refusal has none; a success must answer with an object of that kind, or, after a
        DELETE, with a Status, and raises Unavailable otherwise. Raise Unavailable; it is then unknown if the change was
        made.
        """
        try:
            async with asyncio.timeout(self.timeout):
                response = await self._send(path, query, aiohttp.ClientTimeout(total=None), method, body)
                try:
                    content = await read_whole(response, _ONE)
                finally:
                    response.close()
        except TimeoutError as error:
            raise Unavailable(SYSTEM, f"did not answer in time (asked to {what})") from error
        except (aiohttp.ClientError, OSError, UnusableError) as error:
            raise Unavailable(SYSTEM, unreachable(error)) from error
        answer = if_object(content)
        kinds = (kind, _STATUS) if method == "DELETE" else (kind,)
        if response.status in _SUCCESS and text(answer, "kind") not in kinds:
            raise Unavailable(SYSTEM, f"{UnreadableError.what} (asked to {what})")
        return response.status, answer

    async def _send(
        self,
        path: str,
        query: Mapping[str, str] | None,
        limits: aiohttp.ClientTimeout,
        method: str = "GET",
        body: Json | None = None,
    ) -> aiohttp.ClientResponse:
        headers = {"Accept": "application/json"} | ({"Content-Type": _FORMS.get(method, _JSON)} if body else {})
        request = await self._client.param_serialize(
            method,
            path,
            query_params=list((query or {}).items()),
            header_params=headers,
            body=body,
            auth_settings=["BearerToken"],
        )
        answer = await self._client.call_api(*request, _request_timeout=limits)
        response: aiohttp.ClientResponse = answer.response
        return response

    @asynccontextmanager
    async def bounded(self, what: str) -> AsyncIterator[None]:
        """Limit everything inside to `timeout` seconds. Raise Unavailable."""
        try:
            async with asyncio.timeout(self.timeout):
                yield
        except TimeoutError as error:
            raise Unavailable(SYSTEM, f"did not answer within {self.timeout:g} s (asked to {what})") from error


@contextmanager
def _readable(what: str) -> Iterator[None]:
    try:
        yield
    except UnusableError as error:
        raise Unavailable(SYSTEM, f"{error.what} (asked to {what})") from error


def _check_kind(answer: Json, kind: str) -> None:
    if text(answer, "kind") != kind:
        raise UnreadableError


def _check(status: int, what: str) -> None:
    match status:
        case HTTPStatus.OK:
            return
        case HTTPStatus.NOT_FOUND:
            raise NotFound(f"{SYSTEM} found nothing (asked to {what})")
        case HTTPStatus.GONE:
            raise Expired
        case HTTPStatus.BAD_REQUEST:
            raise BadRequest(what)
        case HTTPStatus.UNAUTHORIZED:
            raise Unavailable(SYSTEM, "refused the bot's credentials (401)")
        case HTTPStatus.FORBIDDEN:
            raise Forbidden(SYSTEM, f"refused: the bot may not {what} (403)", BY_ROLE)
        case HTTPStatus.TOO_MANY_REQUESTS:
            raise Unavailable(SYSTEM, "is overloaded and asked to come back later (429)")
        case _:
            raise Unavailable(SYSTEM, f"answered with an error ({status})")
