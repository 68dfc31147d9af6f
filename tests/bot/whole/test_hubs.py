"""Two hubs from one bot, nothing replaced: two clusters, two releases, one channel."""

import asyncio
import json
import re
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from bot.cli.dev.card_actions import action
from bot.cli.dev.try_command import trial
from bot.instrumentation.outcomes import Outcome

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.story]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world():
    async with trial(arguments=("--users", "6"), further=["test"]) as started:
        yield World(started)


class World:
    def __init__(self, started):
        self.started = started
        self.operator = started.person("operator")

    async def asks(self, line, who="operator"):
        """How it ended, and the cards that came of it."""
        before = len(self.started.teams.activities)
        outcome = await self.started.command(self.started.person(who), line)
        return outcome, list(self.started.teams.activities.values())[before:]

    async def live(self, hub):
        release = await self.started.bot.hubs[hub].hub.releases.current()
        return release.revision, release.value("singleuser", "image", "tag")


async def test_a_change_is_made_in_the_hub_that_is_named_and_in_no_other(world):
    before = await world.live("main")
    outcome, cards = await world.asks("/jhub --hub test deploy 7c1d2e9")
    assert outcome is Outcome.DONE
    assert "test · 7c1d2e9 is live" in json.dumps(cards[-1], ensure_ascii=False)
    assert (await world.live("test"))[1] == "7c1d2e9"
    assert await world.live("main") == before


async def test_each_hub_has_records_of_its_own(world):
    changes = {name: await hub.changes.ended(10) for name, hub in world.started.bot.hubs.items()}
    assert [one.line for one in changes["test"]] == ["deploy 7c1d2e9"]
    assert changes["main"] == []
    _, cards = await world.asks("/jhub audit", "admin")
    assert "deploy" not in json.dumps(cards)
    _, cards = await world.asks("/jhub --hub test audit", "admin")
    assert "deploy 7c1d2e9" in json.dumps(cards)


async def test_what_is_said_to_type_reaches_the_hub_that_said_it(world):
    _, cards = await world.asks("/jhub --hub test status --now")
    said = json.dumps(cards[-1])
    assert "/jhub --hub test" in said
    # What a button sends leads back to its hub by itself; what people read names the hub.
    assert not re.search(r'"(?!line")\w+": "/jhub status', said)


async def test_a_hub_is_used_where_somebody_says_so(world):
    outcome, _ = await world.asks("/jhub hubs use test")
    assert outcome is Outcome.DONE
    _, cards = await world.asks("/jhub history")
    assert "test · Live: revision 4, tag 7c1d2e9" in json.dumps(cards[-1], ensure_ascii=False)
    assert (await world.asks("/jhub --hub test hubs use main"))[0] is Outcome.DONE
    _, cards = await world.asks("/jhub history")
    assert "main · Live: revision 3" in json.dumps(cards[-1], ensure_ascii=False)


async def test_a_hub_is_chosen_only_by_who_may_change_both(world):
    directory = world.started.bot.hubs["test"].context.access
    before = world.started.bot.first.context.choice

    async def nobody(_person_id):
        return ()

    roles, directory._roles.groups = directory._roles.groups, nobody
    directory._answers.clear()
    try:
        outcome, cards = await world.asks("/jhub hubs use test")
    finally:
        directory._roles.groups = roles
        directory._answers.clear()
    assert outcome is Outcome.REFUSED
    assert "operators of both hubs" in json.dumps(cards[-1], ensure_ascii=False)
    assert before.this == "main"
    _, cards = await world.asks("/jhub history")
    assert "main · Live" in json.dumps(cards[-1], ensure_ascii=False)


async def test_a_button_types_into_the_hub_whose_card_it_is_on(world):
    _, cards = await world.asks("/jhub --hub test why alex.wilber@example.org")
    started = world.started
    typed = next(
        (card, found)
        for card, one in started.teams.activities.items()
        if one in cards and (found := action(one, "type"))
    )
    before = set(started.teams.activities)
    await started.teams.click(world.operator, *typed)
    await started._settled()
    answers = [one for card, one in started.teams.activities.items() if card not in before]
    assert answers
    assert all("test · " in json.dumps(one, ensure_ascii=False) for one in answers)


async def test_an_alert_says_whose_it_is(world):
    assert (await world.asks("/jhub --hub test alerts here on"))[0] is Outcome.DONE
    outcome, _ = await world.asks("/jhub --hub test alerts test")
    assert outcome is Outcome.DONE
    engine = world.started.bot.hubs["test"].engine
    async with asyncio.timeout(240):
        while not any("test · " in str(a) and "only a test" in str(a) for a in world.started.teams.activities.values()):
            engine.wakeup.ring()
            await asyncio.sleep(0.1)
    assert await world.started.bot.first.alerts.subscriptions() == []


async def test_what_is_wrong_with_the_bot_itself_is_the_first_hubs_to_tell(world):
    hubs = world.started.bot.hubs
    assert hubs["main"].context.own.replicas is not None
    assert hubs["test"].context.own.replicas is None
    assert await hubs["test"].context.own.missing(datetime.now(UTC)) == []
