"""A server that the hub is stopping is said to be stopping, wherever it is told of: neither starting nor running."""

from dataclasses import replace

import pytest

from cards.text import render
from cards.views import Chart
from clients.hub import HubServer
from commands.diagnostics import status, why
from commands.framework.argument_types import Upn
from commands.framework.errors import UserError
from commands.servers import refresh as server_refresh
from commands.servers import stop as server_stop
from commands.servers import users
from commands.storage import show as storage_show
from tests.world import NOW, OLU, World, home, release, server, unready, user

ANN = Upn.parse("ann@example.org")
STOPPING = HubServer("", False, "stop", NOW, NOW)


def world(*pods, servers=(STOPPING,)):
    return World(users=[replace(user(ANN), servers=servers)], pods=list(pods), claims=[home(ANN)])


POD = server(ANN)
PODS = {
    "gone": (),
    "ready yet": (POD,),
    "ready no more": (server(ANN, **unready(node="aks-users-1", phase="Running")),),
    "ending": (replace(POD, terminating=True),),
}


@pytest.fixture(params=PODS.values(), ids=PODS)
def pods(request):
    return request.param


async def test_in_the_status(pods):
    view = await status.run(status.Args(), world(*pods).reads)
    (chart,) = (section for section in view.sections if isinstance(section, Chart))
    assert [(piece.label, piece.value) for piece in chart.slices] == [("stopping", 1)]
    assert chart.title == "1 users, 0 active, 0 servers running"


async def test_beside_one_that_starts():
    starting = HubServer("", False, "spawn", NOW, None)
    its = world()
    its.users = [*its.users, replace(user("bob@example.org"), servers=(STOPPING, replace(starting, name="lab")))]
    view = await status.run(status.Args(), its.reads)
    (chart,) = (section for section in view.sections if isinstance(section, Chart))
    assert [(piece.label, piece.value) for piece in chart.slices] == [("starting", 1), ("stopping", 1)]


async def test_in_the_list_of_users(pods):
    said = render(await users.run(users.Args(), world(*pods).reads))
    assert "stopping" in said
    assert "starting" not in said


async def test_where_somebody_asks_why(pods):
    said = (await why.run(why.Args(ANN), world(*pods).reads)).text
    assert "stopping" in said
    assert "starting" not in said
    assert "running" not in said


async def test_among_the_homes(pods):
    assert "servers: default (stopping)" in render(await storage_show.run(storage_show.Args(ANN), world(*pods).reads))


async def test_in_the_plan_to_stop_it():
    plan = await server_stop.plan(server_stop.Args(ANN), world().reads)
    assert "stopping" in render(server_stop.preview(plan))


async def test_to_its_own_user():
    its = world(POD)
    its.releases, its.object_ids = [release()], {ANN: OLU}
    with pytest.raises(UserError, match="Your server is stopping"):
        await server_refresh.plan(server_refresh.Args(), its.reads)


async def test_one_that_the_hub_checks_is_not_starting():
    its = world(servers=(HubServer("", False, "check", NOW, NOW),))
    assert "being checked since" in (await why.run(why.Args(ANN), its.reads)).text
