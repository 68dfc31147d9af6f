"""When no pool for users can have a node: what is said of it, where, and when nothing is known of it."""

from dataclasses import replace

import pytest

from cards.views import Tone
from clients.azure.aks import Cluster
from clients.errors import Unavailable
from commands.diagnostics import status, why
from commands.framework.argument_types import Upn
from commands.nodes import list as nodes
from commands.nodes.user_capacity import shortage
from tests.commands.nodes.estate import LABEL, Azure, a_pool
from tests.world import World, components, node, release, user, words

ADA = "ada@example.org"
CLUSTER = Cluster("jhub-aks", "Succeeded", "Running", "1.32.7", "westeurope", "Free", {}, "e")
OUT = Unavailable("Azure", "is gone")
CORE = a_pool("core", 1)
FIXED = a_pool("users", 0, labels=LABEL, tags={"jhub-bot-kept": "1-5"})


def live(purpose):
    return release(3, values={"scheduling": {"userPods": {"nodeAffinity": {"matchNodePurpose": purpose}}}})


REQUIRES, PREFERS = live("require"), live("prefer")


@pytest.mark.parametrize(
    ("pools", "fact", "line"),
    [
        ([FIXED], "users is fixed at 0 nodes", "/jhub scale up"),
        ([replace(FIXED, tags={})], "users is fixed at 0 nodes", "/jhub autoscale users 0 5"),
        ([replace(FIXED, power="Stopped", maximum=5)], "users is stopped", "/jhub nodes"),
        (
            [replace(FIXED, name="gpu", power="Stopped"), FIXED],
            "gpu is stopped and users is fixed at 0 nodes",
            "/jhub scale up --pool users",
        ),
        ([], "no pool has the label hub.jupyter.org/node-purpose=user", "/jhub pool create users"),
    ],
)
def test_it_says_why_and_what_helps(pools, fact, line):
    found = shortage([CORE, *pools], CLUSTER, REQUIRES, [node("core-0", "core")])
    assert found.blocks
    assert found.words.startswith(f"Nobody can start a server: {fact}, and the values require")
    assert found.step.line == line


def test_required_by_the_servers_own_selector_counts_too():
    chosen = release(3, values={"singleuser": {"nodeSelector": {"hub.jupyter.org/node-purpose": "user"}}})
    assert shortage([FIXED], CLUSTER, chosen, []).blocks


@pytest.mark.parametrize(("its", "seen"), [(PREFERS, []), (OUT, []), (None, []), (REQUIRES, OUT)])
def test_that_nobody_can_start_is_said_only_where_it_is_certain(its, seen):
    found = shortage([FIXED], CLUSTER, its, seen)
    assert not found.blocks
    assert "Nobody" not in found.words
    assert "users is fixed at 0 nodes" in found.words


@pytest.mark.parametrize(
    ("pools", "cluster", "its", "seen"),
    [
        ([replace(FIXED, minimum=0, maximum=5)], CLUSTER, REQUIRES, []),
        ([replace(FIXED, count=1)], CLUSTER, REQUIRES, []),
        ([FIXED, replace(FIXED, name="more", count=1)], CLUSTER, REQUIRES, []),
        ([FIXED], replace(CLUSTER, provisions=True), REQUIRES, []),
        ([FIXED], OUT, REQUIRES, []),
        ([FIXED], None, REQUIRES, []),
        ([FIXED], CLUSTER, REQUIRES, [node("own-0", "own", purpose="user")]),
        ([CORE], CLUSTER, PREFERS, []),
    ],
)
def test_nothing_is_said_where_a_node_can_come_or_it_is_not_known(pools, cluster, its, seen):
    assert shortage(pools, cluster, its, seen) is None


@pytest.fixture
def azure():
    found = Azure()
    found.listed["users"] = FIXED
    return found


@pytest.fixture
def reads(azure):
    its = World(users=[user(ADA)], pods=components(), releases=[REQUIRES], nodes=[node("core-0", "core")])
    return replace(its.reads, azure=azure)


async def test_status_why_and_nodes_say_it(reads):
    sentence = "Nobody can start a server: users is fixed at 0 nodes, and the values require the users’ nodes."
    state = await status.run(status.Args(), reads)
    assert state.headline.startswith(sentence)
    assert state.headline.endswith("/jhub scale up restores it.")
    assert state.tone is Tone.WARNING
    reason = await why.run(why.Args(Upn.parse(ADA)), reads)
    assert sentence in reason.text
    assert "can simply start one" not in words(reason)
    assert reason.tone is Tone.WARNING
    pools = await nodes.run(nodes.Args(), reads)
    assert pools.tone is Tone.WARNING
    assert any(one.startswith(sentence) for one in pools.problems)


async def test_they_say_nothing_of_it_while_a_node_can_come(reads, azure):
    azure.listed["users"] = replace(FIXED, minimum=0, maximum=5)
    assert (await status.run(status.Args(), reads)).tone is Tone.GOOD
    assert "can simply start one" in (await why.run(why.Args(Upn.parse(ADA)), reads)).text
    assert (await nodes.run(nodes.Args(), reads)).tone is Tone.GOOD


@pytest.mark.parametrize("what", ["pools", "cluster", "none"])
async def test_without_azure_s_answer_they_say_nothing_of_it(reads, azure, what):
    async def gone():
        raise OUT

    setattr(azure, what, gone)
    if what == "none":
        reads = replace(reads, azure=None)
    assert (await status.run(status.Args(), reads)).tone is Tone.GOOD
    assert "can simply start one" in (await why.run(why.Args(Upn.parse(ADA)), reads)).text
