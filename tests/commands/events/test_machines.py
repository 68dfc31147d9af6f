"""What a node has for servers: by itself, or by AKS' rules for its size."""

import pytest

from clients.azure.compute import Size
from clients.kube.pods import Owner
from commands.events.machines import machines
from commands.events.packing import DISKS
from tests.commands.nodes.estate import a_pool
from tests.world import node, pod, server

GIB = 2**30
SIZE = Size("f", 8, offered=True, memory=64 * GIB, disks=16)
LEFT = {"cpu": 7.82, "memory": 61.0 * GIB, "pods": 110.0}
NODE = node("aks-users-0", "users", allocatable=LEFT)


def agent(name, on="aks-users-0"):
    return pod(name, "", node=on, owner=Owner("DaemonSet", name), requests={"cpu": 0.1, "memory": 0.5 * GIB})


def test_a_node_tells_what_is_left_beside_what_runs_on_it():
    ann = server("ann@example.org", node="aks-users-0", requests={"memory": 4.0 * GIB}, claims=("claim-ann",))
    over = server("bob@example.org", node="aks-users-0", requests={"memory": 9.0 * GIB}, phase="Succeeded")
    filler = pod("placeholder", "user-placeholder", node="aks-users-0", requests={"memory": 9.0 * GIB})
    found = machines(a_pool("users", 1), [NODE], [ann, over, filler, agent("azure-cns")], SIZE)
    (room,) = found.rooms
    assert room.taken
    assert room.free == pytest.approx({"cpu": 7.72, "memory": 56.5 * GIB, "pods": 108.0, DISKS: 15.0})
    # A new node has what runs everywhere, and none of the servers.
    assert found.empty == pytest.approx({"cpu": 7.72, "memory": 60.5 * GIB, "pods": 109.0, DISKS: 16.0})
    assert found.certain
    assert found.disks_known


def test_a_node_that_takes_no_pods_has_no_room_and_counts():
    ill = node("aks-users-1", "users", ready=False, allocatable=LEFT)
    cordoned = node("aks-users-2", "users", schedulable=False, allocatable=LEFT)
    found = machines(a_pool("users", 3), [NODE, ill, cordoned], [], SIZE)
    assert [(bool(room.free), room.taken) for room in found.rooms] == [(True, False), (False, True), (False, True)]


@pytest.mark.parametrize(
    ("vcpus", "gib", "pods", "cpu", "kept"),
    [
        (8, 64, 110, 7.82, 20 * 110 + 50 + 100),
        (2, 8, 30, 1.9, 20 * 30 + 50 + 100),
        # A quarter of it at most.
        (2, 4, 250, 1.9, 1024 + 100),
        (96, 384, 30, 95.26, 20 * 30 + 50 + 100),
    ],
)
def test_without_a_node_the_rules_of_aks_tell(vcpus, gib, pods, cpu, kept):
    size = Size("f", vcpus, offered=True, memory=gib * GIB, disks=16)
    elsewhere = node("aks-core-0", "core", allocatable={"cpu": 3.0})
    found = machines(a_pool("users", 0, max_pods=pods), [elsewhere], [agent("azure-cns", "aks-core-0")], size)
    assert not found.certain
    assert found.rooms == ()
    assert found.empty["cpu"] == pytest.approx(cpu - 0.1)
    assert found.empty["memory"] == pytest.approx(gib * GIB - kept * 2**20 - 0.5 * GIB)
    assert found.empty["pods"] == pods - 1


def test_nobody_tells():
    assert machines(a_pool("users", 0), [], [], None) is None
    assert machines(a_pool("users", 0), [], [], Size("f", 8, offered=True)) is None


def test_how_many_disks_it_takes_is_not_known():
    found = machines(a_pool("users", 1), [NODE], [], None)
    assert DISKS not in found.empty
    assert not found.disks_known
