"""The affinity of users' servers to the users' nodes: set by an upgrade, refused if servers could start nowhere."""

from dataclasses import dataclass, field, replace

import pytest

from cards.text import render
from cards.views import Failure, Notice
from clients.azure.aks import Pool
from clients.errors import Unavailable
from clients.helm import FailureReason, UpgradeResult
from commands.config import pool_prefer, pool_require
from commands.framework.command import Consent, Level
from commands.framework.errors import UserError
from tests.world import SECRET, Doing, Helm, World, node, release, words

PATH = ("scheduling", "userPods", "nodeAffinity", "matchNodePurpose")
PREFER, REQUIRE = pool_prefer.COMMAND, pool_require.COMMAND
USERS = {"hub.jupyter.org/node-purpose": "user"}


def pool(name="users", count=1, maximum=5, labels=USERS):
    return Pool(name, "User", "E8s", count, 0, maximum, "Succeeded", "Running", "1.32", labels, (), {}, "etag")


def with_purpose(word):
    made = release(3)
    scheduling = {"userPods": {"nodeAffinity": {"matchNodePurpose": word}, "tolerations": []}, "userScheduler": {}}
    return replace(made, values={**made.values, "scheduling": scheduling})


@dataclass
class Nodes(World):
    """A cluster with a node for users."""

    nodes: list = field(default_factory=lambda: [node("core-0", "core"), node("users-0", "users", purpose="user")])


class Azure:
    def __init__(self, pools):
        self._pools = pools

    async def pools(self):
        if isinstance(self._pools, Exception):
            raise self._pools
        return self._pools

    async def cluster(self):
        raise Unavailable("Azure", "did not say what the cluster is")


async def planned(command, world, pools=None):
    reads = world.reads if pools is None else replace(world.reads, azure=Azure(pools))
    return await command.plan(command.args(), reads)


@pytest.mark.parametrize(
    ("command", "before", "after"), [(PREFER, "require", "prefer"), (REQUIRE, "prefer", "require")]
)
async def test_one_value_is_changed_and_nothing_else(command, before, after):
    live = with_purpose(before)
    world = Nodes(releases=[live])
    plan = await planned(command, world)
    (difference,) = command.preview(plan).differences
    assert (difference.path, difference.before, difference.after) == (".".join(PATH), before, after)
    assert SECRET not in words(plan)
    doing = Doing(world, Helm(lambda: UpgradeResult(True)))
    view = await command.apply(plan, doing)
    assert isinstance(view, Notice)
    (asked,) = doing.helm.asked
    expected = with_purpose(after).values
    assert asked["values"] == expected
    assert live.value(*PATH) == before, "what was read is not changed"


async def test_where_the_values_say_nothing_the_charts_own_counts():
    with pytest.raises(UserError, match="is already prefer"):
        await planned(PREFER, Nodes(releases=[release(3)]))
    made = release(3, defaults={"scheduling": {"userPods": {"nodeAffinity": {"matchNodePurpose": "require"}}}})
    with pytest.raises(UserError, match="is already require"):
        await planned(REQUIRE, Nodes(releases=[made]))


async def test_a_failed_attempt_at_it_can_be_repeated():
    broken = replace(with_purpose("require"), revision=4, status="failed")
    assert (await planned(REQUIRE, Nodes(releases=[broken, with_purpose("prefer")]))).revision == 4
    assert (await planned(PREFER, Nodes(releases=[broken, with_purpose("prefer")]))).before == "prefer"


BARE = [node("core-0", "core"), node("users-0", "users")]


@pytest.mark.parametrize("pools", [None, [], [pool(labels={})], Unavailable("Azure", "cannot be reached")])
async def test_without_any_node_for_users_it_is_refused(pools):
    with pytest.raises(UserError, match="every new server would wait forever") as refused:
        await planned(REQUIRE, Nodes(nodes=BARE), pools)
    assert refused.value.hints == ("/jhub pool create users",)


@pytest.mark.parametrize("maximum", [None, 0])
async def test_a_pool_held_at_nothing_does_not_count(maximum):
    with pytest.raises(UserError):
        await planned(REQUIRE, Nodes(nodes=BARE[:1]), [pool(count=0, maximum=maximum)])


async def test_a_pool_whose_nodes_come_when_needed_is_warned_of():
    plan = await planned(REQUIRE, Nodes(nodes=BARE[:1]), [pool(count=0)])
    assert "waits until users has one" in render(REQUIRE.preview(plan))


@pytest.mark.parametrize("ready", [True, False])
async def test_a_node_counts_by_its_own_label_when_it_is_ready(ready):
    world = Nodes(nodes=[node("users-0", "users", purpose="user", ready=ready)])
    if ready:
        assert (await planned(REQUIRE, world)).warning == ""
    else:
        with pytest.raises(UserError):
            await planned(REQUIRE, world)


async def test_preferring_needs_no_node():
    assert (await planned(PREFER, Nodes(nodes=[], releases=[with_purpose("require")]))).warning == ""


@pytest.mark.parametrize(
    ("ends", "stop", "said"),
    [
        (
            UpgradeResult(False, FailureReason.TIMEOUT, "The new pods were not ready in time."),
            False,
            "not ready in time",
        ),
        (UpgradeResult(False, FailureReason.CANCELLED, "The upgrade was cancelled while it ran."), True, "was stopped"),
    ],
)
async def test_what_does_not_work_is_said_with_what_is_live(ends, stop, said):
    world = Nodes(releases=[with_purpose("prefer")])
    plan, doing = await planned(REQUIRE, world), Doing(world, Helm(lambda: ends))
    if stop:
        doing.stop.set()
    view = await REQUIRE.apply(plan, doing)
    assert isinstance(view, Failure)
    assert said in words(view)
    assert "Fact(label='matchNodePurpose', value='prefer'" in words(view)


@pytest.mark.parametrize("command", [PREFER, REQUIRE])
def test_an_operator_confirms_it(command):
    assert (command.level, command.consent, command.approvals) == (Level.OPERATOR, Consent.CALLER, 0)
