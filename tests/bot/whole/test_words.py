"""Every word as it was typed, from a message in Teams to the release that is live."""

import json

import pytest
import pytest_asyncio

from bot.cli.dev.try_command import Decider, trial
from bot.instrumentation.outcomes import Outcome
from bot.jobs.daily_cleanup import NOBODY

pytestmark = pytest.mark.asyncio(loop_scope="module")

LINES = "c.JupyterHub.active_server_limit = 50\nif True:\n    c.KubeSpawner.start_timeout = 600"
WORDS = [
    ("singleuser.extraEnv.SURVEY", "https://forms.example.org/r?id=1&copy=2&lt=3"),
    ("singleuser.extraEnv.NOTE", "reply to <help@example.org> or a<b, “as  is” – &amp;"),
    ("hub.extraConfig.10-tune", LINES),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world():
    async with trial() as started:
        yield started


@pytest.mark.parametrize(("path", "value"), WORDS)
async def test_what_was_typed_is_shown_line_by_line_and_is_what_is_written(world, path, value):
    operator, approver = world.person("operator"), world.person("approver")
    ended = await world.command(operator, f'/jhub config set {path} "{value}"', Decider(approver, "approve"))
    assert ended is Outcome.DONE
    live = await world.bot.first.context.reads(NOBODY).releases.deployed()
    assert live.value(*path.split(".")) == value


async def test_a_text_of_several_lines_stands_on_the_card_as_such(world):
    assert await world.command(world.person("operator"), f'/jhub config set hub.extraConfig.11 "{LINES}"') is None
    (change,) = await world.bot.first.changes.open()
    card = json.dumps(world.teams.activities[change.card])
    assert "as it will be written" in card
    assert "text of 3 lines, below" in card
    await world.command(world.person("operator"), f"/jhub cancel {change.id[:8]}")
