"""Quotas and limit ranges held against what a server asks for: what refuses the next start, and what soon will."""

from dataclasses import replace

import pytest

from bot.alerts.finding import Severity
from bot.alerts.watchers import starts
from cards.views import Tone
from clients.errors import Unavailable
from clients.hub import SpawnCounts
from clients.kube import LimitRange, ResourceQuota
from commands.diagnostics import status, why
from commands.framework.argument_types import Upn
from commands.servers.quota_outlook import quota_troubles
from commands.servers.quotas import quota_outlook
from commands.servers.server_demand import demands
from tests.commands.servers.test_refused_starts import ADA, HUB, QUOTA, refused, said, world
from tests.world import World, release, words

MEMORY = {"memory": {"guarantee": "1G", "limit": "8G"}}


def quota(name="compute", scopes=(), selector=None, **amounts):
    """A quota as the API server serves it, of `resource=(used, hard)`; "__" stands for a dot."""
    named = {resource.replace("__", "."): amount for resource, amount in amounts.items()}
    spec = {"hard": {name: hard for name, (_, hard) in named.items()}, "scopes": list(scopes)}
    spec |= {"scopeSelector": selector} if selector else {}
    used = {name: used for name, (used, _) in named.items() if used is not None}
    return ResourceQuota.from_json({"metadata": {"name": name}, "spec": spec, "status": {"used": used}})


def limits(kind="Container", **bounds):
    return LimitRange.from_json({"metadata": {"name": "small"}, "spec": {"limits": [{"type": kind, **bounds}]}})


def live(singleuser=MEMORY, **hub):
    return release(values={"singleuser": {"image": {"name": "a", "tag": "b"}, **singleuser}, "hub": hub})


def told(*quotas, ranges=(), of=None):
    found = quota_troubles(demands(of or live()), quotas, ranges)
    return [(one.words, one.refuses) for one in found]


# Quotas


def test_without_quotas_nothing_is_in_the_way():
    assert told() == []
    assert told(quota(pods=("3", "40"), configmaps=("9", "9"))) == []


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (quota(pods=("40", "40")), "is used up: 40 of 40 pods used"),
        (quota(**{"count/pods": ("41", "40")}), "is used up: 41 of 40 count/pods used"),
        (quota(requests__memory=("63.5Gi", "64Gi")), "no room for another server: 63.5 GiB of 64 GiB"),
        (quota(memory=("64Gi", "64Gi")), "each takes 1 GiB"),
        (quota(limits__memory=("57Gi", "64Gi")), "57 GiB of 64 GiB limits.memory used, and each takes 8 GiB"),
    ],
)
def test_what_refuses_the_next_server(given, says):
    ((text, refuses),) = told(given)
    assert refuses
    assert says in text
    assert text.endswith("A new server would be refused.")


def test_cpu_and_devices_are_numbers():
    asks = live({"cpu": {"guarantee": 0.5}, "extraResource": {"limits": {"nvidia.com/gpu": "1"}}})
    ((text, _),) = told(quota(requests__cpu=("3800m", "4")), of=asks)
    assert "3.8 of 4 requests.cpu used, and each takes 0.5" in text
    ((gpus, refuses),) = told(quota(**{"requests.nvidia.com/gpu": ("4", "4")}), of=asks)
    assert (refuses, "4 of 4 requests.nvidia.com/gpu used" in gpus) == (True, True)


def test_little_room_is_told_before_there_is_none():
    ((text, refuses),) = told(quota(pods=("38", "40")))
    assert not refuses
    assert text == "The namespace’s quota compute has room for 2 more servers: 38 of 40 pods used."
    assert told(quota(pods=("90", "100"))) != [], "the last tenth"
    assert told(quota(pods=("35", "40"))) == []


def test_what_refuses_is_told_first():
    assert [one for _, one in told(quota("a", pods=("38", "40")), quota("b", pods=("9", "9")))] == [True, False]


def test_what_is_not_counted_yet_is_not_judged():
    assert told(quota(pods=(None, "1"))) == []
    assert told(quota(pods=("x", "y"))) == []


@pytest.mark.parametrize("scope", ["BestEffort", "Terminating", "PriorityClass", "CrossNamespacePodAffinity"])
def test_a_quota_that_counts_other_pods_is_left_out(scope):
    assert told(quota(pods=("1", "1"), scopes=[scope])) == []


def test_a_quota_by_a_selector_is_not_judged():
    assert told(quota(pods=("1", "1"), selector={"matchExpressions": []})) == []
    assert told(quota(pods=("1", "1"), scopes=["NotTerminating", "NotBestEffort"])) != []


def test_a_quota_takes_only_containers_that_say_what_they_need():
    ((text, refuses),) = told(quota(limits__cpu=("1", "100")))
    assert refuses
    assert "each container of which sets limits.cpu; of a server’s, notebook does not" in text
    given = limits(default={"cpu": "1"}, defaultRequest={"cpu": "1"})
    assert told(quota(limits__cpu=("1", "100")), ranges=[given]) == []


def test_the_chart_s_own_init_container_says_nothing():
    blocking = live({**MEMORY, "cloudMetadata": {"blockWithIptables": True}})
    ((text, _),) = told(quota(requests__memory=("1Gi", "64Gi")), of=blocking)
    assert "block-cloud-metadata does not" in text


def test_a_home_is_only_for_somebody_new():
    asks = live({**MEMORY, "storage": {"type": "dynamic", "capacity": "10Gi", "dynamic": {"storageClass": "fast"}}})
    full = quota(persistentvolumeclaims=("20", "20"), requests__storage=("195Gi", "200Gi"))
    found = quota_troubles(demands(asks), [full], ())
    assert [(one.refuses, one.of_homes) for one in found] == [(True, True), (True, True)]
    assert "The home of somebody new would be refused." in found[0].words
    of_class = quota(**{"fast.storageclass.storage.k8s.io/requests.storage": ("195Gi", "200Gi")})
    other = quota(**{"slow.storageclass.storage.k8s.io/requests.storage": ("195Gi", "200Gi")})
    assert len(told(of_class, of=asks)) == 1
    assert told(other, of=asks) == []
    assert told(full, of=live({**MEMORY, "storage": {"type": "none"}})) == []


def test_each_profile_asks_for_its_own():
    profiles = [
        {"display_name": "Small"},
        {"display_name": "Large", "kubespawner_override": {"mem_guarantee": "32G", "mem_limit": "64G"}},
    ]
    asks = live({**MEMORY, "profileList": profiles})
    (one,) = quota_troubles(demands(asks), [quota(requests__memory=("40Gi", "64Gi"))], ())
    assert (one.refuses, one.profiles) == (True, ("Large",))
    assert "A new server with profile “Large” would be refused." in one.words
    everybody = quota_troubles(demands(asks), [quota(pods=("5", "5"))], ())
    assert [one.profiles for one in everybody] == [()]


def test_hub_config_overrides_the_chart_s_names():
    asks = live(config={"KubeSpawner": {"mem_guarantee": "16G"}})
    assert told(quota(requests__memory=("40Gi", "48Gi")), of=asks) != []


def test_a_limit_stands_for_the_request_that_is_not_there():
    asks = live({"memory": {"limit": "8G"}})
    ((text, _),) = told(quota(requests__memory=("60Gi", "64Gi")), of=asks)
    assert "each takes 8 GiB" in text


@pytest.mark.parametrize(
    "odd", [{"memory": "a lot"}, {"profileList": "x"}, {"profileList": [1, None]}, {"initContainers": 5}]
)
def test_odd_values_ask_for_nothing(odd):
    assert told(quota(requests__pods=("1", "1")), of=live(odd)) == []


# Limit ranges


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (limits(max={"memory": "2Gi"}), "allows a container at most 2 GiB of memory, and a server’s asks for 8 GiB"),
        (limits(min={"memory": "2Gi"}), "to ask for at least 2 GiB of memory, and a server’s asks for 1 GiB"),
        (limits("Pod", max={"memory": "4Gi"}), "allows a pod at most 4 GiB of memory, and a server’s asks for 8 GiB"),
        (limits(maxLimitRequestRatio={"memory": "4"}), "at most 4 times its request of memory, and a server’s has 8"),
    ],
)
def test_a_server_outside_a_limit_range(given, says):
    ((text, refuses),) = told(ranges=[given])
    assert refuses
    assert says in text


def test_a_default_limit_below_the_request():
    ((text, _),) = told(ranges=[limits(default={"memory": "512Mi"})], of=live({"memory": {"guarantee": "1G"}}))
    assert "gives a container a limit of 512 MiB of memory, less than the 1 GiB that a server’s asks for" in text


def test_a_home_outside_a_limit_range():
    asks = live({**MEMORY, "storage": {"type": "dynamic", "capacity": "10Gi"}})
    ((text, _),) = told(ranges=[limits("PersistentVolumeClaim", max={"storage": "5Gi"})], of=asks)
    assert "allows a home at most 5 GiB of storage, and a server’s asks for 10 GiB" in text


def test_what_fits_is_not_told():
    assert (
        told(ranges=[limits(max={"memory": "8Gi"}, min={"memory": "1Gi"}, maxLimitRequestRatio={"memory": "8"})]) == []
    )


# Where it is told

FULL = quota(pods=("20", "20"))


async def test_the_outlook_needs_quotas_and_ranges():
    its = World(quotas=[FULL])
    assert len(await quota_outlook(its.reads)) == 1
    its.limit_ranges = Unavailable("Kubernetes", "did not answer")
    assert await quota_outlook(its.reads) == []


async def test_status_and_why_say_what_refuses_the_next_start():
    its = world(quotas=[FULL])
    assert "A new server would be refused." in words(await status.run(status.Args(), its.reads))
    card = await why.run(why.Args(Upn.parse(ADA)), its.reads)
    assert card.tone is Tone.BAD
    assert "If they start one now, Kubernetes refuses it. The namespace’s quota compute is used up" in card.text


async def test_who_has_a_home_needs_none():
    asks = live({**MEMORY, "storage": {"type": "dynamic", "capacity": "10Gi"}})
    its = world(quotas=[quota(persistentvolumeclaims=("9", "9"))], releases=[asks])
    assert "they can simply start one" in (await why.run(why.Args(Upn.parse(ADA)), its.reads)).text
    its.claims = []
    assert "The home of somebody new" in (await why.run(why.Args(Upn.parse(ADA)), its.reads)).text


# The alert


async def alerted(its):
    return await starts.look(its.reads)


async def test_a_quota_that_refuses_is_told_before_anybody_meets_it():
    (finding,) = await alerted(world(quotas=[FULL]))
    assert (finding.key, finding.severity) == ("starts quota", Severity.WARNING)
    (soon,) = await alerted(world(quotas=[quota(pods=("38", "40"))]))
    assert (soon.key, soon.severity) == ("starts quota", Severity.NOTE)


async def test_the_title_says_whom_it_concerns():
    asks = live({**MEMORY, "storage": {"type": "dynamic", "capacity": "10Gi"}})
    claims = quota("disks", persistentvolumeclaims=("9", "9"))
    (homes,) = await alerted(world(quotas=[claims], releases=[asks]))
    assert homes.title == "A home for a new user would be refused"
    (both,) = await alerted(world(quotas=[claims, FULL], releases=[asks]))
    assert (both.title, both.facts[0].value.startswith("The namespace’s quota disks")) == (
        "The next server start would be refused",
        True,
    )


async def test_starts_that_the_quota_refused_are_one_alert():
    tries = [refused(f"u{n}@example.org", QUOTA) for n in range(3)]
    (finding,) = await alerted(world(*tries, quotas=[FULL], spawns=SpawnCounts(failed=3)))
    assert finding.key == "starts refused"
    assert [one.value for one in finding.facts if one.label == "Quota"] == [
        "The namespace’s quota compute is used up: 20 of 20 pods used. A new server would be refused."
    ]


async def test_starts_that_fail_for_another_reason_are_told_beside_the_quota():
    tries = [refused(f"u{n}@example.org", "no such thing", status=500) for n in range(3)]
    assert {one.key for one in await alerted(world(*tries, quotas=[FULL]))} == {"starts refused", "starts quota"}


async def test_failures_that_only_the_hub_counts_are_noticed():
    (finding,) = await alerted(world(spawns=SpawnCounts(started=1, failed=2, turned_away=1)))
    assert (finding.key, finding.severity) == ("starts refused", Severity.CRITICAL)
    assert "Its log says nothing of why." in finding.cause
    assert "1 of them it turned away because of a limit of its own." in finding.cause


async def test_the_quota_is_named_where_the_log_says_nothing():
    findings = await alerted(world(spawns=SpawnCounts(failed=4), quotas=[FULL]))
    assert findings[0].key == "starts refused"
    assert "The namespace’s quota compute is used up" in findings[0].cause


async def test_what_the_log_has_is_not_counted_again():
    tries = [refused(f"u{n}@example.org", QUOTA) for n in range(2)]
    # JupyterHub 5.5 counts a start twice that dies while it is waited for.
    assert await alerted(world(*tries, spawns=SpawnCounts(failed=4))) == []
    # Who has a server since has none to complain of.
    over = said("base:1141] User u0@example.org took 9.1 seconds to start", minutes=0.5)
    assert await alerted(world(*[refused("u0@example.org", QUOTA)] * 3, over, spawns=SpawnCounts(failed=3))) == []


async def test_counters_that_cannot_be_read_are_no_alert():
    assert await alerted(world(spawns=None)) == []
    assert await alerted(world(spawns=Unavailable("the hub", "did not answer"))) == []


async def test_the_log_of_before_a_restart_counts():
    """After five failures in a row the hub of z2jh ends itself, and its log with it."""
    tries = [line for n in range(3) for line in refused(f"u{n}@example.org", QUOTA)]
    its = world()
    its.pods = [replace(HUB, restarts=1)]
    its.logs = {("hub-1", "hub"): [], ("hub-1", "hub before"): tries}
    (finding,) = await alerted(its)
    assert finding.key == "starts refused"
