"""The whole way of a deployment, seen from outside: its numbers, its trace, its log lines, and no secret in any."""

import asyncio
import json
import logging
import re
import socket
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families

from bot.cli.dev.try_command import Decider, trial
from bot.instrumentation.outcomes import Outcome
from bot.telemetry.logs import Json, marked
from commands.framework.registry import catalogue
from tests import logged
from tests.bot.telemetry.collector import collecting

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOSTILE = (
    "/jhub \x00\u202e{}\n<script>alert(1)</script>",
    '/jhub status",injected="1',
    "/jhub nosuchcommand-{}",
    "/jhub deploy canary-typed-{} password=canary-typed-{}",
    "/jhub status --canary-typed-{}",
    "{}",
    "/jhub server stop canary-typed-{}@example.org",
)


class Lines(logging.Handler):
    def __init__(self):
        super().__init__(logging.DEBUG)
        self.setFormatter(Json())
        self.addFilter(marked)
        self.texts = []

    def emit(self, record):
        self.texts.append(self.format(record))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def seen():
    with collecting() as collector, socket.socket() as free, pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1")
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        lines = Lines()
        settings = (f"metrics.port={port}", f"telemetry.otlp_endpoint={collector.url}")
        with logged.undone():
            logging.getLogger().addHandler(lines)
            logging.getLogger().setLevel(logging.INFO)
            async with trial(settings) as started:
                operator = started.person("operator")
                assert await started.command(operator, "/jhub status") is Outcome.ANSWERED
                assert await started.command(operator, "/jhub deploy 7c1d2e9") is Outcome.DONE
                yield Seen(started, f"http://127.0.0.1:{port}/metrics", collector, lines.texts)


class Seen:
    def __init__(self, started, url, collector, lines):
        self.started, self.url, self.collector, self.lines = started, url, collector, lines

    async def text(self):
        async with aiohttp.ClientSession(trust_env=False) as session, session.get(self.url) as response:
            assert response.status == 200
            return await response.text()

    async def samples(self):
        families = text_string_to_metric_families(await self.text())
        return {(one.name, tuple(sorted(one.labels.items()))): one.value for each in families for one in each.samples}

    async def value(self, name, **labels):
        return (await self.samples()).get((name, tuple(sorted(labels.items()))))

    @property
    def deployment(self):
        """The id of the deployment."""
        (ended,) = [one for one in self.logged() if re.match(r"change=\w+ command=deploy outcome=done", one["message"])]
        return ended["id"]

    def logged(self):
        return [json.loads(text) for text in self.lines]


async def test_a_deployment_and_a_request_are_counted(seen):
    assert await seen.value("jhub_bot_commands_total", hub="main", command="deploy", result="done") == 1
    assert await seen.value("jhub_bot_commands_total", hub="main", command="status", result="answered") == 1
    assert await seen.value("jhub_bot_command_duration_seconds_count", hub="main", command="status") == 1
    assert (
        await seen.value("jhub_bot_operation_duration_seconds_count", hub="main", command="deploy", outcome="done") == 1
    )
    assert (
        await seen.value("jhub_bot_approval_wait_seconds_count", hub="main", kind="confirmation", result="given") == 1
    )
    assert await seen.value("jhub_bot_calls_total", system="helm", method="upgrade", code="ok") >= 1
    assert await seen.value("jhub_bot_calls_total", system="teams", method="POST", code="201") >= 2
    assert await seen.value("jhub_bot_changes", hub="main", state="running") == 0
    assert await seen.value("jhub_bot_store_up") == 1
    assert await seen.value("process_resident_memory_bytes") > 1e7


async def test_what_a_second_person_said_is_counted(seen):
    started = seen.started
    decider = Decider(started.person("approver"), "reject")
    line = "/jhub storage delete emmy.noether@example.org"
    assert await started.command(started.person("operator"), line, decider) is Outcome.REJECTED
    assert await seen.value("jhub_bot_approvals_asked_total", hub="main", kind="approval") == 1
    assert await seen.value("jhub_bot_approval_wait_seconds_count", hub="main", kind="approval", result="rejected") == 1


async def test_one_id_leads_from_the_message_to_helm(seen):
    change = seen.deployment
    of_it = [one for one in seen.logged() if one.get("id") == change]
    assert {"jhub_bot.teams", "jhub_bot.audit", "jhub_bot.workflow"} <= {one["logger"] for one in of_it}
    audited = [one for one in seen.logged() if f"operation={change}" in one["message"]]
    assert audited
    assert all(one["id"] == change for one in audited)
    releases = seen.started.bot.first.context.reads(None).releases
    assert (await releases.deployed()).by_bot.operation == change


async def test_the_trace_has_message_plan_step_and_helm(seen):
    async with asyncio.timeout(240):
        while not {"tell", "helm upgrade"} <= {span.name for span in seen.collector.spans}:
            await asyncio.sleep(0.1)
    spans = {span.name: span for span in seen.collector.spans if span.trace_id.hex() == "0" * 16 + seen.deployment}
    assert {
        "message",
        "plan",
        "ask",
        "wait",
        "check",
        "apply",
        "step",
        "helm upgrade",
        "kubernetes GET",
        "tell",
    } <= set(spans)
    assert spans["message"].span_id.hex() == seen.deployment
    assert spans["plan"].parent_span_id == spans["message"].span_id


async def test_whatever_is_typed_no_label_comes_of_it(seen):
    started = seen.started
    operator = started.person("operator")
    await started.command(operator, HOSTILE[0])
    await _say_all(started, operator, 0)
    before = set(await seen.samples())
    for number in range(1, 4):
        await _say_all(started, operator, number)
    after = set(await seen.samples())
    new = {key for key in after - before if key[0].startswith("jhub_bot_") and "calls" not in key[0]}
    assert new == set()
    known = {command.name for command in catalogue()} | {"none"}
    commands = {dict(labels)["command"] for _, labels in after if "command" in dict(labels)}
    assert commands <= known
    text = await seen.text()
    assert "canary-typed" not in text
    assert "injected" not in text


async def _say_all(started, who, number):
    for line in HOSTILE:
        await started.command(who, line.replace("{}", str(number)))


async def test_no_secret_and_nothing_typed_is_in_any_of_it(seen):
    ready = seen.started.world.ready
    await _say_all(seen.started, seen.started.person("operator"), 4)
    secrets = {
        Path(str(path)).read_text().strip() for name, path in ready.items() if name.endswith("token_file") and path
    }
    assert len(secrets) > 2
    told = "\n".join([*seen.lines, await seen.text(), b"".join(seen.collector.bodies).decode("latin-1")])
    assert "canary-typed" not in told
    assert [one for one in secrets if one in told] == []
