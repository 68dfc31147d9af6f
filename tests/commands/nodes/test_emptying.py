"""Servers that are stopped before their nodes or the cluster go: what is durable, and what is said of the rest."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.changes.serialization import dump, load, returned
from cards.text import render
from cards.views import Failure, Notice, Tone
from clients.errors import Unavailable
from clients.hub import HubServer
from commands.framework.command import Renamed
from commands.nodes import cluster_stop
from tests.commands.nodes.estate import LABEL, Estate, Kube, a_pool, done, planned, sits
from tests.world import NOW, words

ADA, LIN = "ada@example.org", "lin@example.org"


class Life(Estate):
    """One life of the process, at `now`. It goes on after the steps of `record`, and ends after `last` of them."""

    def __init__(self, azure, world, record, *, now=NOW, last=None):
        super().__init__(azure, world)
        self.record, self.time, self.last, self.next = record, now, last, 0

    def now(self):
        return self.time

    async def step(self, title, action, *args, **kwargs):
        title, kept = (title.title, title.record) if isinstance(title, Renamed) else (title, title)
        self.titles.append(title)
        if self.next == len(self.record):
            if self.next == self.last:
                raise EndedError
            self.record.append((kept, dump(returned(action), await action(*args, **kwargs))))
        was, result = self.record[self.next]
        assert was == kept
        self.next += 1
        return load(returned(action), result)


class EndedError(Exception):
    """The process has ended."""


def stays(world, user):
    """Somebody's pod does not end, whatever the hub does."""
    world.stubborn = (*world.stubborn, f"jupyter-{user.partition('@')[0]}")


@pytest.fixture
def people(world):
    sits(world, ADA, 5)
    sits(world, LIN, 200)


# One that does not stop


@pytest.mark.usefixtures("people")
async def test_evicting_gives_up_where_one_does_not_stop_and_names_it(do, azure, world):
    stays(world, LIN)
    view = await done(do, "scale 0 --evict --grace 1s")
    assert isinstance(view, Failure)
    assert view.title == "The pool users keeps its nodes: 1 server has not stopped"
    assert view.cause == "1 server stopped. Nothing was changed on the pool."
    assert view.sections[0].lines[0].startswith(f"{LIN}: The hub has been stopping it for")
    assert ADA not in render(view)
    assert azure.done == []
    assert set(world.done) == {f"stop_server {ADA}", f"stop_server {LIN}"}


@pytest.mark.usefixtures("people")
async def test_without_an_announcement_it_ends_with_its_node_and_is_named(do, azure, world):
    command, plan = await planned(do, "scale 0")
    stays(world, LIN)
    view = await command.apply(plan, do)
    assert isinstance(view, Notice)
    assert (view.title, view.tone) == ("The pool users has no nodes", Tone.WARNING)
    assert f"{LIN}: The hub has been stopping it for" in render(view)
    assert azure.listed["users"].count == 0


class Lost(Kube):
    """Kubernetes whose nodes no longer answer."""

    async def nodes(self):
        return [replace(one, ready=False, problem="Kubelet stopped.") for one in await super().nodes()]


class Dark(Estate):
    """The systems of a command, with that Kubernetes while the pool has nodes."""

    @property
    def reads(self):
        return replace(super().reads, kube=Lost(self.world, self.azure))


async def test_one_on_a_lost_node_ends_with_its_node(azure, world):
    sits(world, LIN, 200)
    stays(world, LIN)
    view = await done(Dark(azure, world), "scale 0 --evict --grace 1s")
    assert azure.listed["users"].count == 0
    assert LIN in render(view)


@pytest.mark.usefixtures("people")
async def test_a_pool_is_not_deleted_where_one_does_not_stop(do, azure, world):
    stays(world, ADA)
    view = await done(do, "pool delete users")
    assert isinstance(view, Failure)
    assert view.title == "The pool users was not deleted: 1 server has not stopped"
    assert "still there, but cordoned" in view.cause
    assert ADA in render(view)
    assert "users" in azure.listed
    assert f"stop_server {LIN}" in world.done


# The announced time


@pytest.mark.usefixtures("people")
async def test_the_announced_time_does_not_begin_anew_after_a_restart(azure, world):
    record = []
    _, plan = await planned(Estate(azure, world), "scale 0 --evict --grace 30m")
    command, _ = await planned(Estate(azure, world), "scale 0")
    # It has waited for its turn since it was begun.
    first = Life(azure, world, record, last=1, now=NOW + timedelta(minutes=10))
    with pytest.raises(EndedError):
        await command.apply(plan, first)
    [announced] = first.announced
    assert announced.text.endswith("the servers stop at 09:40 UTC. Your home stays as it is.")
    # Whoever was told a time is not told another time, however long the bot was away.
    async with asyncio.timeout(20):
        second = Life(azure, world, record, now=NOW + timedelta(minutes=40))
        assert isinstance(await command.apply(plan, second), Notice)
    assert second.announced == []
    assert ("The servers stop at 09:40 UTC",) in second.told


@pytest.mark.usefixtures("people")
async def test_after_a_restart_no_server_is_stopped_that_its_user_started_again(azure, world):
    record = []
    _, plan = await planned(Estate(azure, world), "scale 0 --evict --grace 1s")
    command, _ = await planned(Estate(azure, world), "scale 0")
    with pytest.raises(EndedError):
        await command.apply(plan, Life(azure, world, record, last=2))
    again = HubServer("", True, "", NOW + timedelta(minutes=1), NOW)
    world.users = [replace(one, servers=(again,)) if one.name == ADA else one for one in world.users]
    world.pods = [replace(one, uid="the next one") if one.user == ADA else one for one in world.pods]
    view = await command.apply(plan, Life(azure, world, record))
    assert world.done == [f"stop_server {LIN}"]
    assert view.tone is Tone.WARNING
    [started] = [one for one in view.sections if one.title.startswith("Started in the meantime")]
    assert started.lines == (ADA,)


@pytest.mark.usefixtures("people")
async def test_what_an_earlier_release_began_goes_on(azure, world):
    _, plan = await planned(Estate(azure, world), "scale 0 --evict --grace 1s")
    command, _ = await planned(Estate(azure, world), "scale 0")
    record = [("Announce it", True), ("Wait 1 s", True)]
    assert isinstance(await command.apply(plan, Life(azure, world, record)), Notice)
    assert set(world.done) == {f"stop_server {ADA}", f"stop_server {LIN}"}
    done_then = [("Announce it", True), ("Wait 1 s", True), ("Stop all servers", 2)]
    azure.listed["users"] = a_pool("users", 2, minimum=1, maximum=5, labels=LABEL)
    assert isinstance(await command.apply(plan, Life(azure, world, done_then)), Notice)


async def test_a_server_that_starts_elsewhere_while_its_old_pod_ends_is_left_alone(do, world):
    sits(world, ADA, 5)
    elsewhere = HubServer("", False, "spawn", NOW + timedelta(minutes=1), None)
    world.users = [replace(one, servers=(elsewhere,)) for one in world.users]
    world.pods = [replace(one, terminating=True) if one.user == ADA else one for one in world.pods]
    command, plan = await planned(do, "pool delete users")
    work = asyncio.create_task(command.apply(plan, do))
    await asyncio.sleep(0.05)
    world.pods = [one for one in world.pods if one.user != ADA]
    assert isinstance(await work, Notice)
    assert not any(one.startswith("stop_server") for one in world.done)


# Who is told of


async def test_a_server_that_is_stopping_is_nobodys_work_to_lose(do, world):
    sits(world, ADA, 5)
    stopping = HubServer("", False, "stop", NOW, NOW)
    world.users = [replace(one, servers=(stopping,)) for one in world.users]
    for line in ("scale 0", "pool delete users", "cluster stop"):
        command, plan = await planned(do, line)
        assert ADA not in words(command.preview(plan))


# The whole cluster


@pytest.mark.usefixtures("people")
async def test_the_servers_stop_before_the_cluster_does(do, azure, world):
    view = await done(do, "cluster stop")
    assert (view.title, view.tone) == ("jhub-aks is stopped", Tone.GOOD)
    assert set(world.done) == {f"stop_server {ADA}", f"stop_server {LIN}"}
    assert azure.done == ["stop", "finish stop"]


@pytest.mark.usefixtures("people")
async def test_a_server_that_does_not_stop_ends_with_the_cluster_and_is_named(do, azure, world):
    stays(world, LIN)
    view = await done(do, "cluster stop")
    assert azure.done == ["stop", "finish stop"]
    assert view.tone is Tone.WARNING
    assert f"{LIN}: " in render(view)


async def test_a_cluster_whose_hub_is_silent_is_stopped_without_it(do, azure, world, monkeypatch):
    monkeypatch.setattr(cluster_stop, "_SILENCE", 0.01)
    world.users = Unavailable("The hub", "did not answer within 5 s")
    view = await done(do, "cluster stop")
    assert azure.done == ["stop", "finish stop"]
    assert "were not stopped before: The hub did not answer within 5 s." in view.text


@pytest.mark.usefixtures("people")
async def test_somebody_who_stops_it_in_time_keeps_the_cluster(do, azure):
    command, plan = await planned(do, "cluster stop")
    do.stop.set()
    view = await command.apply(plan, do)
    assert isinstance(view, Failure)
    assert view.title == "jhub-aks keeps running"
    assert azure.done == []


async def test_what_an_earlier_release_asked_azure_for_is_waited_for(azure, world):
    command, plan = await planned(Estate(azure, world), "cluster stop")
    await azure.stop()
    record = [("Stop jhub-aks", "token of stop")]
    assert isinstance(await command.apply(plan, Life(azure, world, record)), Notice)
    assert azure.done == ["stop", "finish stop"]
