"""Where the bot was just added it says once what it can do, whoever of several replicas is told, and how often."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.chat.platform import Click
from bot.dispatch.welcome import CARRIED, Greeter
from cards.adaptive import render
from cards.views import TYPE
from clients.errors import Unavailable
from commands.framework.parser import parse
from commands.framework.registry import catalogue
from tests.bot.people import OLU, Clock, Room
from tests.cards.schema import problems


@pytest.fixture
def clock():
    return Clock()


def greeter(database, clock):
    return Greeter(catalogue(), database, clock)


async def test_it_says_what_can_be_typed_and_how_alerts_are_told(database, clock):
    room = Room()
    await greeter(database, clock).welcome(room)
    (card,) = room.cards
    (view,) = card.views
    named = {fact.label for section in view.sections for fact in section.facts}
    assert {"status", "why <user>"} <= named
    assert len(named) == len([command for command in catalogue() if command.in_menu])
    assert view.text.startswith("Mention me and type what you want")
    lines = [dict(button.data)["line"] for button in view.buttons]
    assert [parse(line, catalogue()).command.name for line in lines] == ["alerts here on", "status", "help"]
    assert problems(render(view)) == []


async def test_nobody_is_asked_to_mention_it_where_they_are_alone_with_it_and_who_added_it_is_named(database, clock):
    alone, channel = Room("a:1"), Room()
    await greeter(database, clock).welcome(alone, "Ada Admin")
    await greeter(database, clock).welcome(channel, "Ada Admin")
    assert "ention me" not in alone.shown.text
    assert alone.shown.text.startswith("Ada Admin added me. Type what you want")
    assert channel.shown.text.startswith("Ada Admin added me here. Mention me")


async def test_several_replicas_that_are_told_at_once_and_again_greet_once(database, clock):
    room = Room()
    told = [greeter(database, clock), greeter(database, clock)]
    await asyncio.gather(*(one.welcome(room) for one in told))
    clock.forward(timedelta(seconds=90))
    for one in (*told, greeter(database, clock)):
        await one.welcome(room)
    assert len(room.cards) == 1


async def test_each_place_is_greeted_and_so_is_one_that_comes_back(database, clock):
    rooms = [Room("a"), Room("b")]
    its = greeter(database, clock)
    for room in rooms:
        await its.welcome(room)
    clock.forward(timedelta(minutes=3))
    await its.welcome(rooms[0])
    assert [len(room.cards) for room in rooms] == [2, 1]


async def test_without_its_records_it_is_rather_silent_than_said_twice(database, clock):
    room = Room()
    its = greeter(database, clock)
    await asyncio.to_thread(database.close)
    its._database = _Out()
    with pytest.raises(Unavailable):
        await its.welcome(room)
    assert room.cards == []


class _Out:
    async def run(self, _work):
        raise Unavailable("the store", "did not answer")


async def test_a_pressed_button_leaves_the_greeting_as_it_is(bench, database, clock):
    its = greeter(database, clock)
    bench.cards_of_others[CARRIED] = lambda click, _page: its.view(click)
    await its.welcome(bench.room, "Ada Admin")
    (greeting,) = bench.room.cards[0].views
    button = replace(greeting.buttons[1], data=((CARRIED, "Ada Admin"), ("line", "look")))
    shown = await bench.pipeline.on_click(Click("c", OLU, TYPE, dict(button.data), bench.room, "card-0"))
    await bench.settle()
    assert shown == greeting
    assert bench.room.shown.title == "The house"
