"""Many servers stopped at once: how the hub is asked, what is waited for, and what is said of those that stay."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from clients.errors import NotFound, Rejected, Unavailable
from clients.hub import HubServer, HubUser
from commands.spawner import stopping
from commands.spawner.runs import ServerRun, ServersSeen, Standing, start_of
from commands.spawner.stopping import StillRunning, stop_servers
from tests.world import NOW, Doing, World, node, pod

FOREVER = 10_000
SILENT = Unavailable("The hub", "did not answer within 5 s")


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    monkeypatch.setattr(stopping, "PATIENCE", 60.0)


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(stopping, "PATIENCE", 0.3)


@dataclass
class Hub:
    """A hub that stops each server `looks` looks after it was asked to: `stuck` ones never.

    `answers` are what the DELETE of a user's server raises or returns at first, one after another. `held` is waited for
    before any answer, and `now` counts those that wait.
    """

    servers: dict[str, HubServer]
    looks: int = 1
    stuck: tuple[str, ...] = ()
    answers: dict[str, list] = field(default_factory=dict)
    silent: bool = False
    held: asyncio.Event | None = None
    asked: list[str] = field(default_factory=list)
    now: int = 0
    most: int = 0
    left: dict[str, int] = field(default_factory=dict)

    async def user(self, name):
        await self.look()
        if name not in self.servers:
            raise NotFound(f"The hub does not know the user {name}")
        return self._user(name)

    async def users(self, state):
        assert state == "active"
        await self.look()
        return [self._user(name) for name in self.servers]

    def _user(self, name):
        return HubUser(name, False, (self.servers[name],), NOW)

    async def look(self):
        if self.silent:
            raise SILENT
        for name in tuple(self.left):
            self.left[name] -= 1
            if self.left[name] < 0:
                del self.servers[name], self.left[name]

    async def stop_server(self, name, server=""):
        self.asked.append(name)
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            if self.held:
                await self.held.wait()
            answer = self.answers[name].pop(0) if self.answers.get(name) else False
            if isinstance(answer, BaseException):
                raise answer
        finally:
            self.now -= 1
        if name in self.servers:
            self.servers[name] = replace(self.servers[name], name=server, ready=False, pending="stop")
            self.left[name] = FOREVER if name in self.stuck else self.looks
        return False


class Work(Doing):
    """An operation with that hub."""

    def __init__(self, hub, **world):
        super().__init__(World(**{"pods": [], **world}))
        self.hub = hub

    @property
    def reads(self):
        return replace(super().reads, hub=self.hub)

    @property
    def writes(self):
        return replace(super().writes, hub=self.hub)


def ready(started=NOW):
    return HubServer("", True, "", started, NOW)


def names(count):
    return [f"u{number:02}" for number in range(count)]


def hub_of(count, **more):
    return Hub({name: ready() for name in names(count)}, **more)


def runs(hub):
    return [ServerRun(name, server.name, start_of(server)) for name, server in hub.servers.items()]


@pytest.mark.parametrize("count", [0, 1, 3, 50])
async def test_all_stop_and_each_is_asked_for_once(count):
    hub = hub_of(count)
    assert await stop_servers(runs(hub), Work(hub)) == ()
    assert sorted(hub.asked) == names(count)
    assert hub.servers == {}


async def test_the_hub_is_asked_about_some_at_a_time_all_of_them_at_once():
    hub = hub_of(50, held=asyncio.Event())
    work = asyncio.create_task(stop_servers(runs(hub), Work(hub)))
    async with asyncio.timeout(30):
        while hub.now < stopping.AT_ONCE:
            await asyncio.sleep(0)
        hub.held.set()
        assert await work == ()
    assert hub.most == stopping.AT_ONCE


@pytest.mark.usefixtures("impatient")
async def test_one_that_does_not_stop_is_named_and_holds_up_no_other():
    hub = hub_of(30, stuck=("u07",))
    (left,) = await stop_servers(runs(hub), Work(hub))
    assert left.title == "u07"
    assert left.why.startswith("The hub has been stopping it for")
    assert list(hub.servers) == ["u07"]


@pytest.mark.usefixtures("impatient")
async def test_how_far_it_is_is_told_and_the_last_ones_by_name():
    hub = hub_of(8, stuck=("u01", "u06"))
    do = Work(hub)
    await stop_servers(runs(hub), do)
    assert do.told[0] == ("0 of 8 servers have stopped",)
    assert do.told[-1] == ("6 of 8 servers have stopped", "Still stopping: u01; u06")


async def test_a_lost_answer_is_no_failure_where_the_server_stops():
    class Lossy(Hub):
        async def stop_server(self, name, server=""):
            await super().stop_server(name, server)
            raise Unavailable("The hub", "broke off the connection")

    hub = Lossy({name: ready() for name in names(6)})
    assert await stop_servers(runs(hub), Work(hub)) == ()
    assert sorted(hub.asked) == names(6)


async def test_a_server_that_still_runs_is_asked_for_again_less_and_less_often():
    broken = Unavailable("The hub", "answered with an error (500)")
    hub = hub_of(2, answers={"u01": [broken, broken, False]})
    do = Work(hub)
    assert await stop_servers(runs(hub), do) == ()
    assert hub.asked.count("u00") == 1
    assert hub.asked.count("u01") == 3
    assert any("The hub answered with an error (500)." in line for told in do.told for line in told)


@pytest.mark.usefixtures("impatient")
async def test_a_server_that_never_heeds_it_is_named_with_the_last_answer():
    broken = Unavailable("The hub", "answered with an error (500)")
    hub = hub_of(5, answers={"u03": [broken] * FOREVER})
    (left,) = await stop_servers(runs(hub), Work(hub))
    assert left.title == "u03"
    assert left.why.startswith("It still runs after")
    assert left.why.endswith("The hub answered with an error (500).")


async def test_what_the_hub_refuses_is_not_asked_for_again():
    why = "The hub does not stop the server: named servers are not enabled."
    hub = hub_of(5, answers={"u02": [Rejected("the hub", "400", why)] * 2})
    assert await stop_servers(runs(hub), Work(hub)) == (StillRunning("u02", why),)
    assert hub.asked.count("u02") == 1


@pytest.mark.parametrize("count", [1, 9])
@pytest.mark.usefixtures("impatient")
async def test_a_hub_that_stays_silent_is_said_of_every_server(count):
    hub = hub_of(count, silent=True)
    there, do = runs(hub), Work(hub)
    left = await stop_servers(there, do)
    assert [one.title for one in left] == names(count)
    assert {one.why for one in left} == {"The hub did not answer within 5 s."}
    assert hub.asked == []
    assert do.told[0] == ("The hub did not answer within 5 s. Trying again …",)


async def test_a_hub_that_is_silent_for_a_moment_is_waited_for():
    hub = hub_of(5, silent=True)
    work = asyncio.create_task(stop_servers(runs(hub), Work(hub)))
    await asyncio.sleep(0.005)
    hub.silent = False
    assert await work == ()


async def test_somebody_who_asks_to_stop_has_no_more_of_them_stopped(monkeypatch):
    monkeypatch.setattr(stopping, "AT_ONCE", 2)
    hub = hub_of(5, held=asyncio.Event())
    do = Work(hub)
    work = asyncio.create_task(stop_servers(runs(hub), do))
    async with asyncio.timeout(30):
        while hub.now < 2:
            await asyncio.sleep(0)
        hub.servers["u00"] = replace(ready(), ready=False, pending="stop")
        await hub_is_looked_at(do)
        do.stop.set()
        left = await work
    assert len(hub.asked) == 2
    assert left[0] == StillRunning("u00", "Somebody asked to stop waiting. The hub is still stopping the server.")
    assert {one.why for one in left[1:]} == {"Somebody asked to stop waiting. The server still runs."}


async def hub_is_looked_at(do):
    seen = len(do.told)
    while len(do.told) < seen + 2:
        await asyncio.sleep(0.001)


async def test_a_server_that_is_started_again_while_it_waits_for_its_turn_is_left_alone(monkeypatch):
    monkeypatch.setattr(stopping, "AT_ONCE", 1)
    hub = hub_of(2, held=asyncio.Event())
    do = Work(hub)
    work = asyncio.create_task(stop_servers(runs(hub), do))
    async with asyncio.timeout(30):
        while not hub.asked:
            await asyncio.sleep(0)
        hub.servers["u01"] = ready(NOW + timedelta(seconds=1))
        await hub_is_looked_at(do)
        hub.held.set()
        assert await work == ()
    assert hub.asked == ["u00"]
    assert hub.servers == {"u01": ready(NOW + timedelta(seconds=1))}


async def test_after_a_crash_it_goes_on_with_the_same_runs():
    hub = hub_of(6, looks=FOREVER)
    there = runs(hub)
    work = asyncio.create_task(stop_servers(there, Work(hub)))
    while len(hub.asked) < 6:
        await asyncio.sleep(0)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    hub.left = dict.fromkeys(hub.left, 0)
    hub.servers["u03"] = ready(NOW + timedelta(minutes=1))
    hub.left.pop("u03", None)
    assert await stop_servers(there, Work(hub)) == ()
    assert len(hub.asked) == 6
    assert list(hub.servers) == ["u03"]


async def test_a_user_who_was_deleted_meanwhile_has_no_server():
    hub = hub_of(2, answers={"u01": [NotFound("The hub does not know the user u01")]})
    assert await stop_servers(runs(hub), Work(hub)) == ()


async def test_a_pod_that_the_hub_does_not_know_is_deleted_if_it_is_certain_which_one():
    pods = [pod("jupyter-u00", "singleuser-server", user="u00"), pod("jupyter-u01", "singleuser-server", user="u01")]
    do = Work(Hub({}), pods=pods)
    assert await stop_servers([ServerRun("u00", pod=pods[0].uid), ServerRun("u01")], do) == ()
    assert do.world.done == ["delete_pod jupyter-u00"]


@pytest.mark.usefixtures("impatient")
async def test_a_pod_on_a_node_that_is_lost_ends_with_the_node():
    silent = node("aks-users-0", "users", ready=False, problem="Kubelet stopped posting node status.")
    late = pod(
        "jupyter-u00",
        "singleuser-server",
        user="u00",
        node="aks-users-0",
        terminating=True,
        deadline=NOW - timedelta(minutes=9),
    )
    do = Work(hub_of(1, stuck=("u00",)), pods=[late], nodes=[silent])
    (left,) = await stop_servers([ServerRun("u00", "", start_of(ready()), late.uid)], do)
    assert left.node_lost
    assert "has not answered" in left.why


async def test_a_bug_is_no_reason_to_wait():
    hub = hub_of(3, answers={"u01": [ZeroDivisionError()]})
    with pytest.raises(ZeroDivisionError):
        await stop_servers(runs(hub), Work(hub))


# How a run stands

STARTED = NOW.isoformat()
LATER = NOW + timedelta(seconds=0.5)


@pytest.mark.parametrize(
    ("server", "run", "standing"),
    [
        (ready(), ServerRun("ann", "", STARTED), Standing.RUNNING),
        (ready(LATER), ServerRun("ann", "", STARTED), Standing.OVER),
        (ready(LATER), ServerRun("ann"), Standing.RUNNING),
        (HubServer("", False, "stop", NOW, NOW), ServerRun("ann", "", STARTED), Standing.STOPPING),
        (HubServer("", False, "stop", None, NOW), ServerRun("ann", "", STARTED), Standing.STOPPING),
        (HubServer("", False, "spawn", None, None), ServerRun("ann", "", STARTED), Standing.OVER),
        (HubServer("", False, "spawn", NOW, None), ServerRun("ann", "", STARTED), Standing.RUNNING),
        (HubServer("", False, "spawn", None, None), ServerRun("ann"), Standing.RUNNING),
        (HubServer("", False, "check", NOW, None), ServerRun("ann", "", STARTED), Standing.RUNNING),
        (HubServer("thesis", True, "", NOW, NOW), ServerRun("ann", "", STARTED), Standing.OVER),
        (ready(), ServerRun("ann", "", "", "uid-of-the-last-one"), Standing.OVER),
        (ready(), ServerRun("ann", "", "", "uid-jupyter-ann"), Standing.RUNNING),
        (None, ServerRun("ann", "", "", "uid-jupyter-ann"), Standing.LEFT),
        (None, ServerRun("ann"), Standing.OVER),
        (None, ServerRun("ben"), Standing.OVER),
    ],
)
def test_a_run_is_told_from_the_next_by_its_start_and_its_pod(server, run, standing):
    users = {"ann": HubUser("ann", False, (server,) if server else (), NOW)}
    pods = [pod("jupyter-ann", "singleuser-server", user="ann", uid="uid-jupyter-ann")]
    assert ServersSeen(users, pods).standing(run) is standing


def test_while_its_pod_ends_a_run_without_a_start_is_not_asked_for():
    """Its user may have started the next one, which waits for the pod."""
    users = {"ann": HubUser("ann", False, (HubServer("", False, "spawn", LATER, None),), NOW)}
    pods = [pod("jupyter-ann", "singleuser-server", user="ann", uid="uid-jupyter-ann", terminating=True)]
    assert ServersSeen(users, pods).standing(ServerRun("ann", pod="uid-jupyter-ann")) is Standing.STOPPING
    assert ServersSeen(users, []).standing(ServerRun("ann", pod="uid-jupyter-ann")) is Standing.OVER
    assert ServersSeen(users, pods).standing(ServerRun("ann", "", STARTED, "uid-jupyter-ann")) is Standing.OVER


def test_without_kubernetes_the_hubs_word_counts():
    assert ServersSeen({}, None).standing(ServerRun("ann", pod="uid")) is Standing.OVER
    running = ServersSeen({"ann": HubUser("ann", False, (ready(),), NOW)}, None)
    assert running.standing(ServerRun("ann", pod="uid")) is Standing.RUNNING
