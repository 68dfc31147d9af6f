"""Traces, sent as a collector would get them: OTLP over HTTP on loopback, decoded by OpenTelemetry's own messages."""

import asyncio

import pytest

from bot.instrumentation.correlation import following
from bot.instrumentation.spans import span
from bot.telemetry.traces import sent
from clients.instrumentation import TRACEPARENT, call
from tests.bot.telemetry.collector import collecting

ID = "c0a2088495ad2739"
TRACE = "0" * 16 + ID


@pytest.fixture
def collector(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with collecting() as made:
        yield made


async def test_what_belongs_to_one_change_is_one_trace_over_tasks_and_restarts(collector):
    async with sent(collector.url, "bot-0"):
        with following(ID), span("message"):
            pass
    # Another process goes on with it.
    async with sent(collector.url, "bot-0"):
        with following(ID), span("plan"), span("step", number="1"), call("helm", "upgrade") as made:
            headers = made.headers([TRACEPARENT])
            made.code = "ok"
    spans = collector.by_name
    assert {one.trace_id.hex() for one in spans.values()} == {TRACE}
    assert spans["message"].span_id.hex() == ID
    assert spans["message"].parent_span_id == b""
    assert spans["plan"].parent_span_id.hex() == ID
    assert spans["step"].parent_span_id == spans["plan"].span_id
    assert spans["helm upgrade"].parent_span_id == spans["step"].span_id
    assert headers[TRACEPARENT] == f"00-{TRACE}-{spans['helm upgrade'].span_id.hex()}-01"
    assert collector.paths == {"/v1/traces"}


async def test_an_errors_text_is_not_sent(collector):
    async with sent(collector.url, "bot-0"):
        with pytest.raises(ValueError, match="canary"), following(ID), span("plan"):
            raise ValueError("canary-secret")
    assert b"canary" not in b"".join(collector.bodies)
    assert collector.by_name["plan"].status.message == "ValueError"


async def test_what_the_bot_looks_at_by_itself_is_no_trace(collector):
    async with sent(collector.url, "bot-0"):
        with call("kubernetes", "GET") as made:
            made.code = "200"
    assert collector.bodies == []


async def test_a_task_that_serves_another_change_is_not_within_the_first(collector):
    async with sent(collector.url, "bot-0"):
        with following(ID), span("message"), following("1" * 16), call("teams", "PUT") as made:
            made.code = "200"
    spans = collector.by_name
    assert spans["teams PUT"].trace_id.hex() == "0" * 16 + "1" * 16
    assert spans["teams PUT"].parent_span_id.hex() == "1" * 16


async def test_a_collector_that_is_not_there_holds_nobody_up(unused_tcp_port, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    async with asyncio.timeout(9):
        async with sent(f"http://127.0.0.1:{unused_tcp_port}", "bot-0", patience=0.5):
            with following(ID), span("message"):
                pass
