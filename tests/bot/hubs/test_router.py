"""Which hub a message or a click reaches."""

from dataclasses import dataclass, field

import pytest

from bot.chat.platform import Click
from bot.config.loading import settings_from
from bot.hubs.choices import ChosenHubs
from bot.hubs.router import Router
from bot.hubs.selection import HubSelection, HubSwitch
from bot.instrumentation.outcomes import Outcome
from bot.store.database import Database
from cards.views import Notice
from clients.errors import Unavailable
from tests.bot.people import OLU, Room, message

CHANNEL = "19:other@thread.tacv2"
HUBS = {
    "test": {
        "kubernetes": {"namespace": "jhub-test"},
        "hub": {"url": "http://hub.jhub-test:8081"},
        "channels": [CHANNEL],
    }
}


@dataclass
class Hub:
    """A listener that keeps what reaches it."""

    heard: list = field(default_factory=list)

    async def on_message(self, message):
        message.taken.set()
        self.heard.append(message.text)
        await message.conversation.post(Notice("Heard", "/jhub status"))

    async def on_click(self, click):
        self.heard.append(click.data)
        return Notice("Pressed", "/jhub status")


class Bot:
    def __init__(self, database, hubs=HUBS):
        self.settings = settings_from({"hubs": hubs})
        self.meant = HubSelection(self.settings, ChosenHubs(database))
        self.hubs = {name: Hub() for name in self.settings.hub_names}
        self.ended = []
        self.router = Router(self.hubs, self.meant, self.ended.append)

    async def says(self, text, room):
        await self.router.on_message(message(OLU, text, room))
        return {name: hub.heard for name, hub in self.hubs.items() if hub.heard}

    async def click(self, room, **data):
        return await self.router.on_click(Click("1", OLU, "type", data, room, "card"))


@pytest.fixture
def database(tmp_path):
    made = Database(f"sqlite:///{tmp_path / 'bot.sqlite'}")
    made.migrate()
    yield made
    made.close()


@pytest.fixture
def bot(database):
    return Bot(database)


async def test_the_first_hub_is_meant_where_nobody_says_otherwise(bot):
    room = Room()
    assert await bot.says("/jhub status", room) == {"main": ["/jhub status"]}
    assert room.shown == Notice("main · Heard", "/jhub status")


async def test_a_hub_that_is_named_hears_the_line_without_its_name(bot):
    room = Room()
    assert await bot.says("/jhub --hub test status", room) == {"test": ["/jhub status"]}
    assert room.shown == Notice("test · Heard", "/jhub --hub test status")


async def test_a_channel_of_the_configuration_has_its_hub(bot):
    room = Room(id=CHANNEL)
    assert await bot.says("/jhub status", room) == {"test": ["/jhub status"]}
    assert room.shown == Notice("test · Heard", "/jhub status")
    assert not await bot.meant.choose(room, "main")
    assert await bot.meant.choose(room, "test")


async def test_a_choice_counts_there_for_every_replica_and_after_a_restart(bot, database):
    room, other = Room(), Bot(database)
    await other.meant.load()
    assert await bot.meant.choose(room, "test")
    assert await other.says("/jhub status", room) == {"test": ["/jhub status"]}
    assert await bot.says("/jhub status", Room(id="elsewhere")) == {"main": ["/jhub status"]}
    assert await bot.meant.choose(room, "main")
    assert await other.says("/jhub help", room) == {"test": ["/jhub status"], "main": ["/jhub help"]}


async def test_a_choice_is_made_where_the_change_was_asked_for(bot):
    @dataclass
    class Changes:
        place: str

        async def get(self, operation):
            return self if operation == "known" else None

    room = Room()
    choosing = HubSwitch(bot.meant, Changes(room.address), lambda address: room if address == room.address else None)
    assert await choosing.set_default("known", "test")
    assert bot.meant.seen(room) == "test"
    with pytest.raises(LookupError):
        await choosing.set_default("unknown", "test")


async def test_no_hub_hears_what_names_none_that_there_is(bot):
    room = Room()
    for line in ("/jhub --hub prod status", "/jhub status --hub"):
        assert await bot.says(line, room) == {}
        assert "hub" in room.shown.title
    assert bot.ended == [Outcome.INVALID] * 2


async def test_nobody_is_sent_to_another_hub_when_the_chosen_one_is_gone(bot, database):
    room = Room()
    await bot.meant.choose(room, "test")
    alone = Bot(database, {"dev": HUBS["test"] | {"channels": []}})
    await alone.meant.load()
    assert await alone.says("/jhub scale 0", room) == {}
    assert "no longer runs" in room.shown.title
    assert await alone.says("/jhub --hub main status", room) == {"main": ["/jhub status"]}


async def test_without_the_store_nobody_guesses(bot, monkeypatch):
    async def gone(*_):
        raise Unavailable("the bot's store", "cannot be read")

    monkeypatch.setattr(ChosenHubs, "all", gone)
    room = Room()
    assert await bot.says("/jhub scale 0", room) == {}
    assert bot.ended == [Outcome.UNAVAILABLE]
    assert await bot.says("/jhub --hub test status", room) == {"test": ["/jhub status"]}


async def test_a_click_reaches_the_hub_whose_card_it_is(bot):
    view = await bot.click(Room(), hub="test", line="/jhub status")
    assert bot.hubs["test"].heard == [{"hub": "test", "line": "/jhub status"}]
    assert view == Notice("test · Pressed", "/jhub --hub test status")


async def test_a_card_of_before_there_were_several_is_the_first_hubs(bot):
    await bot.click(Room(id=CHANNEL), line="/jhub status")
    assert bot.hubs["main"].heard


async def test_a_card_of_a_hub_that_is_gone_is_over(bot):
    assert (await bot.click(Room(), hub="nosuch")).title == "This card is no longer active"
    assert not any(hub.heard for hub in bot.hubs.values())


async def test_one_hub_alone_is_not_named(database):
    bot, room = Bot(database, {}), Room()
    assert await bot.says("/jhub status", room) == {"main": ["/jhub status"]}
    assert room.shown == Notice("Heard", "/jhub status")
    assert await bot.click(room, line="x") == Notice("Pressed", "/jhub status")
    assert await bot.says("/jhub --hub test status", room) == {"main": ["/jhub status", {"line": "x"}]}
    assert "There is no hub “test”" in room.shown.title
