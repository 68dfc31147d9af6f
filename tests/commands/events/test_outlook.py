"""Whether an event will work, said the day before: each thing that it depends on."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cards.views import Notice, Tone
from clients.errors import Unavailable
from clients.kube import ResourceQuota
from commands.events.outlook import outlook, short_of
from commands.framework.errors import UserError
from tests.commands.events.conftest import GIB
from tests.commands.events.test_add import an_event
from tests.commands.nodes.estate import LABEL, a_pool, done, planned
from tests.world import certificate, pod, unready, words
from tests.world.kubernetes_objects import components


@pytest.fixture(autouse=True)
def physics(world):
    world.events_planned = [an_event()]
    world.certificate = certificate(not_after=an_event().ends + timedelta(days=1))


async def told(do):
    ended = await done(do, "event check Physics")
    assert isinstance(ended, Notice)
    return ended


async def bad(do):
    (event,) = [one for one in await do.reads.events.all() if one.name == "Physics"]
    return (await outlook(event, await do.reads.events.all(), do.reads)).bad


async def test_all_is_well(do):
    ended = await told(do)
    assert (ended.title, ended.tone) == ("“Physics” will work", Tone.GOOD)
    labels = [fact.label for section in ended.sections for fact in section.facts]
    assert labels == ["When", "Who", "Pool", "Nodes", "Quota", "Image", "Hub", "Certificate"]


async def test_what_cannot_be_known_is_said_to_be(do):
    do.quotas.trouble = Unavailable("Azure", "did not answer")
    ended = await told(do)
    assert (ended.title, ended.tone) == ("“Physics” should work", Tone.WARNING)
    assert "Quota: Azure did not answer" in words(ended)


async def test_the_quota_the_pool_and_what_was_agreed_on(do, azure, world):
    do.quotas.used, do.quotas.limit = 95, 100
    assert "the pool will not grow further" in (await bad(do))[0]
    do.quotas.used = 0
    world.events_planned = [an_event(people=120)]
    assert "no more than 5 were agreed on" in (await bad(do))[0]
    world.events_planned = [an_event()]
    azure.listed["users"] = a_pool("users", 2, minimum=1, maximum=5, labels=LABEL, power="Stopped")
    assert "is stopped" in (await bad(do))[0]
    del azure.listed["users"]
    assert await bad(do) == ("The pool users no longer exists.",)


async def test_events_that_overlap_count_together(do, world):
    world.events_planned.append(an_event("Chemistry", people=60))
    assert "It takes 8 nodes by now, and no more than 5 were agreed on" in (await bad(do))[0]


async def test_the_cluster_has_become_one_without_pools_to_size(do, azure):
    azure.its = replace(azure.its, provisions=True)
    assert "no pool to make larger" in (await bad(do))[0]


async def test_the_hub_is_not_healthy(do, world):
    world.pods = [pod("hub-1", "hub", **unready(refusal="no node takes it")), *components()[1:]]
    assert await bad(do) == ("The hub is not healthy: hub: no node takes it.",)
    world.pods, world.version = components(), Unavailable("The hub", "did not answer")
    assert "did not answer" in (await bad(do))[0]


async def test_the_certificate_ends_before_the_event_does(do, world):
    world.certificate = certificate(not_after=an_event().ends - timedelta(minutes=1))
    assert "expires before the event is over" in (await bad(do))[0]


async def test_the_profile_is_no_longer_there(do, world):
    world.events_planned = [an_event(profile="Large")]
    assert "no profiles" in (await bad(do))[0]


def quota(used, hard, **more):
    return ResourceQuota(
        "compute", {"requests.memory": hard, "pods": "1k"}, {"requests.memory": used, "pods": "3"}, **more
    )


def test_a_quota_of_the_namespace():
    each = {"memory": 4.0 * GIB, "pods": 1.0}
    assert list(short_of(60, each, [quota("0", "240Gi")])) == []
    (found,) = short_of(60, each, [quota("10Gi", "240Gi")])
    assert found == "The namespace’s quota compute has requests.memory for 57 more servers, not for 60."
    assert list(short_of(60, each, [quota("10Gi", "240Gi", scopes=("Terminating",))])) == []
    assert list(short_of(60, each, [ResourceQuota("odd", {"pods": "many"}, {})])) == []


async def test_one_that_is_over_or_unknown_is_not_checked(do):
    do.moment = an_event().ends
    with pytest.raises(UserError, match="was over"):
        await planned(do, "event check Physics")
    with pytest.raises(UserError, match="There is no event"):
        await planned(do, "event check Biology")
