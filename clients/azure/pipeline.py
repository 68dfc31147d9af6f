"""The common part of every client of Azure Resource Manager by an SDK: authentication, retries, errors in words."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from typing import Any, Final, Self, TypeVar
from urllib.parse import SplitResult, urlsplit

import aiohttp
from azure.core import AsyncPipelineClient
from azure.core.credentials import AccessToken
from azure.core.exceptions import AzureError, DecodeError, HttpResponseError, ServiceRequestError, ServiceResponseError
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import AsyncHTTPPolicy, AsyncRetryPolicy
from azure.core.pipeline.transport import AsyncHttpResponse, HttpRequest
from azure.core.rest import AsyncHttpResponse as RestResponse
from azure.core.rest import HttpRequest as RestRequest

from clients.answers import RedirectedError, UnreadableError, UnusableError, all_parts, json_object
from clients.azure.error_codes import AzureRefusal, refusal
from clients.azure.identity import Token
from clients.azure.transport import Transport
from clients.errors import Conflict, Forbidden, NotFound, Rejected, Unavailable
from clients.http import segment
from clients.instrumentation import AZURE_REQUEST_ID, call, status

SYSTEM: Final = "Azure"
# A request that changes something may take so many times as long as one that reads.
_CHANGES_TAKE: Final = 4
# Between two looks at an operation, in seconds, whatever Azure says.
_MAX_DELAY: Final = 60.0
_BY_ROLE: Final = (
    "Whoever assigns roles in Azure gives the bot's identity a role with that action: docs/azure.md lists those on the "
    "cluster, docs/images.md those on the registry"
)
T = TypeVar("T")


def resource_path(subscription: str, group: str, kind: str, name: str) -> str:
    """Return the path of a resource; `kind` is its provider and type. Raise ValueError for what no name can be."""
    place = f"/subscriptions/{segment(subscription)}/resourceGroups/{segment(group)}"
    return f"{place}/providers/{kind}/{segment(name)}"


class Busy(Unavailable):
    """Another operation is in progress on the cluster; nothing was done."""

    def __init__(self) -> None:
        super().__init__(SYSTEM, "is still busy with another operation on this cluster: try again when it has ended")


class SdkCredential:
    """The credential argument of an SDK's client; `_Bearer` does the authentication."""

    def __init__(self, token: Token) -> None:
        self._token = token

    async def get_token(self, *scopes: str, **_: object) -> AccessToken:
        """Return the token, whatever the scope."""
        del scopes
        return AccessToken(await self._token(), int(time.time()) + 60)

    async def close(self) -> None:
        """Do nothing: no connection is held."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class _Bearer(AsyncHTTPPolicy[HttpRequest, AsyncHttpResponse]):
    """A policy that sends the token, also over plain HTTP to a sandbox, and only to the service at `base_url`.

    The next page of a list and the address of an operation are taken from an answer, which may name another host.
    """

    def __init__(self, base_url: str, token: Token) -> None:
        super().__init__()
        self._home = urlsplit(base_url)
        self._token = token

    async def send(self, request: PipelineRequest[HttpRequest]) -> PipelineResponse[HttpRequest, AsyncHttpResponse]:
        if not _is_at(self._home, urlsplit(request.http_request.url)):
            raise RedirectedError
        request.http_request.headers["Authorization"] = f"Bearer {await self._token()}"
        with call("azure", request.http_request.method) as made:
            request.http_request.headers.update(made.headers((AZURE_REQUEST_ID,)))
            response = await self.next.send(request)
            made.code = status(response.http_response.status_code)
            return response


class _OnceMore(AsyncRetryPolicy[HttpRequest, AsyncHttpResponse]):
    """A retry policy that repeats a request without an answer. An answer is final, also one that asks for patience."""

    def is_retry(self, settings: dict[str, Any], response: PipelineResponse[Any, Any]) -> bool:
        """Return False: an answer is never retried."""
        del settings, response
        return False


def _is_at(home: SplitResult, there: SplitResult) -> bool:
    """Return True if both addresses are the same service; a region's host (`westeurope.management.azure.com`) is."""
    name, other = home.hostname or "", there.hostname or ""
    same = (home.scheme, home.port) == (there.scheme, there.port)
    return same and (other == name or other.endswith(f".{name}"))


def listing(response: PipelineResponse[object, RestResponse]) -> None:
    """Check the list in a response, as its `raw_response_hook`. Raise UnreadableError.

    The SDKs read an empty list out of an answer that has none.
    """
    if response.http_response.status_code == HTTPStatus.OK:
        all_parts(json_object(response.http_response.content), "value")


def pipeline(base_url: str, token: Token) -> dict[str, Any]:
    """Return the keyword arguments for an SDK's client of `base_url`. `token` is called for each request."""
    return {
        "authentication_policy": _Bearer(base_url, token),
        "transport": Transport(base_url, max_delay=_MAX_DELAY),
        "permit_redirects": False,
        # Whoever waits for a card rather hears of it; operations are looked at again by those who wait for them.
        "retry_policy": _OnceMore(retry_total=1, retry_backoff_factor=0.1),
    }


def rest_client(base_url: str, token: Token) -> AsyncPipelineClient[RestRequest, RestResponse]:
    """Return a client for a service without an SDK here. It sends as the SDKs do, and repeats nothing."""
    how = pipeline(base_url, token)
    return AsyncPipelineClient(base_url, policies=[how["authentication_policy"]], transport=how["transport"])


async def reading(ask: Callable[[], Awaitable[T]], timeout: float) -> T:  # noqa: ASYNC109 - part of the message
    """Return the answer to a read within `timeout` seconds. Raise Unavailable or NotFound."""
    try:
        async with asyncio.timeout(timeout), translated():
            return await ask()
    except TimeoutError:
        raise Unavailable(SYSTEM, f"did not answer within {timeout:g} s") from None
    except Rejected as error:
        raise Unavailable(SYSTEM, f"refused to answer: {error}") from None


@asynccontextmanager
async def changing(timeout: float, known: Mapping[str, str]) -> AsyncIterator[None]:  # noqa: ASYNC109 - of a read
    """Bound and translate a request that changes something. After a timeout it is unknown if the change was made."""
    try:
        async with asyncio.timeout(timeout * _CHANGES_TAKE), translated(known):
            yield
    except TimeoutError:
        raise Unavailable(SYSTEM, "did not answer in time") from None


@contextmanager
def readable() -> Iterator[None]:
    """Turn errors of reading an answer into Unavailable."""
    try:
        yield
    except UnusableError as error:
        raise Unavailable(SYSTEM, error.what) from None
    except (ValueError, LookupError, AttributeError, TypeError, RecursionError, OverflowError):
        raise Unavailable(SYSTEM, UnreadableError.what) from None


@asynccontextmanager
async def translated(known: Mapping[str, str] | None = None) -> AsyncIterator[None]:
    """Turn errors of the SDK into those of `clients.errors`. `known` maps parts of Azure's codes to advice."""
    try:
        yield
    except DecodeError:
        raise Unavailable(SYSTEM, UnreadableError.what) from None
    except HttpResponseError as error:
        raise _refusal(error, known or {}) from None
    except (ServiceRequestError, ServiceResponseError, aiohttp.ClientError, OSError):
        raise Unavailable(SYSTEM, "cannot be reached") from None
    except UnusableError as error:
        raise Unavailable(SYSTEM, error.what) from None
    except AzureError as error:
        raise Unavailable(SYSTEM, f"could not be queried ({type(error).__name__})") from None
    except (ValueError, LookupError, AttributeError, TypeError, RecursionError, OverflowError):
        # What the SDK trips over when a proxy answers in Azure's place.
        raise Unavailable(SYSTEM, UnreadableError.what) from None


def _refusal(error: HttpResponseError, known: Mapping[str, str]) -> Exception:
    """Return the error for a status and Azure's codes. A failed operation has the status 200."""
    told, status = refusal(error), error.status_code or 0
    if status == HTTPStatus.PRECONDITION_FAILED:
        return Conflict("It was changed in the meantime.")
    if status == HTTPStatus.CONFLICT and "in progress" in told.message.lower():
        return Busy()
    if status == HTTPStatus.NOT_FOUND:
        return NotFound(f"{SYSTEM} found nothing by that name ({told.code})")
    if status == HTTPStatus.FORBIDDEN and told.lacks_role:
        what = f": {told.lacking}" if told.lacking else ""
        return Forbidden(
            SYSTEM, f"refused: the bot's identity does not have that permission ({told.code}){what}", _BY_ROLE
        )
    if outage := _outage(status, told):
        return Unavailable(SYSTEM, outage)
    return Rejected(SYSTEM, told.code, told.shown(known))


def _outage(status: int, told: AzureRefusal) -> str:
    """Return the reason why Azure could not or would not answer at all; empty for an answer to the request."""
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return "refused the bot's token (401)"
        case HTTPStatus.FORBIDDEN if not told.codes:
            return "refused and did not say why (403)"
        case HTTPStatus.TOO_MANY_REQUESTS:
            return "asked the bot to slow down: try again in a minute (429)"
    return f"answered with an error ({status})" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else ""
