"""The status card: right when all is well, and right about whatever is not."""

import asyncio
from datetime import timedelta

import pytest

from cards.text import render
from cards.views import Chart, Facts, Table, Tone
from clients.errors import Unavailable
from clients.kube import Crash, Waiting
from clients.public.certificate import Problem
from commands.diagnostics import status
from commands.framework import partial_results as gather
from commands.ports.alerts import AlertSummary
from tests.world import (
    NOW,
    SECRET,
    World,
    automatic,
    by_olu,
    certificate,
    components,
    node,
    pod,
    release,
    server,
    unready,
    user,
    words,
)


async def card(world):
    return await status.run(status.Args(), world.reads)


def facts(view):
    (found,) = (section for section in view.sections if isinstance(section, Facts))
    return {fact.label: fact for fact in found.facts}


def rows(view, title):
    for section in view.sections:
        if isinstance(section, Table) and section.columns[0].title == title:
            return [tuple(cell.text for cell in row) for row in section.rows]
    return None


async def test_a_healthy_hub_is_said_to_be_well_first_of_all():
    users = [user("a", True), user("b", True, True), user("c", False), *(user(f"d{n}") for n in range(7))]
    view = await card(World(users=users, pods=[*components(), server("a@x"), server("b@x")]))
    assert (view.headline, view.tone, view.problems) == ("Everything is healthy", Tone.GOOD, ())
    assert view.title == "hub.example.org"
    told = facts(view)
    assert told["Hub"].value == "JupyterHub 5.5.0"
    assert told["User image"].value == "3f9a41c"
    assert told["Chart"].value == "jupyterhub 4.4.0, revision 3"
    assert told["Since"].value == "2026-11-20 09:00 UTC, 3 days ago"
    assert told["Certificate"].value == "65 days left, issued by R3"
    (chart,) = (section for section in view.sections if isinstance(section, Chart))
    assert chart.title == "10 users, 2 active, 3 servers running"
    assert [(piece.label, piece.value) for piece in chart.slices] == [
        ("with a running server", 2),
        ("starting", 1),
        ("without a server", 7),
    ]
    assert rows(view, "Component") == [("hub", "1/1", "0"), ("proxy", "1/1", "0"), ("autohttps", "1/1", "0")]
    assert rows(view, "Node pool") == [("core", "1/1", "0"), ("users", "1/1", "2")]


DOWN = {
    "version": (Unavailable("The hub", "did not answer"), {"Hub"}, "Node pool"),
    "users": (Unavailable("The hub", "answered with 500"), set(), "Node pool"),
    "pods": (Unavailable("Kubernetes", "does not list pods"), set(), "Node pool"),
    "nodes": (Unavailable("Kubernetes", "refused the token"), set(), "Component"),
    "releases": (Unavailable("Helm's record", "cannot be read"), {"Release"}, "Component"),
    "certificate": (Unavailable("The public address", "refused the connection"), {"Certificate"}, "Component"),
}


@pytest.mark.parametrize("what", DOWN)
async def test_a_system_that_does_not_answer_costs_its_own_line_only(what):
    error, bad, kept = DOWN[what]
    view = await card(World(**{what: error}))
    assert view.headline == f"{error}."
    assert view.tone is not Tone.GOOD
    assert {label for label, fact in facts(view).items() if fact.tone is Tone.BAD} == bad
    assert rows(view, kept), "what the others said is still there"
    if what == "pods":
        assert [row[2] for row in rows(view, kept)] == ["not known", "not known"]


@pytest.mark.parametrize("what", DOWN)
async def test_a_system_that_never_answers_costs_no_more_than_patience(what, monkeypatch):
    monkeypatch.setattr(gather, "PATIENCE", 0.05)
    async with asyncio.timeout(240):
        view = await card(World(silent=(what,)))
    assert "did not answer within" in view.headline


async def test_nothing_answers_and_there_is_a_card_nevertheless():
    view = await card(World(**{what: error for what, (error, _, _) in DOWN.items()}))
    assert view.tone is Tone.BAD
    assert len(view.problems) == len(DOWN)
    assert render(view)


async def test_a_hub_that_is_down_is_bad_and_says_why():
    crash = Crash("hub", "OOMKilled", 137)
    waiting = Waiting("hub", "CrashLoopBackOff", "back-off 5m0s", "example.org/hub:1")
    hub = pod("hub-1", "hub", ready=0, restarts=9, waiting=waiting, crash=crash)
    view = await card(World(pods=[hub, pod("proxy-1", "proxy")]))
    assert view.tone is Tone.BAD
    assert view.headline.startswith("hub: 0 of 1 ready. CrashLoopBackOff")
    assert "OOMKilled" in view.headline
    assert "/jhub logs hub --previous" in view.headline


async def test_a_hub_without_any_pod_is_down_too():
    view = await card(World(pods=[pod("proxy-1", "proxy")]))
    assert (view.tone, view.headline) == (Tone.BAD, "hub: no pod exists.")


async def test_a_part_that_is_not_essential_is_a_warning():
    pods = [*components(), pod("user-scheduler-1", "user-scheduler", **unready(refusal="Unschedulable: no node fits"))]
    view = await card(World(pods=pods))
    assert (view.tone, view.headline) == (
        Tone.WARNING,
        "user-scheduler: 0 of 1 ready. Unschedulable: no node fits.",
    )


@pytest.mark.parametrize(
    ("served", "tone", "said"),
    [
        (certificate(Problem.TRAEFIK_DEFAULT), Tone.BAD, "fell back to Traefik's default certificate"),
        (certificate(Problem.SELF_SIGNED), Tone.BAD, "self-signed"),
        (certificate(Problem.EXPIRED, days=-2), Tone.BAD, "expired"),
        (certificate(Problem.WRONG_HOST), Tone.BAD, "issued for another host"),
        (certificate(days=5), Tone.WARNING, "5 days left"),
        (certificate(days=21), Tone.GOOD, "21 days left"),
    ],
)
async def test_the_certificate_is_judged(served, tone, said):
    view = await card(World(certificate=served))
    assert view.tone is tone
    assert said in facts(view)["Certificate"].value


async def test_a_node_that_is_not_ready_is_named_the_short_way():
    broken = node("aks-users-31415926-vmss000002", "users", ready=False, problem="NodeStatusUnknown: no heartbeat")
    view = await card(World(nodes=[node("aks-users-31415926-vmss000001", "users"), broken]))
    assert view.headline == "Node users vmss000002: NodeStatusUnknown: no heartbeat."
    assert rows(view, "Node pool") == [("users", "1/2", "0")]


async def test_a_server_that_does_not_start_is_named_after_five_minutes():
    def starting(minutes):
        return server("ann@example.org", created=NOW - timedelta(minutes=minutes), **unready(refusal="Unschedulable"))

    assert (await card(World(pods=[*components(), starting(4)]))).headline == "Everything is healthy"
    view = await card(World(pods=[*components(), starting(6)]))
    assert view.headline == "1 server has not started: ann@example.org. Unschedulable."


async def test_many_stuck_servers_are_counted_and_some_named():
    long_ago = NOW - timedelta(hours=1)
    stuck = [server(f"u{n}@example.org", created=long_ago, **unready()) for n in range(5)]
    view = await card(World(pods=[*components(), *stuck]))
    assert view.headline.startswith("5 servers have not started: u0@example.org, u1@example.org, u2@example.org and 2")


async def test_an_upgrade_under_way_is_beside_what_is_live():
    pending = release(4, "7c1d2e9", "pending-upgrade")
    view = await card(World(releases=[pending, release(3)]))
    assert view.headline == "Release: revision 4, upgrade in progress. See /jhub history."
    assert facts(view)["User image"].value == "3f9a41c"
    assert facts(view)["In progress"].value == "revision 4: upgrade in progress"


async def test_a_failed_upgrade_and_no_release_at_all_are_said():
    failed = await card(World(releases=[release(4, "7c1d2e9", "failed"), release(3)]))
    assert "revision 4, failed" in failed.headline
    assert facts(failed)["User image"].value == "3f9a41c"
    none = await card(World(releases=[]))
    assert none.headline == "Release: none is installed."


async def test_whoever_deployed_through_the_bot_is_named():
    view = await card(World(releases=[release(labels=by_olu(3))]))
    assert facts(view)["Since"].value.endswith(", by Olu Operator")


async def test_several_problems_are_counted_and_listed_worst_first():
    view = await card(World(pods=[pod("proxy-1", "proxy")], certificate=certificate(days=2), releases=[]))
    assert view.headline == "3 problems"
    assert [problem.partition(":")[0] for problem in view.problems] == ["hub", "Certificate", "Release"]


async def test_no_value_of_the_release_is_shown():
    view = await card(World(releases=[release(4, status="failed"), release(3)]))
    assert SECRET not in words(view) + render(view)


def alert(watcher, severity="critical", title="Servers cannot be started", cause="The quota is used up."):
    return AlertSummary("a1", watcher, severity, title, cause, NOW, None, None, "", flapping=False)


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        (alert("starts"), True),
        (alert("pools", "warning"), True),
        (alert("azure"), True),
        (alert("versions", "warning"), False),
        (alert("secret", "note"), False),
        # Of these the card looks itself.
        (alert("cert"), False),
        (alert("hub"), False),
    ],
)
async def test_it_does_not_say_that_all_is_well_beside_an_alert(seen, told):
    view = await card(World(users=[user("a")], pods=components(), alerts=[seen]))
    assert (view.tone is Tone.WARNING) is told
    assert ("Servers cannot be started. The quota is used up." in words(view)) is told


async def test_one_trouble_is_not_said_twice():
    ill = node("aks-users-31415926-vmss000001", "users", ready=False, problem="not responding")
    view = await card(World(pods=components(), nodes=[ill], alerts=[alert("nodes", title="Node users is not ready")]))
    assert "Node users is not ready" not in words(view)


async def test_without_the_bot_s_store_the_rest_is_shown():
    view = await card(World(pods=components(), alerts=Unavailable("The bot's store", "cannot be read")))
    assert view.tone is Tone.GOOD


async def test_a_further_host_without_a_good_certificate_is_told():
    live = automatic()
    live.values["proxy"]["https"]["hosts"] = ["hub.example.org", "lab.example.org"]
    further = {"lab.example.org": {"certificate": certificate(Problem.TRAEFIK_DEFAULT)}}
    view = await status.run(status.Args(), World(releases=[live], further=further).reads)
    assert view.tone is Tone.BAD
    assert view.title == "hub.example.org"
    assert view.headline.startswith("Certificate of lab.example.org: Fell back to Traefik's default certificate")
