"""A change that is done says so in green only while all that its card shows is good, through the whole bot."""

import json

import pytest
import pytest_asyncio

from bot.cli.dev.try_command import trial
from bot.instrumentation.outcomes import Outcome

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180), pytest.mark.story]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world():
    async with trial() as world:
        yield world


@pytest.mark.parametrize("line", ["/jhub deploy 7c1d2e9 --no-wait", "/jhub pool prefer", "/jhub pool require"])
async def test_the_last_card_of_a_change_is_never_green_over_something_red(world, line):
    before = set(world.teams.activities)
    assert await world.command(world.person("operator"), line) is Outcome.DONE
    (card,) = [activity for card, activity in world.teams.activities.items() if card not in before]
    said = json.dumps(card, ensure_ascii=False)
    assert ("✔ Done" in said) is ("✖" not in said)
    assert ("⚠ Warning" in said) is ("✖" in said)
