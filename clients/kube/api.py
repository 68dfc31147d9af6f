"""The connection to the API server: credentials, time-outs, and what its refusals mean."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from kubernetes.aio.client.api_client import ApiClient
from kubernetes.aio.client.configuration import Configuration
from kubernetes.aio.config import ConfigException, incluster_config, kube_config
from yaml import YAMLError

from clients.errors import NotFound, Unavailable
from clients.http import is_loopback
from clients.traffic import TRACEPARENT, watched

Json = dict[str, Any]

SYSTEM = "Kubernetes"

# What the SDK raises for configurations that are absent, broken or not of the expected shape.
_JSON = "application/json"
# A JSON merge patch (RFC 7386) says only what becomes different.
_FORMS = {"PATCH": "application/merge-patch+json"}
_UNUSABLE = (ConfigException, YAMLError, OSError, ValueError, TypeError, LookupError, AttributeError)


class Expired(Unavailable):
    """The resource version or the page asked for is gone (410): list again."""

    def __init__(self) -> None:
        super().__init__(SYSTEM, "answered that the list has expired (410)")


class BadRequest(Unavailable):
    """What was asked for makes no sense to the API server (400)."""

    def __init__(self, what: str) -> None:
        super().__init__(SYSTEM, f"did not understand what it was asked (400, asked to {what})")


class KubeApi:
    """One connection pool to one API server, safe to share between tasks.

    `get` and `open` read; `change` is for `KubeWriter` alone.

    `timeout` (seconds) bounds each answer as a whole, connecting and credentials included.
    """

    def __init__(self, client: ApiClient, *, timeout: float) -> None:
        self._client = client
        self.timeout = timeout

    async def close(self) -> None:
        """Close the connections. The object is of no use afterwards."""
        await self._client.close()  # type: ignore[no-untyped-call] # not annotated there

    async def get(self, path: str, what: str, query: Mapping[str, str] | None = None) -> Json:
        """The JSON object at `path`; `what` says in an error what was asked for ("list pods").

        Raises Unavailable, NotFound (404) and Expired (410). Unbounded in time: see `bounded`.
        """
        async with self.open(path, what, query, aiohttp.ClientTimeout(total=None)) as response:
            body = await response.read()
        try:
            answer = orjson.loads(body)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise Unavailable(SYSTEM, f"gave an answer that cannot be read (asked to {what})")
        return answer

    @asynccontextmanager
    async def open(
        self, path: str, what: str, query: Mapping[str, str] | None, limits: aiohttp.ClientTimeout
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """A successful response whose body the caller reads. Raises what `get` raises, in the body too."""
        response: aiohttp.ClientResponse | None = None
        try:
            async with asyncio.timeout(self.timeout):
                response = await self._send(path, query, limits)
            _check(response.status, what)
            yield response
        except TimeoutError as error:
            raise Unavailable(SYSTEM, f"did not answer in time (asked to {what})") from error
        except (aiohttp.ClientError, OSError) as error:
            raise Unavailable(SYSTEM, _unreachable(error)) from error
        finally:
            if response is not None:
                response.close()

    async def change(self, method: str, path: str, what: str, body: Json) -> tuple[int, Json]:
        """Send `body` and return the status, whatever it is, and the answer's JSON object. A PATCH merges it.

        The object is empty where a refusal has none; a success without one was not Kubernetes', and is Unavailable.

        Raises Unavailable; whether the change was made is then not known.
        """
        try:
            async with asyncio.timeout(self.timeout):
                response = await self._send(path, None, aiohttp.ClientTimeout(total=None), method, body)
                try:
                    content = await response.read()
                finally:
                    response.close()
        except TimeoutError as error:
            raise Unavailable(SYSTEM, f"did not answer in time (asked to {what})") from error
        except (aiohttp.ClientError, OSError) as error:
            raise Unavailable(SYSTEM, _unreachable(error)) from error
        answer = _object(content)
        if not answer and response.status < HTTPStatus.MULTIPLE_CHOICES:
            raise Unavailable(SYSTEM, f"gave an answer that cannot be read (asked to {what})")
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
        """Everything inside takes at most `timeout` seconds, or is Unavailable."""
        try:
            async with asyncio.timeout(self.timeout):
                yield
        except TimeoutError as error:
            raise Unavailable(SYSTEM, f"did not answer within {self.timeout:g} s (asked to {what})") from error


def _object(content: bytes) -> Json:
    try:
        answer = orjson.loads(content)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


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
            raise Unavailable(SYSTEM, f"refused: the bot may not {what} (403)")
        case HTTPStatus.TOO_MANY_REQUESTS:
            raise Unavailable(SYSTEM, "is overloaded and asked to come back later (429)")
        case _:
            raise Unavailable(SYSTEM, f"answered with an error ({status})")


def _unreachable(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return "shows a certificate that is not trusted"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "cannot be found: its name does not resolve"
    if isinstance(error, aiohttp.ClientConnectorError):
        return "cannot be reached: the connection was refused"
    return "broke off the connection"


async def connect(kubeconfig: Path | None, context: str | None = None, *, timeout: float = 5.0) -> KubeApi:  # noqa: ASYNC109 - bounds later calls, not this one
    """Prepare a connection; nothing is asked of the API server yet.

    Without `kubeconfig` the service account of the pod is used. A kubeconfig's `exec` plugin is run here and
    again whenever its token has expired. Raises Unavailable when there are no usable credentials.
    """
    try:
        client = await asyncio.to_thread(_prepare, kubeconfig, context)
    except _UNUSABLE as error:
        where = "no usable kubeconfig" if kubeconfig else "no service account to use: not inside a cluster?"
        raise Unavailable(SYSTEM, f"cannot be asked: {where}") from error
    return KubeApi(client, timeout=timeout)


def _prepare(kubeconfig: Path | None, context: str | None) -> ApiClient:
    # In a thread of its own: reading files, starting plugins and loading trust stores would hold up the loop.
    settings = Configuration()
    if kubeconfig is None:
        incluster_config.load_incluster_config(settings)  # type: ignore[no-untyped-call] # not annotated there
    else:
        asyncio.run(_load(kubeconfig, context, settings))
    # Certificates that kubectl accepts, made by older tools, would be refused from Python 3.13 on.
    settings.disable_strict_ssl_verification = True
    settings.client_session_kwargs = {
        "trust_env": not is_loopback(settings.host),
        "trace_configs": watched("kubernetes", TRACEPARENT),
    }
    return ApiClient(settings)


async def _load(kubeconfig: Path, context: str | None, settings: Configuration) -> None:
    loader = await kube_config.load_kube_config(  # type: ignore[no-untyped-call] # not annotated there
        config_file=str(kubeconfig), context=context, client_configuration=settings, persist_config=False
    )
    if hasattr(loader, "exec_plugin_expiry"):
        settings.refresh_api_key_hook = _refresher(loader)


def _refresher(loader: kube_config.KubeConfigLoader) -> Any:  # noqa: ANN401 - the type of an SDK's hook
    running: asyncio.Lock | None = None

    async def refresh(settings: Configuration) -> None:
        nonlocal running
        running = running or asyncio.Lock()
        async with running:
            await loader.load_from_exec_plugin()  # type: ignore[no-untyped-call] # not annotated there
        settings.api_key["BearerToken"] = loader.token

    return refresh
