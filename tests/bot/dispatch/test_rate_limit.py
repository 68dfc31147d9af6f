"""Nobody holds up others by asking without end: the first thing too many is answered, what follows is not looked at."""

from dataclasses import dataclass, field
from uuid import UUID

import pytest

from bot.chat.platform import Click, TooMuch
from bot.config.loading import settings_from
from bot.config.types import ConfigError
from bot.dispatch.rate_limit import RateLimitedListener, RateLimits
from bot.instrumentation.outcomes import Outcome
from cards.views import Notice
from tests.bot.people import NOBODY, OLU, VERA, Room, message


@dataclass
class Seconds:
    """A clock that stands still unless it is moved."""

    now: float = 100.0

    def __call__(self):
        return self.now


@dataclass
class Inner:
    """A listener that counts."""

    heard: list = field(default_factory=list)

    async def on_message(self, message):
        message.taken.set()
        self.heard.append(message.sender)

    async def on_click(self, click):
        self.heard.append(click.sender)
        return Notice("pressed")


@dataclass
class Flooded:
    seconds: Seconds = field(default_factory=Seconds)
    inner: Inner = field(default_factory=Inner)
    room: Room = field(default_factory=Room)
    outcomes: list = field(default_factory=list)
    most: int = 3

    def __post_init__(self):
        self.limits = RateLimits(30, 10, self.seconds, most=self.most)
        self.listener = RateLimitedListener(self.inner, self.limits, self.outcomes.append)

    async def type(self, who, times=1):
        for _ in range(times):
            await self.listener.on_message(said := message(who, "/jhub help", self.room))
            assert said.taken.is_set(), "Teams would deliver it again"

    async def press(self, who, verb="confirm"):
        return await self.listener.on_click(Click("c", who, verb, {}, self.room))


@pytest.fixture
def flood():
    return Flooded()


async def test_what_is_too_much_is_answered_once_and_then_dropped(flood):
    await flood.type(OLU, 1000)
    assert len(flood.inner.heard) == 10
    (card,) = flood.room.cards
    assert "Wait 2 s" in card.views[-1].text
    assert flood.outcomes == [Outcome.LIMITED]


async def test_after_the_time_that_was_said_it_counts_again(flood):
    await flood.type(OLU, 20)
    flood.seconds.now += 1.9
    await flood.type(OLU)
    assert len(flood.inner.heard) == 10
    flood.seconds.now += 0.1
    await flood.type(OLU, 2)
    assert len(flood.inner.heard) == 11
    assert len(flood.room.cards) == 2, "the next excess is a new one, and is told"


async def test_dropping_does_not_make_the_wait_longer(flood):
    await flood.type(OLU, 500)
    flood.seconds.now += 60
    await flood.type(OLU, 100)
    assert len(flood.inner.heard) == 20


async def test_clicks_count_like_messages_and_leave_their_card(flood):
    await flood.type(OLU, 10)
    for _ in range(3):
        with pytest.raises(TooMuch, match="Wait 2 s"):
            await flood.press(OLU, "alert-ack")
    assert len(flood.inner.heard) == 10
    assert not flood.room.cards
    assert flood.outcomes == [Outcome.LIMITED]


async def test_what_clients_look_for_by_themselves_counts_a_tenth(flood):
    for _ in range(100):
        await flood.press(OLU, "view")
    with pytest.raises(TooMuch):
        await flood.press(OLU, "view")


async def test_one_persons_flood_does_not_take_from_others(flood):
    await flood.type(NOBODY, 1000)
    await flood.type(VERA, 10)
    assert flood.inner.heard.count(VERA) == 10


async def test_who_is_remembered_is_bounded_and_the_flood_is_not_forgotten_first(flood):
    await flood.type(OLU, 11)
    for number in range(1000):
        await flood.type(type(OLU)(str(UUID(int=number)), OLU.tenant_id, "X"))
        await flood.type(OLU)
    assert len(flood.limits) == 3
    assert flood.inner.heard.count(OLU) == 10


def test_nothing_a_minute_is_no_limit():
    limits = RateLimits(0, 1, lambda: 0.0)
    assert [limits.excess(OLU) for _ in range(100)] == [None] * 100
    assert len(limits) == 0


@pytest.mark.parametrize("section", [{"per_minute": -1}, {"burst": 0}, {"burst": "many"}])
def test_limits_that_make_no_sense_are_refused(section):
    with pytest.raises(ConfigError, match="limits"):
        settings_from({"limits": section})
