"""Servers with an outdated image: which those are, who is asked and how, and what pressing the button does."""

from dataclasses import replace

import pytest

from bot.changes.serialization import dump, load
from cards.text import render
from cards.views import Failure, Notice, Tone
from clients.errors import NotFound, Unavailable
from clients.hub import HubServer
from commands.framework.errors import UserError
from commands.framework.parser import parse
from commands.framework.plan_digest import digest
from commands.framework.registry import catalogue
from commands.images.arguments import ImageTag
from commands.servers import refresh as server_refresh
from commands.servers import refresh_all as servers_refresh
from commands.servers.outdated import Live, Outdated
from tests.world import IMAGE, NOW, OLU, Doing, World, release, server, user
from tests.world.crash import Died, Fuse, Journal, Mortal, through_crash

ANN, BEN, CID = "ann@example.org", "ben@example.org", "cid@example.org"
IDS = {ANN: "id-ann", BEN: "id-ben", CID: "id-cid", "olu@example.org": OLU}
LIVE = Live(IMAGE, "7c1d2e9", "", (IMAGE,))


def hub(**more):
    """Ann and Ben run the tag before the live one, Cid the live one."""
    given = {
        "releases": [release(4, "7c1d2e9"), release(3, "3f9a41c", "superseded")],
        "users": [user(ANN, True), user(BEN, True), user(CID, True)],
        "pods": [server(ANN), server(BEN), server(CID, "7c1d2e9")],
        "object_ids": dict(IDS),
    }
    return World(**given | more)


async def offered(world, doing=None):
    plan = await servers_refresh.plan(servers_refresh.Args(), world.reads)
    return await servers_refresh.apply(plan, doing or Doing(world))


# Which are outdated


@pytest.mark.parametrize(
    ("image", "newer"),
    [
        (f"{IMAGE}:3f9a41c", True),
        (f"{IMAGE}:7c1d2e9", False),
        (f"{IMAGE}:7c1d2e9@sha256:aa", False),
        ("jhub.azurecr.io/gpu-notebook:1", False),
    ],
)
def test_an_image_is_outdated_by_its_tag_unless_its_user_chose_another(image, newer):
    assert LIVE.is_newer_than(image) is newer


def test_of_the_same_tag_the_digest_decides_where_both_are_known():
    live = replace(LIVE, digest="sha256:bb")
    assert live.is_newer_than(f"{IMAGE}:7c1d2e9@sha256:aa")
    assert not live.is_newer_than(f"{IMAGE}:7c1d2e9@sha256:bb")
    assert not live.is_newer_than(f"{IMAGE}:7c1d2e9")


def test_an_image_that_the_release_had_under_another_name_is_outdated():
    assert replace(LIVE, names=(IMAGE, "old.example.org/notebook")).is_newer_than("old.example.org/notebook:7c1d2e9")


async def test_a_server_that_stops_is_not_asked_about():
    stopping = replace(user(ANN, True), servers=(HubServer("", False, "stop", NOW, NOW),))
    with pytest.raises(UserError, match="nobody to ask"):
        await servers_refresh.plan(servers_refresh.Args(), hub(users=[stopping]).reads)


async def test_without_a_live_revision_nothing_is_outdated():
    with pytest.raises(UserError, match="No revision of jupyterhub is live"):
        await servers_refresh.plan(servers_refresh.Args(), hub(releases=[release(status="failed")]).reads)


# Asking


async def test_each_gets_one_message_with_one_button():
    world = hub()
    view = await offered(world)
    assert [who for who, _ in world.messages] == ["id-ann", "id-ben"]
    (button,) = world.messages[0][1].buttons
    assert button.data == (("line", "/jhub server refresh 7c1d2e9"),)
    assert parse(button.data[0][1], catalogue()).command is server_refresh.COMMAND
    assert (view.tone, world.done) == (Tone.GOOD, [])
    assert "2 people asked." in view.text


async def test_who_has_two_servers_is_asked_once():
    two = [replace(server(ANN), name=f"p{n}", uid=f"u{n}", labels=labels) for n, labels in enumerate(({}, NAMED))]
    world = hub(users=[user(ANN, True, True)], pods=two)
    await offered(world)
    assert len(world.messages) == 1


NAMED = {"hub.jupyter.org/servername": "1"}


async def test_who_cannot_be_reached_is_named_with_the_reason():
    world = hub(unreachable={"id-ben": NotFound("Teams does not let the bot write to them")})
    del world.object_ids[ANN]
    view = await offered(world)
    assert (view.title, view.tone) == ("Nobody could be reached", Tone.WARNING)
    said = render(view)
    assert f"{ANN}: Nobody is named {ANN}" in said
    assert f"{BEN}: Teams does not let the bot write to them" in said
    assert "2 could not be reached" in said


async def test_one_who_cannot_be_reached_keeps_nobody_else_from_being_asked():
    world = hub(unreachable={"id-ann": Unavailable("Teams", "did not answer")})
    view = await offered(world)
    assert [who for who, _ in world.messages] == ["id-ben"]
    assert "1 person asked, 1 could not be reached" in view.text


async def test_who_runs_what_is_no_other_plan_but_another_image_is():
    world = hub()
    plan = await servers_refresh.plan(servers_refresh.Args(), world.reads)
    assert load(servers_refresh.RefreshAllPlan, dump(servers_refresh.RefreshAllPlan, plan)) == plan
    fewer = replace(plan, servers=plan.servers[:1])
    assert digest("servers refresh", OLU, plan) == digest("servers refresh", OLU, fewer)
    assert digest("servers refresh", OLU, plan) != digest("servers refresh", OLU, replace(plan, tag="a4e2b90"))


async def test_after_a_crash_only_the_one_being_asked_may_be_asked_twice():
    for moments in range(5):
        world = hub()
        plan = await servers_refresh.plan(servers_refresh.Args(), world.reads)
        view = await through_crash(servers_refresh.apply, plan, world, moments)
        asked = [who for who, _ in world.messages]
        assert set(asked) == {"id-ann", "id-ben"}
        assert len(asked) <= 3
        assert view is None or "2 people asked." in view.text


# Pressing


async def pressed(world, tag=None):
    plan = await server_refresh.plan(server_refresh.Args(tag and ImageTag.parse(tag)), world.reads)
    doing = Doing(world)
    return await server_refresh.apply(plan, doing), doing


def as_ann(**more):
    return hub(**{"object_ids": {ANN: OLU, BEN: "id-ben"}} | more)


async def test_ones_own_server_is_stopped_and_nobody_elses():
    world = as_ann()
    view, _ = await pressed(world, "7c1d2e9")
    assert isinstance(view, Notice)
    assert (view.title, view.tone) == ("Your server stopped", Tone.GOOD)
    assert set(world.done) == {f"stop_server {ANN}"}


async def test_an_offer_for_an_image_that_is_no_longer_live_is_over():
    with pytest.raises(UserError, match="This offer has ended: 3f9a41c is no longer live, 7c1d2e9 is"):
        await pressed(as_ann(), "3f9a41c")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"pods": [server(ANN, "7c1d2e9")]}, "already has the newest image, 7c1d2e9"),
        ({"users": [user(ANN)], "pods": []}, "no running server. When you open the hub, it starts with 7c1d2e9"),
        ({"users": [user(BEN, True)]}, "You have no running server"),
        ({"object_ids": {BEN: "id-ben"}}, "does not tell the name under which"),
    ],
)
async def test_pressed_too_late_or_by_a_stranger_it_says_so(more, said):
    world = as_ann(**more)
    with pytest.raises(UserError, match=said):
        await pressed(world)
    assert world.done == []


async def test_a_server_that_was_started_again_meanwhile_is_left_alone():
    world = as_ann()
    plan = await server_refresh.plan(server_refresh.Args(), world.reads)
    world.pods = [replace(server(ANN, "7c1d2e9"), uid="the next one")]
    view = await server_refresh.apply(plan, Doing(world))
    assert (view.title, world.done) == ("Your server stopped", [])


async def test_after_a_crash_the_next_server_is_not_stopped():
    world, journal = as_ann(), Journal()
    plan = await server_refresh.plan(server_refresh.Args(), world.reads)
    with pytest.raises(Died):
        # Asked once, and dead before the hub says that it has stopped.
        await server_refresh.apply(plan, Mortal(world, journal=journal, fuse=Fuse(1)))
    world.pods, world.users = [replace(server(ANN, "7c1d2e9"), uid="the next one")], [user(ANN, True)]
    asked = len(world.done)
    view = await server_refresh.apply(plan, Mortal(world, journal=journal))
    assert (view.title, len(world.done)) == ("Your server stopped", asked)


async def test_a_server_that_does_not_stop_is_said():
    plan = server_refresh.RefreshPlan(ANN, "7c1d2e9", (Outdated(ANN, "", f"uid-{server(ANN).name}", "3f9a41c"),))
    doing = Doing(as_ann())
    doing.stop.set()
    view = await server_refresh.apply(plan, doing)
    assert isinstance(view, Failure)
    assert view.cause == "Somebody asked to stop waiting. The server still runs."
    assert doing.world.done == []
