"""Every question that can be asked of a large hub, read to the end of its answer by pressing “Next page”."""

import json
import re

import pytest
import pytest_asyncio

from bot.cli.dev.card_actions import actions, as_activity
from bot.cli.dev.try_command import trial
from commands.framework.command import Query
from commands.framework.registry import catalogue
from commands.framework.usage import example
from tests.cards.schema import elements

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

_USERS = 300
_CUT = re.compile(r"… and [\d,]+ more")
_PAGE = re.compile(r"Page (\d+) of (\d+)")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world():
    async with trial(arguments=["--users", str(_USERS)]) as started:
        yield started


async def walked(world, line):
    """The cards of all pages of the answer, as the admin sees them who types the line and presses on."""
    admin = world.person("admin")
    before = set(world.teams.activities)
    await world.command(admin, line)
    (card, activity) = next((one, its) for one, its in world.teams.activities.items() if one not in before)
    shown = [activity]
    while following := next((one for one in actions(shown[-1]) if one["title"] == "Next page"), None):
        shown.append(as_activity(await world.teams.click(admin, card, following)))
    # Pages come in the card's place: nothing else was posted.
    assert set(world.teams.activities) - before == {card}
    return [one["attachments"][0]["content"] for one in shown]


def page_of(card) -> tuple[int, int]:
    found = _PAGE.search(json.dumps(card))
    return (int(found[1]), int(found[2])) if found else (1, 1)


def rows(card) -> list[list[str]]:
    """The tables' rows, without their headers."""
    tables = [one for one in elements(card) if one["type"] == "Table"]
    return [[cell["items"][0]["text"] for cell in row["cells"]] for table in tables for row in table["rows"][1:]]


@pytest.mark.parametrize("line", [example(one) for one in catalogue() if isinstance(one, Query)])
async def test_no_answer_hides_anything(world, line):
    cards = await walked(world, line)
    assert [page_of(card) for card in cards] == [(number, len(cards)) for number in range(1, len(cards) + 1)]
    assert not any(_CUT.search(json.dumps(card, ensure_ascii=False)) for card in cards)


async def test_every_user_and_every_home_is_listed_once(world):
    cards = await walked(world, "/jhub users")
    names = [row[0] for card in cards for row in rows(card)]
    assert len(cards) > 1
    assert len(names) == len(set(names)) == _USERS
    first, *others = await walked(world, "/jhub storage list --sort name")
    homes = [row[0] for card in (first, *others) for row in rows(card)]
    headline = re.findall(r"(\d+) homes, ", first["fallbackText"])[0]
    assert len(homes) == int(headline) > len(rows(first))
