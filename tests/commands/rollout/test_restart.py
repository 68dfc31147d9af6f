"""A part of the hub restarted: what is planned, what it interrupts, what came of it, and whatever dies meanwhile."""

from dataclasses import replace

import pytest

from cards.views import Failure, Notice
from clients.errors import Unavailable
from commands.framework import polling
from commands.framework.errors import UserError
from commands.framework.parser import parse
from commands.framework.plan_digest import digest
from commands.framework.registry import catalogue
from commands.rollout import restart
from commands.rollout.arguments import RESTARTABLE, RestartTarget
from tests.world import Doing, World, deployment, pod, release, server, words
from tests.world.crash import through_crash


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    monkeypatch.setattr(polling, "PACE", 0.01)
    monkeypatch.setattr(restart, "PATIENCE", 0.1)


def whole(**more):
    return World(deployments=[deployment(name, recreates=name in ("hub", "proxy")) for name in RESTARTABLE], **more)


async def planned(world, part="hub"):
    return await restart.plan(restart.Args(RestartTarget.parse(part)), world.reads)


def unready(world):
    world.deployments = [replace(one, is_rolled_out=False) for one in world.deployments]


@pytest.mark.parametrize("part", RESTARTABLE)
async def test_each_part_is_restarted_and_its_plan_says_that_servers_go_on(part):
    world = whole()
    plan = await planned(world, part)
    assert "go on" in words(restart.preview(plan))
    view = await restart.apply(plan, Doing(world))
    assert isinstance(view, Notice)
    assert view.title == f"{part} is restarted"
    assert world.done == [f"restart {part}"]


async def test_starts_under_way_are_told_of_for_the_hub_alone():
    world = whole(pods=[server("ann@example.org", ready=False), server("ben@example.org")])
    assert "1 server is starting now" in words(restart.preview(await planned(world)))
    assert "starting now" not in words(restart.preview(await planned(world, "proxy")))


async def test_consent_is_bound_to_the_deployment_and_not_to_what_starts():
    first = await planned(whole())
    second = await planned(whole(pods=[server("ann@example.org", ready=False)]))
    assert digest("x", "olu", first) == digest("x", "olu", second)
    other = await planned(World(deployments=[deployment("hub", uid="another")]))
    assert digest("x", "olu", first) != digest("x", "olu", other)


async def test_a_release_without_the_part_says_which_it_has():
    with pytest.raises(UserError, match=r"This release has no autohttps\. It has hub and proxy\.") as refused:
        await planned(World(deployments=[deployment("hub"), deployment("proxy")]), "autohttps")
    assert refused.value.hints == ("/jhub restart hub", "/jhub restart proxy")


async def test_a_part_without_replicas_cannot_be_restarted():
    with pytest.raises(UserError, match="set to 0 replicas"):
        await planned(World(deployments=[deployment("user-scheduler", replicas=0)]), "user-scheduler")


@pytest.mark.parametrize("text", ["", "hubs", "hub-db-dir", "../hub", "hub proxy", "HUB\n", "a" * 5_000])
def test_what_is_no_part_is_refused(text):
    with pytest.raises(ValueError, match="type hub, proxy, autohttps or user-scheduler"):
        RestartTarget.parse(text)


async def test_a_release_that_helm_works_on_is_warned_of():
    plan = await planned(whole(releases=[release(status="pending-upgrade")]))
    assert "Helm is at work on the release" in words(restart.preview(plan))


async def test_a_part_that_does_not_get_ready_is_said_with_its_cause():
    def stuck(world):
        unready(world)
        world.pods = [pod("hub-2", "hub", ready=False, phase="Pending", node="")]

    world = whole(restarted=stuck)
    view = await restart.apply(await planned(world), Doing(world))
    assert isinstance(view, Failure)
    assert (view.title, view.cause) == ("hub was restarted and is not ready", "It has not started yet.")


async def test_a_hub_that_is_ready_and_does_not_answer_is_waited_for():
    gone = Unavailable("The hub", "cannot be reached")
    world = whole(restarted=lambda world: setattr(world, "version", gone))
    do = Doing(world)
    assert isinstance(await restart.apply(await planned(world), do), Failure)
    assert any("The hub’s pod is ready" in line for told in do.told for line in told)


async def test_who_stops_waiting_is_told_that_it_was_restarted():
    world = whole(restarted=unready)
    do = Doing(world)
    do.stop.set()
    view = await restart.apply(await planned(world), do)
    assert "The waiting was stopped." in view.cause


async def test_another_deployment_of_that_name_is_left_alone():
    world = whole()
    plan = await planned(world)
    world.deployments = [deployment("hub", uid="another")]
    assert "has been replaced in the meantime" in words(await restart.apply(plan, Doing(world)))
    assert world.deployments[0].restart == ""


async def test_it_is_restarted_once_whenever_the_bot_dies():
    for moment in range(2):
        world = whole()
        view = await through_crash(restart.apply, await planned(whole()), world, moment)
        assert view.title == "hub is restarted"
        assert world.done == ["restart hub"]


def test_who_means_one_persons_server_is_told_its_command():
    with pytest.raises(UserError, match=r"/jhub server stop is for one person’s server"):
        parse("restart ada@example.org", catalogue())
