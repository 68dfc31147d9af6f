"""Delivery of alerts: conversations that are gone, channels with rules, what is said aloud, an engine that stops."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import time, timedelta

import pytest

from bot.alerts.finding import Severity
from bot.alerts.repository import Subscription
from bot.alerts.routing import Route, Routing, rules
from bot.alerts.service import AlertService
from bot.config.alerts import AlertsSection
from bot.config.loading import settings_from
from bot.config.types import ConfigError
from commands.timing.hours import Hours, Weekly
from tests.bot.alerts.conftest import Watch, finding
from tests.bot.people import OLU, Card, Room


@dataclass
class Rooms:
    """Several conversations, each found again by its address."""

    rooms: dict = field(default_factory=dict)

    def __call__(self, address):
        return self.rooms.setdefault(address, Room(f"conversation {address}"))


def several(watch):
    made = Rooms()
    watch.engine._delivery._places = made
    return made


def told(room):
    return [card.views[0].title for card in room.cards]


async def test_a_conversation_that_is_gone_is_taken_off_the_list_and_the_others_go_on(database, caplog):
    watch = Watch(database)
    rooms = several(watch)
    for place in ("a", "b"):
        await watch.subscribe(place=place)
    watch.troubles.wrong["pods"] = [finding("hub")]
    await watch.pass_by(3)
    rooms("a").cards[0].is_banished = True
    watch.troubles.wrong["nodes"] = [finding("node")]
    await watch.pass_by(4)
    assert (told(rooms("a")), told(rooms("b"))) == (["hub is wrong"], ["hub is wrong", "node is wrong"])
    assert [one.place for one in await watch.alerts.subscriptions()] == ["b"]
    (lost,) = await watch.alerts.lost(watch.clock() - timedelta(days=1))
    assert (lost.conversation, lost.by) == ("conversation a", "Olu")
    assert "nobody hears" not in caplog.text
    assert {card.place for card in (await watch.alerts.overview(watch.clock())).cards} == {"b"}
    rooms("b").cards[0].is_banished = True
    await watch.pass_by(1)
    assert "nobody hears of them" in caplog.text


async def test_an_alert_of_which_nobody_knows_whether_it_arrived_is_told_again(database):
    watch = Watch(database)
    await watch.subscribe()
    watch.troubles.wrong["pods"] = [finding("hub")]
    await watch.pass_by(3)
    (card,) = watch.room.cards
    # As for a card that met 502: it has no id, and is not known to be refused.
    its, card.id = card.id, ""
    await watch.alerts.put_card(replace((await watch.alerts.overview(watch.clock())).cards[0], card=""))
    await watch.pass_by(1)
    await watch.engine._delivery.settled()
    assert card.finished, "its last state is what the platform says anew"
    # Said anew, it is a message like any other, and edited as one.
    card.id, card.finished = its, False
    await watch.pass_by(1)
    assert [one.card for one in (await watch.alerts.overview(watch.clock())).cards] == [its]
    watch.troubles.wrong["pods"] = []
    await watch.pass_by(5)
    assert "Resolved" in watch.room.card(its).views[-1].title or any(
        "Resolved" in view.title for one in watch.room.cards for view in one.views
    )


@pytest.mark.parametrize(
    ("then", "word"),
    [([], "Resolved: hub is wrong"), ([finding("hub", Severity.CRITICAL)], "Worse: hub is wrong")],
)
async def test_a_word_of_which_nobody_knows_whether_it_arrived_is_said_anew(database, then, word):
    watch = Watch(database)
    await watch.subscribe()
    watch.troubles.wrong["pods"] = [finding("hub", Severity.WARNING)]
    await watch.pass_by(3)
    watch.room.silent = True
    watch.troubles.wrong["pods"] = then
    await watch.pass_by(6)
    await watch.engine._delivery.settled()
    (said,) = [card for card in watch.room.cards if card.views[0].title == word]
    assert said.finished, "its last state is what the platform says anew"


async def test_an_alert_that_was_refused_for_now_is_told_once_it_may_be(database):
    watch = Watch(database)
    await watch.subscribe()
    watch.troubles.wrong["pods"] = [finding("hub")]
    await watch.pass_by(3)
    (card,) = watch.room.cards
    card.id, card.is_lost = "", True
    await watch.alerts.put_card(replace((await watch.alerts.overview(watch.clock())).cards[0], card=""))
    await watch.pass_by(2)
    assert told(watch.room) == ["hub is wrong"] * 2
    assert len(await watch.alerts.subscriptions()) == 1


async def test_a_conversation_that_asks_again_is_lost_no_more(database):
    watch = Watch(database)
    await watch.subscribe()
    assert (await watch.alerts.lose("room", watch.clock())).by == "Olu"
    assert await watch.alerts.lose("room", watch.clock()) is None
    assert not await watch.alerts.unsubscribe("conversation room")
    await watch.subscribe()
    assert await watch.alerts.lost(watch.clock() - timedelta(days=1)) == []
    assert len(await watch.alerts.subscriptions()) == 1


async def test_a_removal_forgets_what_it_covers(database, caplog):
    watch = Watch(database)
    for place in ("a", "b"):
        await watch.subscribe(place=place)
    desk = AlertService(watch.alerts, None, ["pods"], watch.clock, Rooms())
    await desk.forget(lambda address: address == "a")
    assert [one.place for one in await watch.alerts.subscriptions()] == ["b"]
    assert "nobody hears" not in caplog.text
    await desk.forget(lambda _: True)
    assert "nobody hears of them" in caplog.text


async def test_a_removal_forgets_the_cards_as_well_where_alerts_are_not_wanted_any_more(database):
    watch = Watch(database)
    several(watch)
    for place in ("a", "b"):
        await watch.subscribe(place=place)
    watch.troubles.wrong["pods"] = [finding("hub")]
    await watch.pass_by(3)
    assert await watch.alerts.unsubscribe("conversation a")
    desk = AlertService(watch.alerts, None, ["pods"], watch.clock, Rooms())
    await desk.forget(lambda address: address == "a")
    assert {card.place for card in (await watch.alerts.overview(watch.clock())).cards} == {"b"}
    assert await watch.alerts.lost(watch.clock() - timedelta(days=1)) == []


async def test_worse_is_said_aloud_once_and_a_step_counts_like_a_severity(watch):
    for step, severity in ((0, Severity.NOTE), (1, Severity.NOTE), (0, Severity.WARNING)):
        watch.troubles.wrong["pods"] = [finding("hub", severity, step=step)]
        await watch.pass_by(4)
        watch.restart()
    watch.troubles.wrong["pods"] = [finding("hub", Severity.NOTE)]
    await watch.pass_by(4)
    assert told(watch.room) == ["hub is wrong", "Worse: hub is wrong", "Worse: hub is wrong"]


@dataclass
class SlowRoom(Room):
    """Posting takes until `gate`."""

    posting: asyncio.Event = field(default_factory=asyncio.Event)

    async def post(self, view) -> Card:
        self.posting.set()
        return await super().post(view)


async def test_an_engine_that_is_stopped_while_it_posts_has_posted_once(database):
    watch = Watch(database, room=SlowRoom(gate=asyncio.Event()), rules={"dwell": timedelta(0)})
    await watch.subscribe()
    watch.troubles.wrong["pods"] = [finding("hub")]
    async with asyncio.timeout(240):
        async with watch.engine.running():
            await watch.room.posting.wait()
            asyncio.get_running_loop().call_later(0.1, watch.room.gate.set)
    watch.restart()
    await watch.pass_by(3)
    assert told(watch.room) == ["hub is wrong"]


def test_the_configuration_is_above_what_was_typed():
    section = AlertsSection(
        quiet="22:00-07:00",
        timezone="Europe/Berlin",
        channels={"19:a": {"min": "critical", "quiet": "12:00-13:00"}, "19:b": {"only": ["pods"]}},
    )
    made = rules(section, ["pods", "nodes"])
    typed = Subscription("19:a;messageid=1", "p", Severity.NOTE, ("nodes",), "Olu", None)
    assert made.effective(typed) == replace(typed, minimum=Severity.CRITICAL)
    assert made.effective(replace(typed, conversation="19:b")).only == ("pods",)
    assert made.effective(replace(typed, conversation="19:c")) == replace(typed, conversation="19:c")


@pytest.mark.parametrize(
    ("conversation", "hour", "quiet"),
    [("19:c", 21, True), ("19:c", 5, True), ("19:c", 6, False), ("19:c", 20, False), ("19:a", 21, False)],
)
def test_quiet_hours_are_by_the_zones_clock_and_a_channels_own_come_first(clock_at, conversation, hour, quiet):
    # Berlin is one hour ahead of UTC in November.
    made = Routing("Europe/Berlin", Hours(time(22), time(7)), {"19:a": Route(quiet=Hours(time(12), time(13)))})
    assert made.is_quiet(conversation, clock_at(hour)) is quiet


@pytest.fixture
def clock_at(database):
    start = Watch(database).clock()
    return lambda hour: start.replace(hour=hour)


def test_nobody_watches_what_is_not_there():
    with pytest.raises(ValueError, match=r"channels\.19:a\.only: there is no watcher named pots"):
        rules(AlertsSection(channels={"19:a": {"only": ["pots"]}}), ["pods"])


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"alerts": {"quiet": "22-7"}}, "hours are written as 22:00-07:00"),
        ({"alerts": {"quiet": "22:00-22:00"}}, "begin and end at the same time"),
        ({"alerts": {"timezone": "Mars"}}, "is not a time zone"),
        ({"alerts": {"channels": {"a": {"min": "loud"}}}}, "alerts.channels.a.min"),
        ({"report": {"weekly": "Monday morning"}}, "is written as Mon 09:00"),
    ],
)
def test_a_mistake_in_the_settings_is_named(section, words):
    with pytest.raises(ConfigError, match=words):
        settings_from(section)


def test_the_digest_is_off_unless_a_time_is_given():
    assert settings_from({}).report.weekly is None
    assert settings_from({"report": {"weekly": False}}).report.weekly is None
    weekly = settings_from({"report": {"weekly": "Mon 09:05"}}).report.weekly
    assert (weekly, weekly.cron) == (Weekly(0, time(9, 5)), "5 9 * * mon")


async def test_one_channel_is_one_subscription_whichever_thread_it_is_typed_in(database):
    watch = Watch(database)

    @dataclass
    class Thread(Room):
        @property
        def own(self):
            return Room("19:x@thread.tacv2")

    class Changes:
        async def get(self, operation):
            return type("Asked", (), {"place": operation, "requester": OLU, "conversation": operation})

    desk = AlertService(
        watch.alerts, Changes(), ["pods"], watch.clock, lambda address: Thread(f"19:x;messageid={address}")
    )
    await desk.subscribe("1", "note", ())
    await desk.subscribe("2", "warning", ())
    (one,) = await watch.alerts.subscriptions()
    assert (one.conversation, one.place, one.minimum) == ("19:x@thread.tacv2", "19:x@thread.tacv2", Severity.WARNING)
    assert await desk.unsubscribe("3")
    assert await watch.alerts.subscriptions() == []
