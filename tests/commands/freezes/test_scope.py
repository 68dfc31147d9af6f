"""What is said to go on in a freeze, and what does: the cards, the page and the commands' own declarations."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.changes import replies
from commands.framework.command import Change
from commands.framework.parser import parse
from commands.framework.registry import catalogue
from commands.freezes import freeze
from commands.freezes.scope import ALLOWED, GOES_ON, REFUSED
from commands.ports.freezes import Freeze
from tests.world import NOW, World, words

HELD = Freeze("f-1", "exam week", "Ada Admin", "ada", NOW, NOW + timedelta(days=2))
NAMES = [name for names in ALLOWED.values() for name in names]
PAGE = Path("docs/announcements.md").read_text(encoding="utf-8")


def is_named(command):
    return any(command.name == name or command.name.startswith(f"{name} ") for name in NAMES)


def test_what_is_said_to_go_on_is_what_the_commands_declare():
    changes = [one for one in catalogue() if isinstance(one, Change) and one.name not in ("freeze", "unfreeze")]
    assert {one.name for one in changes if one.in_freeze} == {one.name for one in changes if is_named(one)}


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("alerts", "announce")])
def test_the_words_and_the_page_name_each(name):
    (row,) = [line for line in PAGE.splitlines() if line.startswith("| goes on |")]
    assert f"“{name}”" in GOES_ON
    assert f"`{name}`" in row


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("restart", "restart hub"),
        ("event add", 'event add "Python" 2027-03-01T09:00 --people 5'),
        ("server stop --idle", "server stop --idle 4h"),
    ],
)
def test_what_is_said_to_be_refused_is(name, line):
    (row,) = [one for one in PAGE.splitlines() if one.startswith("| is refused |")]
    parsed = parse(line, catalogue())
    assert f"“{name}”" in REFUSED
    assert f"`{name}`" in row
    assert not parsed.command.goes_on_in_freeze(parsed.args)


async def test_all_cards_say_the_same():
    asked = freeze.preview(freeze.Freezing("exam week", "3d", HELD.until))
    shown = await freeze.answer(freeze.Args(), World(freeze=HELD).reads)
    for card in (asked, shown, replies.frozen("Deploy", HELD, emergency=True)):
        assert GOES_ON in words(card)
        assert REFUSED in words(card)
