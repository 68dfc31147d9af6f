"""Pools that cannot grow: the autoscaler's events in kube-system reach those who ask."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.alerts.finding import Severity
from bot.alerts.watchers import autoscaler as watcher
from cards.views import Tone
from clients.azure.aks import Pool
from clients.errors import Unavailable
from clients.kube import Event
from commands.diagnostics import why
from commands.framework.argument_types import Upn
from commands.nodes import list as nodes
from commands.nodes.autoscaler_events import failed_scale_ups
from commands.nodes.autoscaler_status import is_silent
from tests.commands.nodes.estate import LABEL
from tests.world import NOW, World, home, server, unready, user, words
from tests.world.autoscaler import group, status
from tests.world.events import event

ADA = "ada@example.org"
GROUP = "aks-users-31415926-vmss"
QUOTA = (
    f'Scale-up failed for group {GROUP}: Code="OperationNotAllowed" Message="Operation results in exceeding quota '
    'limits of Core. Maximum allowed: 10, Current in use: 7, Additional requested: 4."'
)
LATE = f"Nodes added to group {GROUP} failed to register within 15m0s"


def said(reason, message, minutes=5.0):
    when = NOW - timedelta(minutes=minutes)
    return Event("Warning", reason, message, "ConfigMap", "cluster-autoscaler-status", 1, when, when)


@pytest.mark.parametrize("reason_and_message", [("FailedToScaleUpGroup", QUOTA), ("ScaleUpTimedOut", LATE)])
def test_a_failure_is_the_pool_s(reason_and_message):
    found = failed_scale_ups([said(*reason_and_message)])
    assert list(found) == ["users"]


def test_a_pool_that_has_grown_since_is_well():
    grew = said("ScaledUpGroup", f"Scale-up: group {GROUP} size set to 3 instead of 2 (max: 5)", 1)
    assert failed_scale_ups([said("FailedToScaleUpGroup", QUOTA), grew]) == {}
    assert list(failed_scale_ups([grew, said("FailedToScaleUpGroup", QUOTA, 0.5)])) == ["users"]
    other = said("ScaledUpGroup", f"Scale-up: group {GROUP.replace('users', 'gpu')} size set to 1 instead of 0", 1)
    assert list(failed_scale_ups([said("FailedToScaleUpGroup", QUOTA), other])) == ["users"]


@pytest.mark.parametrize("message", ["", "x", "Scale-up failed for group nodes: no", "aks-users-vmss", GROUP[:-5]])
def test_what_names_no_pool_is_left_alone(message):
    assert failed_scale_ups([said("FailedToScaleUpGroup", message)]) == {}


ITS = {"mode": "User", "size": "Standard_E8s_v5", "minimum": 1, "maximum": 5, "state": "Succeeded"}
REST = {"power": "Running", "version": "1.32.7", "labels": {}, "taints": (), "tags": {}, "etag": "e"}
POOL = Pool(name="users", count=2, **ITS | REST | {"labels": LABEL})


class Azure:
    async def pools(self):
        return [POOL]


async def listed(scaling):
    return await nodes.run(nodes.Args(), replace(World(scaling=scaling).reads, azure=Azure()))


async def test_nodes_says_that_a_pool_cannot_grow_and_why():
    card = await listed([said("FailedToScaleUpGroup", QUOTA)])
    assert card.tone is Tone.WARNING
    assert "users cannot grow:" in words(card)
    assert "quota" in words(card)


async def test_without_the_autoscaler_s_words_the_pools_are_shown():
    card = await listed(Unavailable("Kubernetes", "did not answer"))
    assert "cannot grow" not in words(card)
    assert "users" in words(card)


async def test_why_says_what_the_pool_was_refused():
    waiting = server(ADA, **unready(node="", refusal="Unschedulable: 0/3 nodes are available: 3 Too many pods."))
    backed_off = event("NotTriggerScaleUp", "pod didn't trigger scale-up: 1 in backoff after failed scale-up")
    world = World(users=[user(ADA, False)], pods=[waiting], claims=[home(ADA)], events=[backed_off])
    world.scaling = [said("FailedToScaleUpGroup", QUOTA)]
    card = await why.run(why.Args(Upn.parse(ADA)), world.reads)
    assert "quota of cores is used up (10 allowed, 7 used, 4 asked for)" in card.text


# Its status


async def with_status(*groups, scaling=(), at=NOW):
    world = World(scaling=list(scaling), autoscaler=status(*groups, at=at))
    return await nodes.run(nodes.Args(), replace(world.reads, azure=Azure()))


async def test_a_backoff_is_told_with_its_reason_and_its_length():
    card = await with_status(group(scale_up="Backoff", message=QUOTA, since=NOW - timedelta(minutes=12)))
    assert "users cannot grow, for 12 min now: The subscription’s quota of cores is used up" in words(card)
    assert "waits after a failed attempt to grow" in words(card)


async def test_a_backoff_without_a_reason_takes_it_from_the_event():
    """Before 1.30 the status has none."""
    card = await with_status(group(scale_up="Backoff"), scaling=[said("FailedToScaleUpGroup", QUOTA)])
    assert "quota of cores is used up" in words(card)
    bare = await with_status(group(scale_up="Backoff"))
    assert "does not say why" in words(bare)


async def test_a_reason_that_is_not_known_is_quoted():
    card = await with_status(group(scale_up="Backoff", code="odd", message="the moon was full"))
    assert "“odd: the moon was full”" in words(card)


async def test_an_event_is_not_said_of_now_where_the_status_says_otherwise():
    card = await with_status(group(), scaling=[said("FailedToScaleUpGroup", QUOTA)])
    assert "users cannot grow" not in words(card)
    assert "users did not grow when the autoscaler last tried: The subscription’s quota" in words(card)


async def test_an_unhealthy_pool_can_neither_grow_nor_shrink():
    card = await with_status(group(health="Unhealthy", ready=1, since=NOW - timedelta(hours=1)))
    assert "users can neither grow nor shrink, for 1 h now." in words(card)
    assert "1 of its 2 nodes is ready" in words(card)


async def test_a_full_pool_and_candidates_are_no_problem():
    card = await with_status(group(target=5, candidates=2, since=NOW - timedelta(minutes=9)))
    assert card.tone is Tone.GOOD
    assert "at its maximum of 5; 2 nodes may go, since" in words(card)


async def test_an_autoscaler_that_is_silent_is_told():
    card = await with_status(group(), at=NOW - timedelta(minutes=31))
    assert "has not reported for 31 min" in words(card)
    assert "has not reported" not in words(await with_status(group(), at=NOW - timedelta(minutes=2)))


def test_an_old_status_is_a_leftover_where_no_pool_is_autoscaled():
    assert not is_silent(status(group(), at=NOW - timedelta(days=9)), [replace(POOL, minimum=None)], NOW)


async def test_why_takes_the_reason_from_the_status_once_the_event_is_gone():
    waiting = server(ADA, **unready(node="", refusal="Unschedulable: 0/3 nodes are available: 3 Too many pods."))
    backed_off = event("NotTriggerScaleUp", "pod didn't trigger scale-up: 1 in backoff after failed scale-up")
    world = World(users=[user(ADA, False)], pods=[waiting], claims=[home(ADA)], events=[backed_off])
    world.autoscaler = status(group(scale_up="Backoff", message=QUOTA))
    card = await why.run(why.Args(Upn.parse(ADA)), world.reads)
    assert "quota of cores is used up" in card.text


async def test_why_says_that_nothing_adds_a_node_while_the_autoscaler_hangs():
    waiting = server(ADA, **unready(node="", refusal="Unschedulable: 0/3 nodes are available: 3 Too many pods."))
    world = World(users=[user(ADA, False)], pods=[waiting], claims=[home(ADA)])
    world.autoscaler = status(group(), at=NOW - timedelta(hours=2))
    card = await why.run(why.Args(Upn.parse(ADA)), replace(world.reads, azure=Azure()))
    assert "The cluster autoscaler has not reported for 2 h" in card.text


def test_the_watcher_tells_of_the_autoscaler_itself():
    (silent,) = watcher.judge(status(group(), at=NOW - timedelta(hours=2)), [POOL], NOW)
    assert silent.key == "autoscaler silent"
    (stopped,) = watcher.judge(status(group(health="Unhealthy"), health="Unhealthy"), [POOL], NOW)
    assert stopped.severity is Severity.CRITICAL
    (ill,) = watcher.judge(status(group(health="Unhealthy"), group("core")), [POOL], NOW)
    assert ill.subjects == ("users",)
    assert watcher.judge(status(group(scale_up="Backoff")), [POOL], NOW) == [], "that is told by the watcher nodes"
