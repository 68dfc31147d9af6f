"""The bot looks at itself: lost conversations, silent replicas, its own secrets; and at those it depends on."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot.alerts.finding import Severity
from bot.alerts.grouping import folded
from bot.alerts.watchers import azure, bot, graph, registry
from clients.errors import NotFound, Unavailable
from commands.ports.bot_state import OwnApp
from tests.world import NOW, World
from tests.world.login import CLIENT, OLD, Entra, LoginWorld, kept


async def text():
    return OLD


@dataclass
class Own:
    gone: list = field(default_factory=list)
    silent: list = field(default_factory=list)
    apps: tuple = ()

    async def lost(self, since):
        return [one for one in self.gone if one[2] >= since]

    async def missing(self, since):
        return [one for one in self.silent if one[1] >= since]


def with_own(**more):
    return replace(LoginWorld().reads, own=Own(**more))


async def test_lost_conversations_are_one_alert_for_a_day():
    gone = [(f"19:{name}", "Olu", NOW - timedelta(hours=hours)) for name, hours in (("a", 1), ("b", 2), ("c", 25))]
    (found,) = folded(await bot.look(with_own(gone=gone)))
    assert (found.title, found.subjects) == ("2 conversations no longer receive alerts", ("19:a", "19:b"))


async def test_a_replica_that_is_silent_is_named():
    (found,) = await bot.look(with_own(silent=[("bot-1", NOW - timedelta(minutes=5))]))
    assert (found.key, found.title) == ("replica bot-1", "Replica bot-1 of the bot has stopped responding")


@pytest.mark.parametrize(
    ("days", "severity"),
    [(31, None), (30, Severity.NOTE), (7, Severity.WARNING), (1, Severity.CRITICAL), (-3, Severity.CRITICAL)],
)
async def test_its_own_secret_is_counted_down(days, severity):
    own = Own(apps=(OwnApp("Teams", CLIENT, text),))
    world = LoginWorld(entra=Entra(known=[kept("k", OLD, days)]))
    found = await bot.look(replace(world.reads, own=own))
    assert [one.severity for one in found] == ([severity] if severity else [])
    assert OLD not in repr((found, own))


@pytest.mark.parametrize("out", [Unavailable("Microsoft Graph", "refused (403)"), NotFound("no such app")])
async def test_a_secret_that_graph_does_not_tell_of_is_no_alert(out):
    own = Own(apps=(OwnApp("Teams", CLIENT, text),))
    assert await bot.look(replace(LoginWorld(entra=Entra(out=out)).reads, own=own)) == []


async def test_whoever_refuses_the_bot_is_told_by_the_engine():
    class Refuses:
        login_server = "example.org"

        async def object_id(self, _):
            raise Unavailable("Microsoft Graph", "asked the bot to slow down")

        async def cluster(self):
            raise Unavailable("Azure", "refused")

        async def tags(self, repository, newest):
            assert (repository, newest) == ("notebook", 1)
            raise Unavailable("the registry", "refused")

    reads = replace(LoginWorld().reads, access=Refuses(), azure=Refuses(), registry=Refuses())
    for watcher, words in ((graph, "slow down"), (azure, "Azure refused"), (registry, "registry refused")):
        with pytest.raises(Unavailable, match=words):
            await watcher.look(reads)


async def test_what_is_not_configured_is_not_looked_at():
    reads = replace(World().reads, own=None)
    for watcher in (bot, graph, azure, registry):
        assert await watcher.look(reads) == ()
