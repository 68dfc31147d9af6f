"""The hub's users, and stopping their servers."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.changes.serialization import dump, load
from cards.text import render
from cards.views import Failure, Notice, Tone
from clients.errors import NotFound, Unavailable
from clients.hub import HubServer
from commands.framework.argument_types import ServerName, Upn
from commands.framework.errors import UserError
from commands.framework.plan_digest import digest
from commands.kubernetes.claim_names import new_name
from commands.servers import stop as server_stop
from commands.servers import users
from tests.world import NOW, OLU, Doing, World, home, mounted, node, pod, user

ANN, BOB = "ann@example.org", "bob@example.org"


async def card(world, **given):
    return await users.run(users.Args(**given), world.reads)


def rows(view):
    return [[cell.text for cell in row] for section in view.sections for row in section.rows]


def world(**more):
    claim = home(ANN)
    gone = replace(user(BOB), last_activity=NOW - timedelta(days=9))
    return World(**{"claims": [claim], "pods": [mounted(claim)], "users": [gone, user(ANN, True)], **more})


async def test_who_has_a_server_comes_first():
    view = await card(world())
    assert view.headline == "2 users, 1 with a server"
    assert rows(view) == [
        [ANN, "ready", "users vmss000001", "0 s ago", "0 s ago", "10 GiB"],
        [BOB, "none", "—", "—", "9 days ago", "—"],
    ]


async def test_active_and_idle():
    assert [row[0] for row in rows(await card(world(), active=True))] == [ANN]
    view = await card(world(users=[user(ANN), user(BOB, True), replace(user("c@x"), last_activity=None)]), idle=True)
    assert (view.headline, [row[0] for row in rows(view)]) == ("2 of 3 users have no server", ["c@x", ANN])
    with pytest.raises(UserError):
        await card(world(), active=True, idle=True)


async def test_each_server_of_a_user_has_its_own_line_and_pod():
    default, thesis = home(ANN), home(ANN, "claim-t", server="thesis")
    pods = [mounted(default, node="a"), mounted(thesis, node="b", phase="Pending", ready=0)]
    servers = (HubServer("", True, "", NOW, NOW), HubServer("thesis", False, "spawn", NOW, None))
    view = await card(World(pods=pods, users=[replace(user(ANN), servers=servers)]))
    assert [row[1:3] for row in rows(view)] == [["ready", "a"], ["thesis: starting", "b"]]


async def test_without_kubernetes_the_hub_still_tells():
    silent = Unavailable("Kubernetes", "did not answer within 5 s")
    view = await card(world(pods=silent, claims=silent))
    assert rows(view)[0][:3] == [ANN, "ready", "—"]
    assert view.problems == ("Kubernetes did not answer within 5 s.",)


async def test_all_are_there_however_many_the_latest_first():
    many = [replace(user(f"u{n}@x"), last_activity=NOW - timedelta(hours=n)) for n in range(500)]
    view = await card(world(users=many))
    assert view.headline == "500 users, 0 with a server"
    assert [row[0] for row in rows(view)] == [f"u{n}@x" for n in range(500)]


async def test_who_works_stays_in_its_place_from_page_to_page():
    then = [user(f"u{n}@x", True) for n in range(99)]
    later = [replace(one, last_activity=NOW + timedelta(minutes=hash(one.name) % 60)) for one in reversed(then)]
    assert [row[0] for row in rows(await card(world(users=later)))] == [
        row[0] for row in rows(await card(world(users=then)))
    ]


# Stopping a server


async def planned(its_world, typed=ANN, server=None):
    return await server_stop.plan(
        server_stop.Args(Upn.parse(typed), ServerName.parse(server) if server else None), its_world.reads
    )


async def test_stop_waits_until_it_has():
    its_world = world()
    plan = await planned(its_world, "ANN@example.org")
    assert plan.user == ANN
    assert load(server_stop.Stop, dump(server_stop.Stop, plan)) == plan
    assert "unsaved work is lost" in render(server_stop.preview(plan))
    view = await server_stop.apply(plan, Doing(its_world))
    assert isinstance(view, Notice)
    assert its_world.done == [f"stop_server {ANN}"]
    assert its_world.users[1].servers == ()


async def test_consent_is_to_this_run_of_the_server():
    plan = await planned(world())
    same = digest("server stop", OLU, plan)
    assert digest("server stop", OLU, replace(plan, ready=False, last_activity=None)) == same
    assert digest("server stop", OLU, replace(plan, started="2026-11-23 09:30 UTC")) != same


@pytest.mark.parametrize(
    ("typed", "server", "said", "hint"),
    [
        (BOB, None, "The default server of bob@example.org is not running", "/jhub users --active"),
        (ANN, "thesis", "The server “thesis” of ann@example.org is not running", f"/jhub server stop {ANN}"),
        ("anna@example.org", None, "does not know the user “anna@example.org”", f"/jhub server stop {ANN}"),
    ],
)
async def test_what_does_not_run_is_not_stopped(typed, server, said, hint):
    with pytest.raises(UserError, match=said) as refused:
        await planned(world(), typed, server)
    assert hint in refused.value.hints


async def test_one_that_goes_on_stopping_is_said():
    its_world = world()
    plan = await planned(its_world)
    doing = Slow(its_world)
    view = await server_stop.apply(plan, doing)
    assert isinstance(view, Failure)
    assert "The hub has been stopping it" in view.cause
    assert ("The hub is stopping it …",) in doing.told


async def test_what_keeps_it_from_ending_is_named():
    its_world = world()
    name = new_name(ANN).replace("claim-", "jupyter-", 1)
    late = NOW - timedelta(minutes=1)
    silent = node("aks-users-31415926-vmss000002", "users", ready=False, problem="Kubelet stopped posting node status.")
    its_world.pods = [pod(name, "singleuser-server", user=ANN, node=silent.name, terminating=True, deadline=late)]
    its_world.nodes = [silent]
    view = await server_stop.apply(await planned(its_world), Slow(its_world))
    assert "its node users vmss000002 has not answered" in view.cause


async def test_a_user_deleted_meanwhile_has_no_server():
    view = await server_stop.apply(await planned(world()), Slow(world(), NotFound("The hub does not know the user")))
    assert view.tone is Tone.GOOD


class Slow(Doing):
    """A hub that stops and stops, or says something else."""

    def __init__(self, its_world, error=None):
        super().__init__(its_world)
        self._error = error

    @property
    def reads(self):
        return replace(super().reads, hub=self)

    @property
    def writes(self):
        return replace(super().writes, hub=self)

    async def user(self, name):
        return next(one for one in self.world.users if one.name == name)

    async def stop_server(self, name, _):
        if self._error:
            raise self._error
        stopping = HubServer("", False, "stop", NOW, NOW)
        self.world.users = [replace(one, servers=(stopping,)) if one.name == name else one for one in self.world.users]
        return False
