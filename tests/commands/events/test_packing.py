"""How many nodes it takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.events.packing import DISKS, NodeHeadroom, ServersWanted, TooLargeError, fits, nodes_for, scarcest

EMPTY = {"cpu": 7.82, "memory": 61.0, "pods": 108.0, DISKS: 16.0}
EACH = {"cpu": 0.25, "memory": 4.0, "pods": 1.0, DISKS: 1.0}


@pytest.mark.parametrize(
    ("more", "count", "scarce"),
    [
        ({}, 15, "memory"),
        ({"memory": 1.0}, 16, DISKS),
        ({"memory": 1.0, DISKS: 0.0}, 31, "cpu"),
        ({"memory": 0.1, "cpu": 0.01, DISKS: 0.0}, 108, "pods"),
    ],
)
def test_the_scarcest_resource_decides(more, count, scarce):
    each = {name: amount for name, amount in (EACH | more).items() if amount}
    assert fits(EMPTY, each) == count
    assert scarcest(EMPTY, each) == scarce


def test_a_sum_of_many_requests_does_not_lose_a_server_to_rounding():
    assert fits({"cpu": 0.1 + 0.1 + 0.1}, {"cpu": 0.1}) == 3
    assert fits({"cpu": 0.3}, {"cpu": 0.1}) == 3


def test_what_a_machine_does_not_have_it_does_not_take_but_unknown_disks_do_not_count():
    assert fits(EMPTY, {"nvidia.com/gpu": 1.0}) == 0
    assert fits({"pods": 30.0}, {"pods": 1.0, DISKS: 1.0}) == 30


def test_room_that_is_there_is_used_and_nodes_in_use_are_kept():
    used = NodeHeadroom({**EMPTY, "memory": 9.0}, taken=True)
    free = NodeHeadroom(EMPTY, taken=False)
    assert nodes_for([ServersWanted(EACH, 2)], [free, used], EMPTY) == 1
    assert nodes_for([ServersWanted(EACH, 17)], [free, used], EMPTY) == 2
    assert nodes_for([ServersWanted(EACH, 18)], [free, used], EMPTY) == 3
    assert nodes_for([], [free, used], EMPTY) == 1


def test_a_node_that_takes_no_pods_is_a_node_of_the_pool_all_the_same():
    assert nodes_for([ServersWanted(EACH, 15)], [NodeHeadroom({}, taken=True)], EMPTY) == 2


def test_people_with_another_profile_share_the_nodes():
    large = EACH | {"memory": 30.0}
    assert nodes_for([ServersWanted(large, 2), ServersWanted(EACH, 15)], [], EMPTY) == 2
    assert nodes_for([ServersWanted(large, 3), ServersWanted(EACH, 7)], [], EMPTY) == 2


def test_a_server_that_no_machine_can_take():
    with pytest.raises(TooLargeError) as raised:
        nodes_for([ServersWanted(EACH | {"memory": 62.0}, 1)], [], EMPTY)
    assert raised.value.resource == "memory"
    assert nodes_for([ServersWanted(EACH | {"memory": 62.0}, 0)], [], EMPTY) == 0


@given(st.integers(0, 400), st.integers(0, 400), st.floats(0.5, 61.0))
def test_more_people_never_take_fewer_nodes_and_all_fit(some, more, memory):
    each = EACH | {"memory": memory}
    nodes = nodes_for([ServersWanted(each, some)], [], EMPTY)
    assert nodes * fits(EMPTY, each) >= some > (nodes - 1) * fits(EMPTY, each) or some == nodes == 0
    assert nodes_for([ServersWanted(each, some + more)], [], EMPTY) >= nodes
