"""Observation of outgoing calls, for metrics and traces: each with its system and its result.

Observers belong to the process, as logging's handlers do: clients are made in many places, and none of them depends on
who observes. An address is never passed on, since some are as good as a password.
"""

import asyncio
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from http import HTTPStatus
from types import SimpleNamespace
from typing import Final

import aiohttp

# What everything belongs to that is done now: 16 hexadecimal digits, the id of an operation or of a request; or empty.
CORRELATION: Final[ContextVar[str]] = ContextVar("correlation", default="")

# The names of headers that tell a system which request of ours this is.
TRACEPARENT: Final = "traceparent"
AZURE_REQUEST_ID: Final = "x-ms-client-request-id"
GRAPH_REQUEST_ID: Final = "client-request-id"

UNANSWERED, UNREACHABLE, FAILED = "unanswered", "unreachable", "failed"
_STATUSES: Final = frozenset(HTTPStatus)
_METHODS: Final = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"))


@dataclass
class Call:
    """One call in progress. `code` is known at its end: see `call`.

    `span` (16 hexadecimal digits) and `sampled` may be set by an observer that keeps traces.
    """

    system: str
    method: str
    code: str = ""
    span: str = field(default_factory=lambda: secrets.token_hex(8))
    sampled: bool = False

    def headers(self, names: Sequence[str]) -> dict[str, str]:
        """Return these headers for this call; none while there is no correlation id."""
        trace = trace_id(CORRELATION.get())
        return {name: self._header(name, trace) for name in names} if trace else {}

    def _header(self, name: str, trace: str) -> str:
        if name == TRACEPARENT:
            # W3C Trace Context, version 00.
            return f"00-{trace}-{self.span}-{'01' if self.sampled else '00'}"
        # Azure and Graph want a GUID.
        return "-".join((trace[:8], trace[8:12], trace[12:16], trace[16:20], trace[20:]))


Observer = Callable[[Call], AbstractContextManager[None]]
_OBSERVERS: Final[list[Observer]] = []


def trace_id(correlation: str) -> str:
    """Return the trace id for a correlation id: padded with zeros on the left, as W3C advises for shorter ids."""
    return correlation.rjust(32, "0") if correlation.strip("0") else ""


@contextmanager
def observed(observer: Observer) -> Iterator[None]:
    """Enter `observer` around each call while the block lasts. It must not raise."""
    _OBSERVERS.append(observer)
    try:
        yield
    finally:
        _OBSERVERS.remove(observer)


@contextmanager
def call(system: str, method: str) -> Iterator[Call]:
    """Observe one call to an outside system; the block sets `code` from the answer.

    Where the block raises instead, the code is "unanswered" (too late, or cancelled), "unreachable" or "failed".
    `system` and `method` are fixed words, as labels of metrics are.
    """
    made = Call(system, method)
    with ExitStack() as stack:
        for observer in tuple(_OBSERVERS):
            stack.enter_context(observer(made))
        try:
            yield made
        except BaseException as error:
            made.code = made.code or _code(error)
            raise


def status(code: int) -> str:
    """Return a status as a label: those that HTTP defines, and one word for all others."""
    return str(code) if code in _STATUSES else "other"


def _code(error: BaseException) -> str:
    if isinstance(error, TimeoutError | asyncio.CancelledError):
        return UNANSWERED
    return UNREACHABLE if isinstance(error, aiohttp.ClientConnectionError | OSError) else FAILED


def watched(system: str, *carries: str) -> list[aiohttp.TraceConfig]:
    """Return the `trace_configs` of a session for `system`: each request is a call, until its headers have arrived.

    `carries` are the headers by which the system itself records the id of the request.
    """
    config = aiohttp.TraceConfig()

    async def start(
        _session: aiohttp.ClientSession, request: SimpleNamespace, params: aiohttp.TraceRequestStartParams
    ) -> None:
        method = params.method if params.method in _METHODS else "other"
        request.stack = ExitStack()
        request.made = request.stack.enter_context(call(system, method))
        params.headers.update(request.made.headers(carries))

    async def end(
        _session: aiohttp.ClientSession, request: SimpleNamespace, params: aiohttp.TraceRequestEndParams
    ) -> None:
        request.made.code = status(params.response.status)
        request.stack.close()

    async def failed(
        _session: aiohttp.ClientSession, request: SimpleNamespace, params: aiohttp.TraceRequestExceptionParams
    ) -> None:
        request.made.code = _code(params.exception)
        # The exception is the requester's to see: here it is over either way.
        request.stack.close()

    config.on_request_start.append(start)
    config.on_request_end.append(end)
    config.on_request_exception.append(failed)
    return [config]
