"""The certificate's watcher in the engine, by a clock of the test's: when it is told, how often, when it is over."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.alerts.engine import Engine
from bot.alerts.finding import Severity
from bot.alerts.notifier import Notifier
from bot.alerts.repository import Alerts, Subscription
from bot.alerts.watchers.cert import WATCHER
from bot.runtime.leases import Lease
from clients.errors import Unavailable
from clients.public.certificate import Problem
from tests.bot.people import Clock, Room
from tests.world import NOW, World, automatic, certificate
from tests.world.acme import ELSEWHERE

LOST = "hub.example.org has no certificate that browsers accept"
FALLEN = certificate(Problem.TRAEFIK_DEFAULT, fingerprint="cd" * 32)
HALF = timedelta(seconds=30)


class Watched:
    """A hub whose certificate can be lost, and the bot that looks at it."""

    def __init__(self, database):
        self.database, self.clock, self.room = database, Clock(NOW), Room()
        self.world = World(releases=[automatic()], log=ELSEWHERE, resolved=("203.0.113.9",))
        self.alerts = Alerts(database)
        self.start()

    def start(self, replica="bot-0"):
        """Another process, on the same store."""
        self.engine = Engine(
            watchers=[WATCHER],
            reads=lambda: replace(self.world.reads, now=self.clock()),
            alerts=self.alerts,
            lease=Lease(self.database, "alerts", replica),
            delivery=Notifier(self.alerts, lambda _: self.room),
            now=self.clock,
        )

    async def until(self, condition, within):
        """Let half minutes pass until it is so; how long that took."""
        began = self.clock()
        while not condition():
            assert self.clock() - began <= within
            await self.half_a_minute()
        return self.clock() - began

    async def half_a_minute(self):
        self.clock.forward(HALF)
        await self.engine.look()

    @property
    def titles(self):
        return [card.views[-1].title for card in self.room.cards]


@pytest.fixture
async def watched(database):
    made = Watched(database)
    await made.alerts.subscribe(Subscription("c", "room", Severity.NOTE, (), "Olu", made.clock()))
    return made


async def test_from_fallback_to_card_is_one_period_and_the_dwell_at_most(watched):
    await watched.half_a_minute()
    watched.world.certificate = FALLEN
    period = WATCHER.every * 1.1
    took = await watched.until(lambda: LOST in watched.titles, 2 * period + WATCHER.dwell)
    # What its jitter makes late comes half a minute late here: a look that sees it, and two until the dwell is over.
    assert took <= 3 * (WATCHER.every + HALF)
    watched.world.certificate = certificate()
    await watched.until(lambda: f"Resolved: {LOST}" in watched.titles, 2 * period + WATCHER.clear)


async def test_a_restart_of_autohttps_is_no_alert(watched):
    for problem in (Unavailable("the public address", "refused the connection"), FALLEN):
        watched.world.certificate = problem
        await watched.half_a_minute()
        watched.world.certificate = certificate()
        for _ in range(12):
            await watched.half_a_minute()
    assert watched.titles == []


async def test_ten_restarts_of_the_bot_during_an_alert_make_one_card(watched):
    watched.world.certificate = FALLEN
    await watched.until(lambda: LOST in watched.titles, timedelta(minutes=6))
    for number in range(10):
        watched.start(f"bot-{number % 2}")
        for _ in range(4):
            await watched.half_a_minute()
    assert watched.titles.count(LOST) == 1
    assert len(watched.room.cards) == 1


async def test_one_card_grows_worse_as_the_end_comes_nearer(watched):
    for days in (20, 6, 1):
        watched.world.certificate = certificate(days=days)
        for _ in range(8):
            await watched.half_a_minute()
    watched.world.certificate = certificate(Problem.EXPIRED, days=-1)
    for _ in range(8):
        await watched.half_a_minute()
    card, *below = watched.titles
    assert card == "The certificate of hub.example.org has expired"
    assert [title.partition(":")[0] for title in below] == ["Worse", "Worse"]


async def test_faults_by_lot_are_told_once_each_and_so_are_their_ends(watched):
    lot = random.Random(7)  # noqa: S311 - the same lot each time
    for number in range(1, 7):
        watched.world.certificate = FALLEN
        await watched.until(_told(watched, LOST, number), timedelta(minutes=6))
        for _ in range(lot.randrange(20)):
            await watched.half_a_minute()
        watched.world.certificate = certificate()
        # The card itself, and a message below it.
        await watched.until(_told(watched, f"Resolved: {LOST}", 2 * number), timedelta(minutes=6))
        # Longer than after which it would be the same alert again.
        watched.clock.forward(timedelta(minutes=lot.randrange(61, 600)))
        await watched.half_a_minute()
    assert len(watched.room.cards) == 12
    assert [one.fingerprint[:2] for one in watched.world.served] == ["ab", "cd"] * 6


def _told(watched, title, times):
    return lambda: sum(any(view.title == title for view in card.views) for card in watched.room.cards) == times
