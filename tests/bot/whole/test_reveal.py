"""What is hidden is revealed to an admin alone, where nobody else reads it, and never without an entry in the trail."""

from dataclasses import dataclass, field
from typing import Annotated

import pytest

from bot.instrumentation.outcomes import Outcome
from cards.views import Lines, Notice, Tone
from clients.errors import Unavailable
from commands.framework.command import Flag, Level, Query, Topic
from tests.bot.house import Bench, House
from tests.bot.people import ABE, ADA, OLU, VERA, Room, message

HIDDEN = "behind the wallpaper"


@dataclass(frozen=True)
class Args:
    """Whether to look behind it."""

    reveal: Annotated[bool, Flag("look behind the wallpaper")] = False


@dataclass
class Papered(House):
    """A house with something behind its wallpaper."""

    looked: list[bool] = field(default_factory=list)

    async def peek(self, args, _reads):
        self.looked.append(args.reveal)
        return Notice("The wall", HIDDEN if args.reveal else "wallpaper", Tone.NOTE, (Lines(("x",)),))

    @property
    def commands(self):
        peek = Query(
            "peek", "Look at it.", Level.VIEWER, self.peek, Args, reveals=lambda args: args.reveal, topic=Topic.STATUS
        )
        return (*super().commands, peek)


@pytest.fixture
async def bench(database):
    made = Bench(database, Papered())
    yield made
    await made.memory.crash()


async def ask(bench, who, line, room):
    await bench.pipeline.on_message(message(who, line, room))
    return bench.outcomes[-1]


def alone():
    """A personal chat."""
    return Room("a:1-personal")


def private(bench):
    """What is said to the bot privately in a channel."""
    return Room("private", outside=bench.room)


async def entries(bench):
    return [(line.event, line.command, line.object_id) for line in await bench.trail.page()]


async def test_an_admin_sees_it_alone_and_the_trail_says_so_first(bench):
    for room in (alone(), private(bench)):
        assert await ask(bench, ADA, "/jhub peek --reveal", room) is Outcome.ANSWERED
        assert room.shown.text == HIDDEN
    assert await entries(bench) == [("revealed", "peek --reveal", ADA.object_id)] * 2
    assert not any(HIDDEN in line.detail for line in await bench.trail.page())


@pytest.mark.parametrize("who", [VERA, OLU, ABE], ids=lambda who: who.name)
async def test_nobody_below_an_admin_sees_it(bench, who):
    room = alone()
    assert await ask(bench, who, "/jhub peek --reveal", room) is Outcome.REFUSED
    assert "for admins" in room.shown.text
    assert HIDDEN not in str(room.shown)
    assert [event for event, *_ in await entries(bench)] == ["refused"]
    assert bench.house.looked == []


async def test_not_where_others_read_along(bench):
    assert await ask(bench, ADA, "/jhub peek --reveal", bench.room) is Outcome.INVALID
    assert "personal chat" in bench.room.shown.text
    assert bench.house.looked == []


async def test_nothing_is_revealed_that_cannot_be_put_on_record(bench, monkeypatch):
    async def full(_entry):
        raise Unavailable("The bot's store", "is full")

    monkeypatch.setattr(bench.trail, "write", full)
    assert await ask(bench, ADA, "/jhub peek --reveal", alone()) is Outcome.UNAVAILABLE
    assert bench.house.looked == []


async def test_without_it_everybody_may_look_and_nothing_is_recorded(bench):
    assert await ask(bench, VERA, "/jhub peek", bench.room) is Outcome.ANSWERED
    assert bench.room.shown.text == "wallpaper"
    assert await entries(bench) == []
