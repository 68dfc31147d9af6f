"""OpenTelemetry's exporters, as `bot/telemetry/` uses them."""

import logging

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from tests.reality.answering import answering
from tests.reality.belief import belief


@pytest.fixture
def quiet():
    """What an exporter logs of a collector that refuses is not what is asked here."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@belief(
    "What does `force_flush` return when the collector refused everything?",
    guess="False",
    answer="True: it says that nothing waits any more, not that anything arrived",
    packages=("opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http"),
    then="bot/telemetry/traces.py may ask the flush whether traces arrive",
)
def test_a_flush_of_what_is_refused(quiet):
    del quiet
    with answering({"POST": (400, {}, b"")}) as collector:
        provider = TracerProvider()
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{collector.url}/v1/traces", timeout=5)))
        provider.get_tracer("reality").start_span("work").end()
        flushed = provider.force_flush(10_000)
        provider.shutdown()
    assert len(collector.asked) == 1
    assert flushed is True
