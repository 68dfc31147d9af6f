"""The counts of a request, by its whole way through the bot."""

import logging

import pytest

from bot.telemetry.logs import marked
from bot.telemetry.metrics import Metrics
from tests.bot.house import Bench, expire
from tests.bot.people import ABE, OLU, VERA


@pytest.fixture
async def bench(database):
    metrics = Metrics("bot-0")
    made = Bench(database, meter=metrics.of("main"))
    made.registry = metrics.registry
    made.house.may_dry.set()
    yield made
    await made.memory.crash()


def _count(bench, name, **labels):
    return bench.registry.get_sample_value(f"jhub_bot_{name}", {"hub": "main", **labels})


async def test_an_answer_and_what_is_no_command(bench):
    await bench.type(VERA, "look")
    await bench.type(VERA, "lok at the secret")
    await bench.type(VERA, "")
    assert _count(bench, "commands_total", command="look", result="answered") == 1
    assert _count(bench, "command_duration_seconds_count", command="look") == 1
    assert _count(bench, "commands_total", command="none", result="invalid") == 1
    assert _count(bench, "commands_total", command="none", result="answered") == 1


async def test_who_may_not_is_counted_by_command(bench):
    await bench.type(VERA, "paint door")
    assert _count(bench, "commands_total", command="paint", result="refused") == 1
    assert _count(bench, "planning_duration_seconds_count", command="paint") == 1
    assert _count(bench, "approvals_asked_total", kind="confirmation") is None


async def test_a_confirmed_change(bench):
    await bench.type(OLU, "paint door")
    assert _count(bench, "approvals_asked_total", kind="confirmation") == 1
    await bench.press(OLU, "Paint")
    await bench.settle()
    assert _count(bench, "approval_wait_seconds_count", kind="confirmation", result="given") == 1
    assert _count(bench, "operation_duration_seconds_count", command="paint", outcome="done") == 1
    assert _count(bench, "commands_total", command="paint", result="done") == 1


async def test_what_nobody_is_asked_about_waits_for_nobody(bench):
    await bench.type(OLU, "dab door")
    assert _count(bench, "commands_total", command="dab", result="done") == 1
    assert _count(bench, "approval_wait_seconds_count", kind="confirmation", result="given") is None


@pytest.mark.parametrize(
    ("verb", "result"), [("approve", "given"), ("reject", "rejected")], ids=["approved", "rejected"]
)
async def test_what_a_second_person_says_and_how_long_that_took(bench, verb, result):
    await bench.type(OLU, "tear door")
    bench.clock.forward(bench.settings.expiry / 3)
    await bench.decide(ABE, verb)
    await bench.settle()
    waited = (bench.settings.expiry / 3).total_seconds()
    assert _count(bench, "approval_wait_seconds_sum", kind="approval", result=result) == pytest.approx(waited)


async def test_a_request_that_expires_is_counted_once_though_it_was_waited_for_twice(bench):
    await bench.type(OLU, "tear door")
    await expire(bench, 16)
    await expire(bench, 16)
    assert _count(bench, "approval_wait_seconds_count", kind="approval", result="expired") == 1
    assert _count(bench, "commands_total", command="tear", result="expired") == 1


async def test_every_line_of_a_change_has_its_id_the_click_s_too(bench, caplog):
    caplog.handler.addFilter(marked)
    with caplog.at_level(logging.INFO, logger="jhub_bot"):
        await bench.type(OLU, "tear door")
        (asked,) = await bench.changes.open()
        await bench.decide(ABE, "approve")
        await bench.settle()
    lines = [record for record in caplog.records if record.name.startswith("jhub_bot.")]
    assert len(lines) > 5
    assert {record.correlation for record in lines} == {asked.id}
    assert not [record for record in lines if "tear door" in record.getMessage()]
