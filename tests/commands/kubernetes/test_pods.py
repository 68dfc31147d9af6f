"""The pods, those with a problem first."""

import pytest

from cards.views import Tone
from commands.framework.errors import UserError
from commands.kubernetes import pods
from commands.kubernetes.arguments import Component
from tests.world import World, cannot_pull, components, pod, server, unready


async def card(world, component=None):
    return await pods.run(pods.Args(Component.parse(component) if component else None), world.reads)


def rows(view):
    return [tuple(cell.text for cell in row) for row in view.sections[0].rows]


async def test_all_well():
    view = await card(World(pods=[*components(), server("ann@example.org")]))
    assert (view.headline, view.tone) == ("All 4 pods are ready", Tone.GOOD)
    assert ("ann@example.org", "ready", "0", "users vmss000001", "3 h") in rows(view)


async def test_what_is_wrong_comes_first_with_its_reason():
    broken = server("zoe@example.org", node="", **cannot_pull("0000000"))
    view = await card(World(pods=[*components(), broken]))
    assert (view.headline, view.tone) == ("3 of 4 pods are ready", Tone.BAD)
    name, state, _, where, _ = rows(view)[0]
    assert (name, where) == ("zoe@example.org", "none yet")
    assert state.startswith("ErrImagePull")


async def test_a_pod_that_starts_or_stops_is_no_problem():
    view = await card(
        World(pods=[*components(), pod("hub-2", "hub", terminating=True), pod("hub-3", "hub", **unready())])
    )
    assert view.tone is Tone.WORKING


@pytest.mark.parametrize("typed", ["users", "servers", "user", "Users", "singleuser-server"])
async def test_users_servers_go_by_the_names_people_use(typed):
    view = await card(World(pods=[*components(), server("ann@example.org")]), typed)
    assert [row[0] for row in rows(view)] == ["ann@example.org"]


async def test_a_named_server_is_told_from_the_users_other_one():
    thesis = server("ann@example.org", labels={"hub.jupyter.org/servername": "thesis"})
    view = await card(World(pods=[server("ann@example.org"), thesis]), "users")
    assert [row[0] for row in rows(view)] == ["ann@example.org", "ann@example.org (thesis)"]


async def test_one_component():
    view = await card(World(), "hub")
    assert (view.headline, [row[0] for row in rows(view)]) == ("The pod is ready", ["hub-1"])


async def test_an_unknown_component_gets_the_nearest():
    with pytest.raises(UserError) as refused:
        await card(World(), "prxy")
    assert str(refused.value) == "“prxy” has no pods now."
    assert refused.value.hints == ("/jhub pods proxy",)


async def test_no_pods_at_all():
    view = await card(World(pods=[]))
    assert view.headline == "No pods"
