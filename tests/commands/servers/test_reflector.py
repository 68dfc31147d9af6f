"""A hub that no longer sees its pods: what is evidence, what is none, and what why and status make of it."""

from datetime import timedelta

import pytest

from bot.alerts.finding import Severity
from bot.alerts.watchers import reflector as watcher
from clients.hub import HubServer, HubUser
from commands.diagnostics import status, why
from commands.framework.argument_types import UserName
from commands.logs.hub_records import HubRecord
from commands.ports.alerts import AlertSummary
from commands.servers.reflector import dead_reflector, gave_up, judge
from tests.world import NOW, World, components, server, words

ANN, BEN = "ann@example.org", "ben@example.org"
LONG_AGO, JUST_NOW = NOW - timedelta(minutes=5), NOW - timedelta(seconds=20)


def record(words, minutes=5, place="reflector:345", level="E"):
    when = NOW - timedelta(minutes=minutes)
    return HubRecord(when, f"[{level} {when:%Y-%m-%d %H:%M:%S}.000 JupyterHub {place}] {words}")


STARTED = record("Running JupyterHub version 5.5.0", 600, "app:3356", "I")
BEGAN = record("watching for pods with label selector='component=singleuser-server' in namespace jhub", 599, level="I")
GAVE_UP = record("Watching resources never recovered, giving up", 4)


def user(name, *servers):
    return HubUser(name, admin=False, servers=servers, last_activity=None)


def one(ready, pending=""):
    return HubServer("", ready, pending, NOW, NOW)


UNSEEN = [user(ANN, one(ready=False, pending="spawn"))]
GONE = [user(BEN, one(ready=True))]
RUNS = [server(ANN, started=LONG_AGO)]


def test_a_watch_that_gave_up_and_servers_that_disagree_are_evidence():
    found = judge([*UNSEEN, *GONE], RUNS, [STARTED, BEGAN, GAVE_UP], NOW)
    assert (found.unseen, found.gone, found.since) == ((ANN,), (BEN,), GAVE_UP.when)
    assert "does not see 1 server that runs, and it still counts 1 server that is gone" in found.words


NO_EVIDENCE = {
    "nothing gave up": (UNSEEN, RUNS, [STARTED, BEGAN]),
    "the watch began anew since": (UNSEEN, RUNS, [GAVE_UP, record(BEGAN.text.partition("] ")[2], 1, level="I")]),
    "the hub was restarted since": (UNSEEN, RUNS, [GAVE_UP, record("Running JupyterHub version 5.5.0", 1)]),
    "somebody put the words into an address": (
        UNSEEN,
        RUNS,
        [record("404 GET /hub/[E 2026-11-23 08:00:00.000 JupyterHub x] Watching resources never recovered, giving up")],
    ),
    "it may have been the watch of events": ([user(ANN, one(ready=True))], RUNS, [GAVE_UP]),
    "the pod is new": (UNSEEN, [server(ANN, started=JUST_NOW)], [GAVE_UP]),
    "the pod is not ready": (UNSEEN, [server(ANN, ready=False, started=LONG_AGO)], [GAVE_UP]),
    "the pod ends": (GONE, [server(BEN, terminating=True)], [GAVE_UP]),
    "the hub is stopping it": ([user(BEN, one(ready=False, pending="stop"))], [], [GAVE_UP]),
    "the hub looks whether it runs": ([user(ANN, one(ready=False, pending="check"))], RUNS, [GAVE_UP]),
    "nobody is there": ([], [], [GAVE_UP]),
}


@pytest.mark.parametrize(("users", "pods", "records"), NO_EVIDENCE.values(), ids=NO_EVIDENCE)
def test_less_is_none(users, pods, records):
    assert judge(users, pods, records, NOW) is None


def test_the_first_words_tell_since_when():
    assert gave_up([BEGAN, GAVE_UP, record("Watching resources never recovered, giving up", 1)]) == GAVE_UP.when


def blind(**more):
    log = f"{GAVE_UP.when:%Y-%m-%dT%H:%M:%S}.000000Z {GAVE_UP.text}\n"
    return World(users=[*UNSEEN, *GONE], pods=[*components(), *RUNS], hub_log=log, **more)


async def test_the_log_is_only_read_where_servers_disagree():
    assert (await dead_reflector(blind().reads)).unseen == (ANN,)
    quiet = World(users=[user(ANN, one(ready=True))], pods=[*components(), *RUNS], silent=("hub_log",))
    assert await dead_reflector(quiet.reads) is None


async def test_the_alert_offers_the_restart():
    (found,) = await watcher.look(blind().reads)
    assert (found.severity, found.subjects) == (Severity.CRITICAL, (ANN, BEN))
    assert dict(found.buttons[0].data)["line"] == "/jhub restart hub"
    assert watcher.judge(None) == []


@pytest.mark.parametrize(("who", "told"), [(ANN, "does not see their server"), (BEN, "still counts their server")])
async def test_why_says_so_to_whom_it_concerns_and_offers_the_restart(who, told):
    view = await why.run(why.Args(UserName(who)), blind().reads)
    assert told in words(view)
    assert dict(view.buttons[0].data)["line"] == "/jhub restart hub"


async def test_why_says_nothing_of_it_to_others():
    world = blind()
    world.users = [*world.users, user("cyd@example.org", one(ready=True))]
    world.pods = [*world.pods, server("cyd@example.org", started=LONG_AGO)]
    assert "watch of its pods" not in words(await why.run(why.Args(UserName("cyd@example.org")), world.reads))


async def test_status_offers_the_restart_while_the_alert_is_open():
    cause = "The hub’s watch of its pods gave up"
    alert = AlertSummary("a-1", "reflector", "critical", "Blind", cause, NOW, None, None, "", flapping=False)
    view = await status.run(status.Args(), World(alerts=[alert]).reads)
    assert [dict(button.data)["line"] for button in view.buttons] == ["/jhub restart hub"]
    assert (await status.run(status.Args(), World().reads)).buttons == ()
