"""Ten thousand hostile deliveries: none is a 500, a bug, a trace or a secret; most through the whole bot, in process.

Derandomised: the same ones each time, so that CI does not fail for what nobody changed.
"""

import asyncio
import json
import logging
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings

from bot.outcomes import Outcome
from bot.teams import TeamsSettings
from bot.teams.activity import parse
from bot.teams.refusal import Refusal
from cards.adaptive import render
from commands.catalogue import catalogue
from commands.errors import UserError
from commands.parse import parse as parse_line
from tests.bot.hostile import ACTIVITIES, TEXTS
from tests.bot.house import Bench
from tests.bot.people import OLU
from tests.bot.stores import hurried

SECRET = "kanari-of-the-environment-5e1f"
STATUSES = {200, 400, 403, 501}
pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def database(tmp_path):
    """The bot's own tables, for tests that run loops of their own."""
    opened = hurried(f"sqlite:///{tmp_path / 'bot.sqlite'}")
    opened.migrate()
    yield opened
    opened.close()


def fuzzing(examples):
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@fuzzing(6000)
@given(TEXTS)
def test_any_text_is_a_command_or_understood_as_none(text):
    with suppress(UserError):
        parse_line(text, catalogue())


@fuzzing(3000)
@given(ACTIVITIES)
def test_any_activity_is_read_or_refused_with_a_reason(content):
    refusal = _refusal(json.dumps(content).encode())
    assert refusal is None or (refusal.status == 400 and len(refusal.reason) < 200)


def _refusal(raw):
    try:
        parse(raw)
    except Refusal as refusal:
        return refusal
    return None


def test_any_text_is_answered_by_the_pipeline(monkeypatch, caplog, database):
    monkeypatch.setenv("SOME_PASSWORD", SECRET)
    caplog.set_level(logging.DEBUG)
    with asyncio.Runner() as runner:
        bench = runner.run(_bench(database))

        @fuzzing(700)
        @given(TEXTS)
        def check(text):
            before = len(bench.room.cards)
            runner.run(bench.type(OLU, text))
            shown = [json.dumps(render(card.views[-1])) for card in bench.room.cards[before:]]
            assert shown
            assert not any("Traceback" in one or SECRET in one for one in shown)

        check()
        runner.run(bench.memory.crash())
    assert Outcome.BUG not in bench.outcomes
    assert "Traceback" not in caplog.text
    assert SECRET not in caplog.text


async def _bench(database):
    return Bench(database)


def test_any_activity_over_http_gets_an_answer_that_tells_nothing(kit, monkeypatch, caplog, database):
    monkeypatch.setenv("SOME_PASSWORD", SECRET)
    with asyncio.Runner() as runner:
        bench = runner.run(_bench(database))
        serving = kit.serving(TeamsSettings(), bench.pipeline, grace=0.1)
        client = runner.run(serving.__aenter__())

        async def post(content):
            async with client.post("/api/messages", data=json.dumps(content)) as response:
                return response.status, await response.text()

        @fuzzing(400)
        @given(ACTIVITIES)
        def check(content):
            status, said = runner.run(post(content))
            assert status in STATUSES, said
            assert "Traceback" not in said
            assert SECRET not in said
            assert '"statusCode":500' not in said

        check()
        runner.run(serving.__aexit__(None, None, None))
        runner.run(bench.memory.crash())
    assert "Traceback" not in caplog.text, caplog.text[-3000:]
