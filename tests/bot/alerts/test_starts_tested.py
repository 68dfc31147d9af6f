"""The bot's own test beside starts that fail: a line of their alert, or an alert of its own."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.alerts.finding import Severity
from bot.alerts.watchers.starts import WATCHER
from clients.hub import SpawnCounts
from commands.hubtest.steps import BY_ITSELF
from commands.ports.hub_tests import HubTestRecord
from tests.world import NOW, World

FAILED = HubTestRecord(
    "op-1",
    NOW - timedelta(minutes=9),
    BY_ITSELF,
    "3f9a41c",
    ended=NOW - timedelta(minutes=5),
    failed="Server start",
    cause="No node has room.",
    removed=True,
)
PASSED = replace(FAILED, failed="", cause="", seconds=41.0)


async def seen(record, **more):
    return await WATCHER.look(World(tests=[record], **more).reads)


async def test_a_test_that_failed_is_an_alert_of_its_own():
    (found,) = await seen(FAILED)
    assert (found.title, found.severity) == ("The hub does not work for a user", Severity.CRITICAL)
    assert "“Server start”. No node has room." in found.cause
    assert next(dict(one.data)["line"] for one in found.buttons) == "/jhub test"


@pytest.mark.parametrize(("record", "words"), [(FAILED, "failed: Server start"), (PASSED, "passed, started in 41 s")])
async def test_beside_starts_that_keep_failing_it_is_a_line(record, words):
    (found,) = await seen(record, spawns=SpawnCounts(failed=5))
    assert found.title == "Server starts keep failing"
    assert (found.facts[-1].label, found.facts[-1].value) == ("The bot’s own test", words)


@pytest.mark.parametrize(
    "record",
    [
        PASSED,
        replace(FAILED, by="Olu Operator"),
        replace(FAILED, ended=NOW - timedelta(minutes=31)),
        replace(FAILED, ended=None),
    ],
)
async def test_nothing_else_is_an_alert(record):
    assert await seen(record) == []
