"""Volumes that are full or nearly so: whose, how bad it is, and what is no finding."""

from datetime import timedelta

import pytest

from bot.alerts.finding import Severity
from bot.alerts.grouping import grouped
from bot.alerts.watchers import volumes
from clients.errors import Unavailable
from tests.world import NOW, World, home
from tests.world.prometheus import GIB, PrometheusReads, usage

ADA, BOB = "ada@example.org", "bob@example.org"
CLAIMS = [home(ADA), home(BOB), home("", "hub-db-dir", component="hub"), home("", "shared", component="other")]


async def found(*known, claims=CLAIMS):
    return await volumes.look(World(claims=list(claims), prometheus=PrometheusReads(list(known))).reads)


async def test_nothing_is_wrong_below_ninety_percent():
    assert await found(usage("claim-ada", 89.9), usage("hub-db-dir", 50)) == []


@pytest.mark.parametrize(
    ("one", "title", "severity"),
    [
        (usage("claim-ada", 90), f"The home of {ADA} is nearly full", Severity.NOTE),
        (usage("claim-ada", 100), f"The home of {ADA} is full", Severity.WARNING),
        (usage("claim-ada", 10, files=655_360), f"The home of {ADA} is full", Severity.WARNING),
        (usage("hub-db-dir", 90), "The volume of the hub’s database is nearly full", Severity.WARNING),
        (usage("hub-db-dir", 100), "The volume of the hub’s database is full", Severity.CRITICAL),
        (usage("shared", 95), "The volume of the claim shared is nearly full", Severity.WARNING),
    ],
)
async def test_what_is_full_or_nearly_so(one, title, severity):
    (finding,) = await found(one)
    assert (finding.title, finding.severity) == (title, severity)
    assert finding.advice


async def test_many_homes_are_one_alert_and_full_ones_another():
    known = [usage("claim-ada", 95), usage("claim-bob", 93), usage("claim-eve", 100)]
    nearly, full = grouped(await found(*known, claims=[*CLAIMS, home("eve@example.org")]))
    assert (nearly.title, full.title) == ("2 homes are nearly full", "The home of eve@example.org is full")
    assert nearly.subjects[0] == f"{ADA} (95 % of 10 GiB used, 512 MiB left)"
    assert [dict(one.data)["line"] for one in full.buttons][-1] == "/jhub storage show eve@example.org"


async def test_what_nobody_mounts_now_is_full_all_the_same_and_says_when_it_was_measured():
    (finding,) = await found(usage("claim-ada", 100, mounted=False, seen=NOW - timedelta(hours=9)))
    assert finding.subjects == (f"{ADA} (100 % of 10 GiB used, nothing left; measured 9 h ago)",)


async def test_a_claim_that_is_gone_or_going_or_younger_than_that_is_not_reported():
    full = usage("claim-ada", 100, mounted=False, seen=NOW - timedelta(days=2))
    assert await found(full, claims=[]) == []
    assert await found(full, claims=[home(ADA, terminating=True)]) == []
    assert await found(full, claims=[home(ADA, created=NOW - timedelta(days=1))]) == []


async def test_the_hubs_database_is_told_again_as_it_fills():
    steps = [(await found(usage("hub-db-dir", share, capacity=GIB)))[0].step for share in (90, 95, 98, 99)]
    assert steps == [0, 1, 2, 2]


async def test_without_prometheus_nothing_is_watched_and_its_silence_is_told():
    assert await volumes.look(World().reads) == []
    with pytest.raises(Unavailable, match="Prometheus"):
        await volumes.look(World(prometheus=PrometheusReads(Unavailable("Prometheus", "is away"))).reads)


async def test_the_claims_are_asked_for_only_if_one_is_nearly_full():
    calm = World(claims=Unavailable("Kubernetes", "is away"), prometheus=PrometheusReads([usage("claim-ada", 20)]))
    assert await volumes.look(calm.reads) == []
    calm.prometheus.known = [usage("claim-ada", 99)]
    with pytest.raises(Unavailable, match="Kubernetes"):
        await volumes.look(calm.reads)
