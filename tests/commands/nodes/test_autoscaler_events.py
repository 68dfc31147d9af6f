"""Pools that cannot grow: what the autoscaler says in kube-system reaches who asks."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cards.views import Tone
from clients.azure.aks import Pool
from clients.errors import Unavailable
from clients.kube import Event
from commands.diagnostics import why
from commands.framework.argument_types import Upn
from commands.nodes import list as nodes
from commands.nodes.autoscaler_events import failed_scale_ups
from tests.world import NOW, World, home, server, unready, user, words
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


class Azure:
    async def pools(self):
        its = {"mode": "User", "size": "Standard_E8s_v5", "minimum": 1, "maximum": 5, "state": "Succeeded"}
        rest = {"power": "Running", "version": "1.32.7", "labels": {}, "taints": (), "tags": {}, "etag": "e"}
        return [Pool(name="users", count=2, **its | rest)]


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
