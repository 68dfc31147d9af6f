"""One look at who uses what: shares of nodes, what is left over, and that all of it is exactly the nodes."""

from hypothesis import given
from hypothesis import strategies as st

from bot.jobs.usage_look import PARTS, HomeLook, NodeLook, ServerLook, usage_look
from commands.ports.usage import UNKNOWN_PROFILE
from tests.world import home, node, server

GIB = 2**30
ALLOCATABLE = {"cpu": 8.0, "memory": 64.0 * GIB}


def a_node(name, pool="users", purpose="user", **more):
    return node(name, pool, purpose=purpose, **{"allocatable": ALLOCATABLE} | more)


def a_server(user, on="n1", cpu=0.0, gib=0.0, **more):
    return server(user, node=on, uid=f"uid-{user}", requests={"cpu": cpu, "memory": gib * GIB}, **more)


def look(pods, nodes, profiles=None, claims=None):
    return usage_look(pods, nodes, {pod.uid: "" for pod in pods} if profiles is None else profiles, claims)


def test_a_server_has_the_larger_of_its_two_parts():
    found = look([a_server("ada", cpu=1, gib=16), a_server("ben", cpu=4, gib=1)], [a_node("n1")])
    assert found.servers == (
        ServerLook("ada", "", "Standard_E8s_v5", PARTS // 4),
        ServerLook("ben", "", "Standard_E8s_v5", PARTS // 2),
    )
    assert found.nodes == (NodeLook("users", "Standard_E8s_v5", 1, PARTS * 3 // 4, PARTS // 4),)


def test_shares_that_are_more_than_the_node_are_scaled_down_to_it():
    found = look([a_server("ada", cpu=6), a_server("ben", gib=48)], [a_node("n1")])
    assert [one.share for one in found.servers] == [PARTS // 2, PARTS // 2]
    assert found.nodes[0].idle == 0


def test_a_request_of_more_than_a_node_is_a_node():
    (ada,) = look([a_server("ada", cpu=99)], [a_node("n1")]).servers
    assert ada.share == PARTS


def test_what_the_hubs_own_nodes_have_left_is_not_idle():
    found = look([], [a_node("n1"), a_node("c1", "core", purpose="core")])
    assert found.nodes == (
        NodeLook("core", "Standard_E8s_v5", 1, 0, 0),
        NodeLook("users", "Standard_E8s_v5", 1, 0, PARTS),
    )


def test_a_node_that_has_servers_is_one_for_users_whatever_its_label_says():
    found = look([a_server("ada", cpu=2)], [a_node("n1", purpose="")])
    assert found.nodes[0].idle == PARTS * 3 // 4


def test_what_waits_for_a_node_and_what_has_ended_uses_nothing():
    pods = [a_server("ada", on="", cpu=1), a_server("ben", cpu=1, phase="Failed"), a_server("cyd", cpu=1)]
    assert [one.user for one in look(pods, [a_node("n1")]).servers] == ["cyd"]


def test_a_server_without_requests_or_on_a_node_nobody_sees_has_no_share():
    found = look([a_server("ada"), a_server("ben", on="gone", cpu=1)], [a_node("n1")])
    assert [(one.user, one.size, one.share) for one in found.servers] == [
        ("ada", "Standard_E8s_v5", 0),
        ("ben", "", 0),
    ]


def test_a_node_that_says_nothing_of_itself_divides_nothing_by_zero():
    found = look([a_server("ada", cpu=1, gib=1)], [a_node("n1", allocatable={})])
    assert found.servers[0].share == 0


def test_a_profile_that_the_hub_did_not_tell_is_unknown():
    pods = [a_server("ada", cpu=1), a_server("ben", cpu=1)]
    found = look(pods, [a_node("n1")], {"uid-ada": "large"})
    assert [one.profile for one in found.servers] == ["large", UNKNOWN_PROFILE]


def test_homes_are_bound_claims_of_users_in_whole_gibibytes():
    claims = [
        home("ada", size=10 * GIB, storage_class="managed-csi"),
        home("ben", size=10 * GIB + 1, storage_class="managed-csi"),
        home("cyd", phase="Pending"),
        home("hub-db-dir", component="hub"),
    ]
    assert look([], [], claims=claims).homes == (HomeLook("ada", "managed-csi", 10), HomeLook("ben", "managed-csi", 11))
    assert look([], [], claims=None).homes is None


def test_a_name_that_no_hub_has_is_cut():
    (found,) = look([a_server("x" * 100_000, cpu=1)], [a_node("n1")]).servers
    assert found.user == "x" * 255


amounts = st.tuples(st.floats(0, 200), st.floats(0, 2000), st.sampled_from(["n1", "n2", "gone", ""]))


@given(st.lists(amounts, max_size=12))
def test_shares_and_what_is_left_are_exactly_the_nodes(requests):
    pods = [a_server(f"user{number}", on, cpu, gib) for number, (cpu, gib, on) in enumerate(requests)]
    found = look(pods, [a_node("n1"), a_node("n2")])
    (users,) = found.nodes
    assert users.used == sum(one.share for one in found.servers)
    assert users.used + users.idle == 2 * PARTS
    assert users.idle >= 0
