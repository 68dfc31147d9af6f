"""OpenTelemetry traces of the bot's work, sent by OTLP over HTTP. Imported, and its libraries, only where that is set.

The trace's id is the id of what is done (`bot.instrumentation.correlation`), filled up with zeros: so everything of
one change is one trace, over restarts and replicas, and the id on a log line or on a revision of the release finds it.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from importlib.metadata import version
from typing import Final

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, StatusCode, TraceFlags, set_span_in_context
from opentelemetry.trace import Span as AnySpan

from bot.instrumentation.correlation import current
from bot.instrumentation.spans import traced
from clients.instrumentation import Call, observed

_SYSTEM: Final = "jhub-bot"
# The span that encloses what is done here now.
_ENCLOSING: Final[ContextVar[AnySpan | None]] = ContextVar("enclosing", default=None)
# The span that a request begins with has the id of the request itself: those who go on with it know their parent.
_FIRST: Final = "message"


class _Ids(IdGenerator):
    """Random ids, but for the request's own."""

    def __init__(self) -> None:
        self._any = RandomIdGenerator()
        self.first = False

    def generate_span_id(self) -> int:
        first, self.first = self.first, False
        return _number(current()) if first and _number(current()) else self._any.generate_span_id()

    def generate_trace_id(self) -> int:
        return _number(current()) or self._any.generate_trace_id()


def _number(correlation: str) -> int:
    return int(correlation, 16) if correlation else 0


class Traces:
    """Source of spans for the bot's work and its calls. They are sent in batches, in a thread."""

    def __init__(self, exporter: SpanExporter, replica: str) -> None:
        about = {"service.name": _SYSTEM, "service.version": version("jhub-teams-bot"), "service.instance.id": replica}
        self._ids = _Ids()
        # Without what the library would look up about this machine and process by itself.
        self._provider = TracerProvider(resource=Resource(about), id_generator=self._ids, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer(_SYSTEM)

    @contextmanager
    def span(self, name: str, attributes: dict[str, str]) -> Iterator[None]:
        """Trace a span: a tracer for `bot.instrumentation.spans`."""
        self._ids.first = name == _FIRST
        made = self._tracer.start_span(name, _parent(first=name == _FIRST), attributes=attributes)
        token = _ENCLOSING.set(made)
        try:
            yield
        except BaseException as error:
            _failed(made, type(error).__name__)
            raise
        finally:
            _ENCLOSING.reset(token)
            made.end()

    @contextmanager
    def calling(self, call: Call) -> Iterator[None]:
        """Trace a call: an observer for `clients.instrumentation`.

        What the bot looks at by itself has no trace: it would be most.
        """
        if not current():
            yield
            return
        made = self._tracer.start_span(f"{call.system} {call.method}", _parent(), SpanKind.CLIENT)
        context = made.get_span_context()
        call.span, call.sampled = f"{context.span_id:016x}", context.trace_flags.sampled
        try:
            yield
        finally:
            made.set_attributes({"peer.service": call.system, "jhub_bot.code": call.code})
            if not call.code.isdecimal() and call.code != "ok":
                _failed(made, call.code)
            made.end()

    def close(self) -> None:
        """Send what is left. It takes some seconds if the receiver does not answer."""
        self._provider.shutdown()


def _failed(made: AnySpan, what: str) -> None:
    # The kind alone: an error's text may have what people typed.
    made.set_status(StatusCode.ERROR, what)


def _parent(*, first: bool = False) -> Context:
    """Return the context of a new span: the enclosing one of the same trace, or the request's own."""
    number, enclosing = _number(current()), _ENCLOSING.get()
    if first:
        return Context()
    if enclosing is not None and number in (0, enclosing.get_span_context().trace_id):
        return set_span_in_context(enclosing, Context())
    if not number:
        return Context()
    its = SpanContext(number, number, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    return set_span_in_context(NonRecordingSpan(its), Context())


@asynccontextmanager
async def sent(endpoint: str, replica: str, *, patience: float = 5.0) -> AsyncIterator[None]:
    """Send traces to `endpoint`, an OTLP receiver's base address such as http://collector:4318, while the block lasts.

    A batch that nobody takes within `patience` seconds is lost, at the end too. Everything else is set by
    OpenTelemetry's own variables, such as OTEL_EXPORTER_OTLP_HEADERS.
    """
    traces = Traces(OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=patience), replica)
    try:
        with traced(traces.span), observed(traces.calling):
            yield
    finally:
        await asyncio.to_thread(traces.close)
