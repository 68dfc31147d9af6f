"""A card says whose it is, leads back there, and says to type what reaches that hub from where it is shown."""

import dataclasses

import pytest

from bot.chat.intercepted import InterceptedConversation
from bot.hubs.labels import CARRIED, labelled, labelling
from cards.adaptive import render
from cards.text import summary
from cards.views import Button, Fact, Facts, Notice, Plan, Refresh, Request, Status, Tone, opening, typing
from tests.bot.people import Room
from tests.cards.samples import SAMPLES


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_every_kind_of_card_names_its_hub_first(name):
    shown = labelled(SAMPLES[name], "test", spoken=True)
    assert type(shown) is type(SAMPLES[name])
    assert "test · " in summary(shown)
    assert render(shown)
    assert hash(shown)


def test_nothing_but_the_title_is_changed_where_the_hub_is_meant():
    view = Status("host", "All is well", Tone.GOOD, ("type /jhub pods",), (Facts((Fact("Try", "/jhub pods"),)),))
    assert labelled(view, "test", spoken=False) == dataclasses.replace(view, headline="test · All is well")


def test_what_is_said_to_type_names_the_hub_where_another_one_is_meant():
    view = Notice(
        "Well", "Type “/jhub pods”, or /jhub --hub main pods.", sections=(Facts((Fact("a", "/jhub why x"),)),)
    )
    shown = labelled(view, "test", spoken=True)
    assert shown.text == "Type “/jhub --hub test pods”, or /jhub --hub main pods."
    assert shown.sections[0].facts[0].value == "/jhub --hub test why x"


def test_buttons_lead_back_and_what_they_carry_stays():
    buttons = (
        Button("Yes", "confirm", (("id", "1"),)),
        typing("Again", "/jhub status"),
        opening("Page", "https://x.org"),
    )
    asked = Request(Plan("Delete", "Ann"), "Needs a yes", 1, buttons=buttons, refresh=Refresh("view", (("id", "1"),)))
    shown = labelled(asked, "test", spoken=True)
    assert shown.plan.title == "test · Delete"
    assert dict(shown.buttons[0].data) == {"id": "1", CARRIED: "test"}
    assert dict(shown.buttons[1].data) == {"line": "/jhub status", CARRIED: "test"}
    assert shown.buttons[2] == buttons[2]
    assert dict(shown.refresh.data) == {"id": "1", CARRIED: "test"}


async def test_a_conversation_shows_everything_so_from_wherever_it_is_reached():
    outside = Room(id="outside")
    room = Room(outside=outside)
    place = InterceptedConversation(room, labelling("test", lambda there: there.id != "outside"))
    card = await place.post(Notice("One", "/jhub status"))
    card.update(Notice("Two", "/jhub status"))
    await place.card(card.id).finish(Notice("Three", "/jhub status"))
    assert [view.title for view in room.cards[0].views] == ["test · One", "test · Two", "test · Three"]
    assert {view.text for view in room.cards[0].views} == {"/jhub status"}
    await place.open.post(Notice("Four", "/jhub status"))
    assert outside.shown == Notice("test · Four", "/jhub --hub test status")
    assert (place.id, place.address, place.own.id, place.below("x").id) == (room.id, room.address, room.id, room.id)
    assert not card.is_banished
