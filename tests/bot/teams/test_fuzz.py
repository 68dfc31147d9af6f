"""Ten thousand hostile deliveries: none is a 500, a bug, a trace or a secret; many through the whole bot, in process.

The same ones each time, so that CI does not fail for what nobody changed. A tenth is sought out by Hypothesis, which
knows the edges and shrinks what fails; the others come from a seed.
"""

import asyncio
import json
import logging
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings

from bot.instrumentation.outcomes import Outcome
from bot.teams import TeamsSettings
from bot.teams.activity_parser import parse
from bot.teams.errors import RequestRejected
from cards.adaptive import render
from commands.framework.errors import UserError
from commands.framework.parser import parse as parse_line
from commands.framework.registry import catalogue
from tests.bot.hostile import ACTIVITIES, TEXTS, activities, texts
from tests.bot.house import Bench
from tests.bot.people import OLU
from tests.bot.stores import fresh

SECRET = "kanari-of-the-environment-5e1f"
SEED = 20261129
STATUSES = {200, 400, 403, 501}


@pytest.fixture
def database(tmp_path):
    """The bot's own tables, for tests that run loops of their own."""
    opened = fresh(f"sqlite:///{tmp_path / 'bot.sqlite'}")
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


def test_any_text_is_a_command_or_understood_as_none():
    def check(text):
        with suppress(UserError):
            parse_line(text, catalogue())

    fuzzing(600)(given(TEXTS)(check))()
    for text in texts(SEED, 5400):
        check(text)


def test_any_activity_is_read_or_refused_with_a_reason():
    def check(content):
        refusal = _refusal(json.dumps(content).encode())
        assert refusal is None or (refusal.status == 400 and len(refusal.reason) < 200)

    fuzzing(300)(given(ACTIVITIES)(check))()
    for content in activities(SEED, 2700):
        check(content)


def _refusal(raw):
    try:
        parse(raw)
    except RequestRejected as refusal:
        return refusal
    return None


def test_any_text_is_answered_by_the_pipeline(monkeypatch, caplog, database):
    monkeypatch.setenv("SOME_PASSWORD", SECRET)
    caplog.set_level(logging.DEBUG)
    with asyncio.Runner() as runner:
        bench = runner.run(_bench(database))

        def check(text):
            before = len(bench.room.cards)
            runner.run(bench.type(OLU, text))
            shown = [json.dumps(render(card.views[-1])) for card in bench.room.cards[before:]]
            assert shown
            assert not any("Traceback" in one or SECRET in one for one in shown)

        fuzzing(70)(given(TEXTS)(check))()
        for text in texts(SEED, 630):
            check(text)
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

        def check(content):
            status, said = runner.run(post(content))
            assert status in STATUSES, said
            assert "Traceback" not in said
            assert SECRET not in said
            assert '"statusCode":500' not in said

        fuzzing(40)(given(ACTIVITIES)(check))()
        for content in activities(SEED, 360):
            check(content)
        runner.run(serving.__aexit__(None, None, None))
        runner.run(bench.memory.crash())
    assert "Traceback" not in caplog.text, caplog.text[-3000:]
