"""An hour of a busy thread: Teams' limits hold, whatever is followed there, and nothing new waits for them."""

import asyncio

import pytest

from bot.teams import ConversationReference
from bot.teams.outbox.conversation import TeamsConversation
from bot.teams.outbox.outbox import Outbox
from bot.teams.outbox.pacing import HOUR, Pace
from cards.views import Notice, Plan, Progress

LIMITS = ((1.0, 7), (2.0, 8), (30.0, 60), (HOUR, 1_800))


class Connector:
    """Takes everything at once and notes when."""

    def __init__(self, clock):
        self.clock = clock
        self.times = []

    async def create(self, _reference, _activity):
        self.times.append(self.clock.now())
        return f"m{len(self.times)}"

    async def update(self, _reference, _message, _activity):
        self.times.append(self.clock.now())


async def turns():
    for _ in range(12):
        await asyncio.sleep(0)


@pytest.fixture
def clock(kit):
    return kit.clock(turns)


@pytest.fixture
async def connector(clock):
    return Connector(clock)


@pytest.fixture
async def place(connector, clock):
    outbox = Outbox(connector, clock)
    yield TeamsConversation(outbox, ConversationReference("https://x.example.org", "19:x;messageid=1", "t", "28:bot"))
    await outbox.close(0.0)


def most_within(times, seconds):
    """The most there were within any so many seconds."""
    most = first = 0
    for last, time in enumerate(times):
        while times[first] <= time - seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


@pytest.mark.parametrize(
    "view",
    [Progress, lambda text: Plan(text, ())],
    ids=["progress", "what people wait for"],
)
async def test_two_operations_that_are_followed_for_an_hour_and_more(place, clock, connector, view):
    cards = [await place.post(view(f"{name} 0")) for name in ("deploy", "scale")]
    for second in range(5_000):
        for name, card in zip(("deploy", "scale"), cards, strict=True):
            card.update(view(f"{name} {second}"))
        await clock.advance(1.0)
    for seconds, most in LIMITS:
        assert most_within(connector.times, seconds) <= most, (seconds, most)
    # News still comes.
    assert max(b - a for a, b in zip(connector.times, connector.times[1:], strict=False)) <= 61


async def test_a_new_answer_does_not_wait_for_those_that_are_followed(place, clock, connector):
    card = await place.post(Progress("deploy 0"))
    for second in range(3_000):
        card.update(Progress(f"deploy {second}"))
        await clock.advance(1.0)
    before = clock.now()
    await place.post(Notice("Here you are"))
    assert connector.times[-1] == before


async def test_a_pause_forgets_nothing_within_the_hour(place, clock, connector):
    card = await place.post(Plan("0", ()))
    for round_ in range(20):
        for second in range(100):
            card.update(Plan(f"{round_} {second}", ()))
            await clock.advance(1.0)
        # Longer than a queue stays that has nothing to do.
        await clock.advance(70.0)
        await clock.advance(1.0)
    assert most_within(connector.times, HOUR) <= 1_800


def test_an_hour_later_all_is_as_before():
    pace = Pace()
    for moment in range(1_500):
        pace.wrote(float(moment))
    assert pace.next_edit(1_500.0, 1_499.0, awaited=False) >= HOUR
    assert pace.next_edit(6_000.0, 5_999.0, awaited=False) == 6_001.0
    assert pace.is_over(6_000.0)
