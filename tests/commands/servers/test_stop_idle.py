"""Stopping idle servers: which are listed, what is left alone, and that the list that was agreed to is what counts."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.changes.serialization import dump, load, returned
from cards.text import render
from cards.views import Failure
from clients.hub import HubServer
from commands.framework.argument_types import Age, ServerName, Upn
from commands.framework.errors import UserError
from commands.framework.plan_digest import digest
from commands.servers import stop, stop_idle
from commands.servers.stop_idle import IdleStop
from tests.world import NOW, OLU, Doing, World, server, user
from tests.world.crash import through_crash

IDLE = stop.Args(idle=Age.parse("4h"))


def running(name, idle_hours, started_hours=24, **more):
    """A user with a server that was last used so many hours ago."""
    seen = NOW - timedelta(hours=idle_hours) if idle_hours is not None else None
    its = HubServer("", True, "", NOW - timedelta(hours=started_hours), seen)
    return replace(user(f"{name}@example.org"), servers=(replace(its, **more),))


def world(*users, **more):
    return World(users=list(users), pods=[server(one.name, uid=f"uid-{one.name}") for one in users], **more)


async def planned(its, args=IDLE):
    return await stop.plan(args, its.reads)


async def refusal(its, args):
    with pytest.raises(UserError) as error:
        await planned(its, args)
    return str(error.value)


def names(plan):
    return [one.user.partition("@")[0] for one in plan.servers]


async def test_the_longest_idle_come_first():
    plan = await planned(world(running("ann", 5), running("ben", 1), running("cleo", 9)))
    assert names(plan) == ["cleo", "ann"]
    assert plan.running == 3


@pytest.mark.parametrize(
    "busy",
    [
        running("ann", 3.9),
        running("ann", 9, started_hours=1),
        running("ann", None, started_hours=1),
        running("ann", 9, ready=False, pending="spawn"),
        running("ann", 9, ready=False, pending="stop"),
        running("ann", None, started=None),
    ],
    ids=["used", "just started", "never used, just started", "starting", "stopping", "unknown"],
)
async def test_who_may_be_at_work_is_not_on_the_list(busy):
    assert "No server has been idle for 4 h" in await refusal(world(busy), IDLE)


async def test_a_server_that_was_never_used_is_idle_since_its_start():
    assert names(await planned(world(running("ann", None)))) == ["ann"]


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (stop.Args(), "Whose server?"),
        (stop.Args(Upn.parse("ann@example.org"), idle=Age.parse("4h")), "leave out the user"),
        (stop.Args(server=ServerName.parse("x"), idle=Age.parse("4h")), "leave out the user"),
        (stop.Args(idle=Age.parse("10m")), "less than 15 minutes"),
    ],
)
async def test_what_does_not_go_together_is_refused(args, why):
    assert why in await refusal(world(running("ann", 5)), args)


@pytest.mark.parametrize("typed", ["0h", "0s", "-4h", "4", "3651d", "999999999d", "4,5h", ""])
def test_a_length_of_time_is_positive_and_bounded(typed):
    with pytest.raises(ValueError, match=r"type|write"):
        Age.parse(typed)


async def test_the_card_names_each_and_warns():
    said = render(stop.preview(await planned(world(running("ann", 5), running("ben", 1)))))
    for needed in ("Stop 1 server idle for 4 h or longer", "ann@example.org", "1 of 2 that run", "may count as idle"):
        assert needed in said
    assert "ben@example.org" not in said


async def test_a_long_list_has_a_limit(monkeypatch):
    monkeypatch.setattr(stop_idle, "_MOST", 2)
    plan = await planned(world(*(running(f"p{number}", 5 + number) for number in range(5))))
    assert (names(plan), plan.more) == (["p4", "p3"], 3)
    assert "3 more are as idle" in render(stop.preview(plan))


async def test_the_list_survives_storing_and_consent_is_bound_to_it():
    plan, kind = await planned(world(running("ann", 5), running("ben", 6))), returned(stop.plan)
    assert load(kind, dump(kind, plan)) == plan
    assert isinstance(load(kind, dump(kind, plan)), IdleStop)
    assert stop.COMMAND.is_list(plan)
    assert digest("server stop", OLU, plan) == digest("server stop", OLU, replace(plan, running=9))
    assert digest("server stop", OLU, plan) != digest("server stop", OLU, replace(plan, servers=plan.servers[:1]))


async def test_they_are_stopped_part_by_part(monkeypatch):
    monkeypatch.setattr(stop_idle, "AT_ONCE", 2)
    its = world(*(running(f"p{number}", 5) for number in range(3)))
    doing = Doing(its)
    view = await stop.apply(await planned(its), doing)
    assert doing.titles == ["Stop servers 1 to 2", "Stop servers 3 to 3"]
    assert view.title == "3 servers are stopped"
    assert all(f"p{number}@example.org" in render(view) for number in range(3))
    assert [one.servers for one in its.users] == [(), (), ()]


async def test_who_is_at_work_by_now_is_left_alone_and_said():
    its = world(running("ann", 5), running("ben", 6), running("cleo", 7))
    plan = await planned(its)
    its.users = [running("ann", 0), running("ben", 0, started_hours=0), its.users[2]]
    view = await stop.apply(plan, Doing(its))
    assert view.title == "1 server is stopped"
    said = render(view)
    assert "ann@example.org: used in the meantime" in said
    assert "ben@example.org: started anew in the meantime" in said
    assert set(its.done) == {"stop_server cleo@example.org"}


async def test_one_that_is_not_on_the_list_is_not_stopped():
    its = world(running("ann", 5))
    plan = await planned(its)
    its.users.append(running("ben", 9))
    await stop.apply(plan, Doing(its))
    assert set(its.done) == {"stop_server ann@example.org"}


async def test_one_that_does_not_stop_is_named_and_holds_up_no_other(monkeypatch):
    monkeypatch.setattr("commands.spawner.stopping.PATIENCE", 0.2)
    its = world(running("ann", 5), running("ben", 6), stubborn=("jupyter-ann",))
    view = await stop.apply(await planned(its), Doing(its))
    assert isinstance(view, Failure)
    assert view.title == "1 server is stopped, 1 has not stopped yet"
    assert "ann@example.org" in render(view)


async def test_a_stop_leaves_the_rest_of_the_list(monkeypatch):
    monkeypatch.setattr(stop_idle, "AT_ONCE", 1)
    its = world(running("ann", 5), running("ben", 6))
    plan, doing = await planned(its), Doing(its)
    doing.stop.set()
    assert "Not reached on the list: 1 server." in render(await stop.apply(plan, doing))


async def test_a_crash_at_any_moment_leaves_none_running():
    for moments in range(20):
        its = world(running("ann", 5), running("ben", 6))
        view = await through_crash(stop.apply, await planned(its), its, moments)
        if view is None:
            break
        assert view.title == "2 servers are stopped"
        assert not any(one.servers for one in its.users)
    assert moments > 1


async def test_a_long_list_of_the_stopped_ends_in_a_count(monkeypatch):
    monkeypatch.setattr(stop_idle, "_MOST_NAMED", 2)
    its = world(*(running(f"p{number}", 5) for number in range(5)))
    said = render(await stop.apply(await planned(its), Doing(its)))
    assert "Stopped (5)" in said
    assert "and 3 more of those on the list" in said


def test_the_button_is_true_of_one_and_of_many():
    assert "server" not in stop.COMMAND.button
