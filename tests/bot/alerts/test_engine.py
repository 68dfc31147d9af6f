"""Alerts: told once when they have lasted, edited while they live, over once they have been gone; by one replica."""

import asyncio
import random
from dataclasses import replace
from datetime import time, timedelta

from bot.alerts import lifecycle as life
from bot.alerts.finding import Severity
from bot.alerts.grouping import grouped
from bot.alerts.routing import Routing
from bot.runtime.leases import Lease
from cards.views import Tone
from clients.errors import Forbidden
from commands.timing.hours import Hours
from tests.bot.alerts.conftest import MINUTE, Watch, finding, gone

SEED = 20261124
DAYS = 30
# In minutes: of more looks nothing else would come, with troubles and dwells as they are here.
STEP = 20


async def test_a_trouble_is_told_once_it_has_lasted_and_over_once_it_has_been_gone(watch):
    watch.troubles.wrong["pods"] = [finding("hub")]
    await watch.pass_by(2)
    assert watch.room.cards == []
    await watch.pass_by(1)
    assert watch.titles == ["hub is wrong"]
    await watch.pass_by(60)
    assert len(watch.room.cards) == 1
    watch.troubles.wrong = {}
    await watch.pass_by(2)
    assert watch.titles == ["hub is wrong"]
    await watch.pass_by(1)
    assert watch.titles == ["Resolved: hub is wrong", "Resolved: hub is wrong"]
    _, reply = watch.room.cards
    assert reply.views[-1].tone is Tone.GOOD
    assert "after 1 h 3 min" in reply.views[-1].text
    await watch.pass_by(90)
    assert len(watch.room.cards) == 2


async def test_what_passes_quickly_is_never_told(watch):
    for _ in range(20):
        watch.troubles.wrong["pods"] = [finding("hub")]
        await watch.pass_by(2)
        watch.troubles.wrong = {}
        await watch.pass_by(1)
    assert watch.room.cards == []
    assert await watch.alerts.current(watch.clock()) == []


async def test_a_change_is_an_edit_of_the_same_card(watch):
    watch.troubles.wrong["pods"] = [finding("hub", subjects=("hub-1",))]
    await watch.pass_by(3)
    watch.troubles.wrong["pods"] = [finding("hub", Severity.CRITICAL, subjects=("hub-1", "hub-2"))]
    await watch.pass_by(1)
    card, worse = watch.room.cards
    assert "hub-2" in str(card.views[-1])
    assert card.views[-1].tone is Tone.BAD
    assert worse.views[-1].title == "Worse: hub is wrong"
    await watch.pass_by(5)
    assert len(watch.room.cards) == 2


async def test_ten_restarts_during_an_alert_are_one_card(watch):
    watch.troubles.wrong["pods"] = [finding("hub")]
    for _ in range(10):
        await watch.pass_by(1)
        watch.restart()
    await watch.pass_by(5)
    assert watch.titles == ["hub is wrong"]
    watch.troubles.wrong = {}
    for _ in range(10):
        await watch.pass_by(1)
        watch.restart()
    assert watch.titles == ["Resolved: hub is wrong", "Resolved: hub is wrong"]


async def test_two_replicas_tell_it_once(watch):
    watch.troubles.wrong["pods"] = [finding("hub")]
    other = watch.another("bot-1")
    for _ in range(10):
        watch.clock.forward(MINUTE)
        await asyncio.gather(watch.engine.look(), other.look())
    assert watch.titles == ["hub is wrong"]


async def test_a_replica_that_died_is_followed_by_another(database, watch):
    lease = Lease(database, "a", "bot-0")
    assert await lease.hold(watch.clock(), timedelta(seconds=30))
    assert not await Lease(database, "a", "bot-1").hold(watch.clock(), timedelta(seconds=30))
    watch.clock.forward(timedelta(seconds=31))
    assert await Lease(database, "a", "bot-1").hold(watch.clock(), timedelta(seconds=30))
    assert not await lease.hold(watch.clock(), timedelta(seconds=30))


async def test_what_goes_and_comes_is_told_once_as_flapping(watch):
    for _ in range(6):
        watch.troubles.wrong["pods"] = [finding("hub")]
        await watch.pass_by(4)
        watch.troubles.wrong = {}
        await watch.pass_by(4)
    first, *words = [card.views[0].title.partition(":")[0] for card in watch.room.cards]
    assert first == "hub is wrong"
    assert words == ["Resolved", "Back again", "Resolved", "Back again", "Resolved", "Keeps coming back"]
    assert "Keeps coming back" in str(watch.room.cards[0].views[-1])
    told = len(watch.room.cards)
    watch.troubles.wrong["pods"] = [finding("hub")]
    await watch.pass_by(2)
    watch.troubles.wrong = {}
    await watch.pass_by(20)
    assert len(watch.room.cards) == told
    await watch.pass_by(20)
    assert watch.titles[0] == "Resolved: hub is wrong"
    assert len(watch.room.cards) == told + 1


async def test_silence_is_a_finding_and_no_end(watch):
    watch.troubles.wrong["pods"] = [finding("hub")]
    await watch.pass_by(3)
    watch.troubles.wrong = {"pods": gone(), "nodes": gone()}
    await watch.pass_by(10)
    assert watch.titles == ["hub is wrong", "Kubernetes cannot be monitored"]
    assert "nodes" in str(watch.room.cards[-1].views[-1])
    watch.troubles.wrong = {}
    await watch.pass_by(4)
    assert watch.titles[:2] == ["Resolved: hub is wrong", "Resolved: Kubernetes cannot be monitored"]


async def test_a_missing_right_is_told_with_what_helps_and_no_outage(watch):
    watch.troubles.wrong = {"pods": Forbidden("Azure", "refused (AuthorizationFailed)", "Give it a role")}
    await watch.pass_by(10)
    assert watch.titles == ["Azure cannot be monitored"]
    said = str(watch.room.cards[-1].views[-1])
    assert "Give it a role" in said
    assert "Until it may" in said
    assert "still answers" not in said


async def test_a_bug_in_one_watcher_is_told_and_not_the_others(watch, caplog):
    watch.troubles.wrong = {"nodes": ZeroDivisionError(), "pods": [finding("hub")]}
    await watch.pass_by(4)
    assert sorted(watch.titles) == ["The bot cannot be monitored", "hub is wrong"]
    assert "ZeroDivisionError" in caplog.text


def test_a_storm_is_one_alert_that_lists_whom_it_hits():
    same = {"group": "quota", "several": "{count} servers are not starting"}
    storm = [finding(f"s{n}", subjects=(f"user{n}",), **same) for n in range(20)]
    storm[7] = replace(storm[7], severity=Severity.CRITICAL)
    one, other = grouped([*storm, finding("node")])
    assert (one.key, one.title, one.severity) == ("quota", "20 servers are not starting", Severity.CRITICAL)
    assert len(one.subjects) == 20
    assert other.key == "node"
    assert grouped(storm[:1])[0].title == "s0 is wrong"


async def test_each_channel_gets_what_it_asked_for(watch):
    await watch.alerts.unsubscribe("conversation room")
    await watch.subscribe(Severity.CRITICAL, place="a")
    watch.troubles.wrong["pods"] = [finding("hub")]
    await watch.pass_by(5)
    assert watch.room.cards == []
    await watch.subscribe(Severity.NOTE, only=("nodes",), place="a")
    await watch.pass_by(5)
    assert watch.room.cards == []
    await watch.subscribe(Severity.WARNING, only=("pods", "nodes"), place="a")
    await watch.pass_by(1)
    assert watch.titles == ["hub is wrong"]


async def test_in_quiet_hours_only_what_is_critical_is_told_and_the_rest_afterwards(database):
    watch = Watch(database, listened=Routing("Europe/Berlin", Hours(time(9), time(10, 10))))
    await watch.subscribe()
    watch.troubles.wrong["pods"] = [finding("hub"), finding("proxy", Severity.CRITICAL)]
    await watch.pass_by(5)
    assert watch.titles == ["proxy is wrong"]
    await watch.pass_by(6)
    assert watch.titles == ["proxy is wrong", "hub is wrong"]


async def test_an_end_in_quiet_hours_is_on_the_card_at_once_and_said_aloud_afterwards(database):
    watch = Watch(database, listened=Routing("UTC", Hours(time(9, 5), time(9, 30))))
    await watch.subscribe()
    watch.troubles.wrong["pods"] = [finding("hub")]
    await watch.pass_by(4)
    watch.troubles.wrong = {}
    await watch.pass_by(10)
    assert watch.titles == ["Resolved: hub is wrong"]
    await watch.pass_by(20)
    assert watch.titles == ["Resolved: hub is wrong", "Resolved: hub is wrong"]


async def test_snoozed_is_silent_until_it_becomes_worse(watch):
    watch.troubles.wrong["pods"] = [finding("hub")]
    await watch.pass_by(3)
    (alert,) = await watch.alerts.current(watch.clock())
    await watch.alerts.keep([life.snoozed(alert, watch.clock() + timedelta(hours=4), "Olu")], [], watch.clock())
    await watch.pass_by(1)
    assert "by Olu" in str(watch.room.cards[0].views[-1])
    watch.troubles.wrong["pods"] = [finding("hub", Severity.CRITICAL)]
    await watch.pass_by(1)
    assert "by Olu" not in str(watch.room.cards[0].views[-1])


async def test_what_comes_back_within_an_hour_is_the_same_alert_and_after_that_another(watch):
    for pause in (30, 90):
        watch.troubles.wrong["pods"] = [finding("hub")]
        await watch.pass_by(3)
        watch.troubles.wrong = {}
        await watch.pass_by(pause)
    watch.troubles.wrong["pods"] = [finding("hub")]
    await watch.pass_by(3)
    words = [card.views[0].title.partition(":")[0] for card in watch.room.cards]
    assert words == ["hub is wrong", "Resolved", "Back again", "Resolved", "hub is wrong"]


async def test_thirty_days_of_troubles_each_told_once_and_its_end_once(database):
    rng = random.Random(SEED)  # noqa: S311 - which troubles, not a secret
    watch = Watch(database, names=("a", "b", "c"), rules={"dwell": 10 * MINUTE, "clear": 10 * MINUTE})
    await watch.subscribe()
    expected = {}
    plans = {name: _plan(rng, name, expected) for name in watch.names}
    for minute in range(0, DAYS * 24 * 60, STEP):
        for name, spans in plans.items():
            watch.troubles.wrong[name] = [finding(key) for begin, end, key in spans if begin <= minute < end]
        if rng.random() < 0.002:
            watch.restart()
        await watch.pass_by(STEP, STEP)
    told = [card.views[0].title.removesuffix(" is wrong") for card in watch.room.cards if _begins(card)]
    ended = [
        card.views[0].title.removeprefix("Resolved: ").removesuffix(" is wrong")
        for card in watch.room.cards
        if not _begins(card)
    ]
    assert sorted(told) == sorted(key for key, long in expected.items() if long)
    assert sorted(ended) == sorted(told)
    assert len(told) > 100


def _plan(rng, name, expected):
    """Spans of trouble, each of its own: some too short to be told."""
    spans, minute = [], rng.randrange(100)
    while minute < DAYS * 24 * 60 - 600:
        long = rng.random() < 0.7
        length = rng.randrange(3 * STEP, 400) if long else STEP
        key = f"{name}{len(spans)}"
        expected[key] = long
        spans.append((minute, minute + length, key))
        minute += length + rng.randrange(20, 600)
    return spans


def _begins(card):
    return not card.views[0].title.startswith("Resolved")


class Estate:
    """Azure, as far as it knows whether the cluster runs."""

    power = "Running"

    async def cluster(self):
        return self


async def test_a_cluster_that_was_stopped_on_purpose_is_no_alarm_and_what_is_outside_is_watched_on(database):
    azure = Estate()
    watch = Watch(database, outside=("registry",), azure=azure, names=("pods", "registry"))
    await watch.subscribe()
    azure.power = "Stopped"
    watch.troubles.wrong = {"pods": gone()}
    await watch.pass_by(30)
    assert watch.room.cards == []
    watch.troubles.wrong["registry"] = [finding("quota")]
    await watch.pass_by(3)
    assert watch.titles == ["quota is wrong"]
    azure.power = "Running"
    await watch.pass_by(4)
    assert watch.titles == ["quota is wrong", "Kubernetes cannot be monitored"]


async def test_what_could_not_be_seen_is_looked_at_again_soon(watch):
    watch.rules = {"every": timedelta(days=1), "dwell": timedelta(0), "clear": timedelta(0)}
    watch.restart()
    watch.troubles.wrong = {"pods": gone()}
    for _ in range(5):
        watch.clock.forward(MINUTE)
        await watch.engine.look()
    assert watch.titles == ["Kubernetes cannot be monitored"]
    watch.troubles.wrong = {"pods": [finding("hub")]}
    for _ in range(5):
        watch.clock.forward(MINUTE)
        await watch.engine.look()
    assert sorted(watch.titles)[1] == "Resolved: Kubernetes cannot be monitored"
    assert "hub is wrong" in watch.titles
