"""Plans of deployments, nothing replaced: values in a file, the real helm that renders, the sandbox's cluster."""

import asyncio
import json
import re

import pytest
import pytest_asyncio
import yaml

from bot.cli.dev.card_actions import action
from bot.cli.dev.try_command import trial
from bot.instrumentation.outcomes import Outcome
from tests.bot.old_hub import live_values

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.story]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory):
    """A file with the live values, secrets and all; it is rewritten as each test needs it."""
    file = tmp_path_factory.mktemp("home") / "config.yaml"
    file.write_text("{}\n")
    async with trial(["values.home=file", f"values.file={file}"]) as world:
        yield Home(world, file, await live_values(world.world.ready))


class Home:
    def __init__(self, world, file, live):
        self.world, self.file, self.live = world, file, live
        self.operator = world.person("operator")

    def write(self, **more):
        """The live values with these sections of their own, which nobody else has to agree to."""
        self.file.write_text(yaml.safe_dump({**self.live, **more}))

    async def asks(self, line):
        before = len(self.world.teams.activities)
        outcome = await self.world.command(self.operator, line)
        return outcome, json.dumps(list(self.world.teams.activities.values())[before:], ensure_ascii=False)

    async def question(self, line):
        """The card that asks to confirm, and its button, unanswered."""
        before = set(self.world.teams.activities)
        await self.world.teams.say(self.operator, line)
        async with asyncio.timeout(240):
            while True:
                for card, activity in self.world.teams.activities.items():
                    if card not in before and (found := action(activity, "confirm")):
                        return card, found
                await asyncio.sleep(0.05)


async def test_a_dry_run_shows_what_is_written_and_leaves_nothing_behind(home):
    home.write(cull={"timeout": 1800})
    outcome, card = await home.asks("/jhub deploy --dry-run")
    assert outcome is Outcome.ANSWERED
    assert "Would happen: Deploy the stored values" in card
    assert "Servers are stopped after being idle for 30 min; so far 2 h." in card
    assert "changed, hidden" not in card
    assert "Action.Execute" not in card
    assert await home.world.bot.changes.open() == []


async def test_values_that_the_chart_refuses_never_become_a_question(home):
    home.write(singleusers={})
    outcome, card = await home.asks("/jhub deploy")
    assert outcome is Outcome.INVALID
    assert re.search(
        "The chart refuses these values: .root.: [Aa]dditional propert(y|ies) '?singleusers'? (is )?not allowed", card
    )


async def test_a_yes_is_void_once_somebody_has_changed_the_values(home):
    home.write(cull={"timeout": 1800})
    card, confirm = await home.question("/jhub deploy")
    home.write(cull={"timeout": 2400})
    home.world.outcomes.last = None
    await home.world.teams.click(home.operator, card, confirm)
    async with asyncio.timeout(240):
        while home.world.bot.busy:
            await asyncio.sleep(0.05)
    assert home.world.outcomes.last is Outcome.VOIDED
    assert "Plan out of date" in json.dumps(home.world.teams.activities[card])
    (again,) = await home.world.bot.changes.open()
    assert "2400" in again.plan
