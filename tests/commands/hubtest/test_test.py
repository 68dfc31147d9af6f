"""`/jhub test`: what is made and removed, in which order, and what the card says, whatever fails on the way."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.changes.serialization import dump, load
from cards.text import render
from cards.views import Failure, Notice, Tone
from clients.errors import Forbidden, Rejected, Unavailable
from clients.hub import HubUser, SpawnEvent
from clients.jupyter import CellResult, KernelSpecs
from clients.kube import Crash, Waiting
from commands.framework.errors import UserError
from commands.framework.parser import parse
from commands.framework.registry import catalogue
from commands.hubtest import removal, starting
from commands.hubtest.outcome import ACCOUNT, REMOVAL, SERVER
from commands.hubtest.steps import BY_ITSELF, MADE, NOTEBOOK, REMOVED, STARTED
from commands.hubtest.subject import USER, HubTest
from commands.hubtest.test import COMMAND, apply, plan, preview
from commands.ports.hub_tests import HubTestRecord, HubTestRules
from commands.servers.reflector import DeadReflector
from tests.world import IMAGE, NOW, Doing, World, home, pod, release, server, unready
from tests.world.crash import through_crash
from tests.world.hub_tests import FAILED, READY
from tests.world.hub_tests import answered as answer

LIVE = "3f9a41c"
NOBODY = HubUser(USER, admin=False, servers=(), last_activity=None)
EARLIER = HubTestRecord("op-1", NOW - timedelta(hours=2), "Olu Operator", LIVE)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    for module, name in ((starting, "_LOOK"), (starting, "_AGAIN"), (removal, "_SHORTEST"), (removal, "_LONGEST")):
        monkeypatch.setattr(module, name, 0.001)


async def outcome_of(world, line="test", do=None):
    parsed = parse(line, catalogue())
    made = await plan(parsed.args, world.reads)
    made = load(HubTest, dump(HubTest, made))
    return await apply(made, do or Doing(world))


def is_clean(world):
    mine = [*world.pods, *world.claims]
    return USER not in {one.name for one in world.users} and not [one for one in mine if one.user == USER]


async def test_a_hub_that_works_says_so_with_each_stage_and_leaves_nothing():
    world = World()
    before = (world.users, world.pods, world.claims)
    view = await outcome_of(world)
    assert isinstance(view, Notice)
    assert view.tone is Tone.GOOD
    assert view.title == f"The hub works for a user, with {LIVE}"
    (facts,) = view.sections
    titles = [one.label for one in facts.facts]
    assert titles == [
        ACCOUNT,
        SERVER,
        "Way into the server",
        "List of kernels",
        "Kernel start",
        "1 + 1",
        "File in the home",
        "Imports",
        REMOVAL,
    ]
    assert all(one.tone is Tone.GOOD for one in facts.facts)
    assert (world.users, world.pods, world.claims) == before
    # A server that has not stopped at once is asked about again.
    assert list(dict.fromkeys(one.split()[0] for one in world.done)) == [
        "create",
        "start",
        "kernel",
        "stop_server",
        "delete",
    ]
    (record,) = world.tests
    assert (record.passed, record.removed, record.tag, record.by) == (True, True, LIVE, "Olu Operator")


async def test_nobody_is_asked_before_and_the_plan_says_what_happens():
    plan_of = preview(await plan(COMMAND.args(), World().reads))
    assert COMMAND.consent.value == "none"
    assert USER in " ".join(plan_of.consequences)


async def test_a_name_that_somebody_really_has_is_refused_and_nothing_is_touched():
    world = World(users=[NOBODY], claims=[home(USER)])
    with pytest.raises(UserError, match="no record of having made it"):
        await outcome_of(world)
    assert world.done == []


async def test_a_name_that_somebody_takes_after_the_plan_is_left_alone():
    world = World()
    made = await plan(COMMAND.args(), world.reads)
    world.users = [*world.users, NOBODY]
    world.claims = [home(USER)]
    do = Doing(world)
    with pytest.raises(UserError, match="no record of having made it"):
        await apply(made, do)
    assert world.done == []
    assert [one.user for one in world.claims] == [USER]


async def test_a_name_that_somebody_takes_at_the_last_moment_is_left_alone():
    world = World()

    class Late(Doing):
        @property
        def writes(self):
            plain = super().writes
            begin = plain.testing.records.begin

            async def and_taken(record):
                await begin(record)
                world.users = [*world.users, NOBODY]

            plain.testing.records.begin = and_taken
            return plain

    with pytest.raises(UserError, match="no record of having made it"):
        await outcome_of(world, do=Late(world))
    assert [one.split()[0] for one in world.done] == ["create"]
    assert NOBODY in world.users
    assert all(one.removed for one in world.tests)


def storing(kind="dynamic", template="homes", **spawner):
    """A hub whose homes are folders of a claim by that template."""
    its = {kind: {"pvcNameTemplate": template, "pvcName": template, "subPath": "{username}"}, "type": kind}
    return release(
        values={**release().values, "singleuser": {"image": {"name": IMAGE, "tag": LIVE}, "storage": its}}
        | {"hub": {"config": {"KubeSpawner": spawner}}}
    )


async def test_a_claim_that_is_everybodys_home_is_not_put_at_risk():
    """KubeSpawner deletes the claim of a user with the user, and here it is the claim of all."""
    world = World(releases=[storing()])
    with pytest.raises(UserError, match="Everybody’s home is in one claim, homes"):
        await outcome_of(world)
    assert world.done == []


@pytest.mark.parametrize(
    "live",
    [storing(delete_pvc=False), storing("static"), storing(template="claim-{username}")],
    ids=["claims are kept", "a claim of the values", "a claim each"],
)
async def test_a_hub_that_deletes_no_claim_of_others_is_tested(live):
    assert (await plan(COMMAND.args(), World(releases=[live]).reads)).tag == LIVE


async def test_what_an_earlier_test_left_is_removed_first():
    left = HubUser(USER, admin=False, servers=(), last_activity=None)
    world = World(users=[left], claims=[home(USER)], pods=[server(USER)], tests=[EARLIER])
    view = await outcome_of(world)
    assert isinstance(view, Notice)
    assert is_clean(world)
    assert all(one.removed for one in world.tests)
    assert [one.split()[0] for one in world.done][:3] == ["delete", "delete_pod", "create"]


async def test_a_test_by_the_bot_itself_is_waited_for(monkeypatch):
    monkeypatch.setattr("commands.framework.polling.PACE", 0.001)
    world = World(tests=[replace(EARLIER, began=NOW, by=BY_ITSELF)])
    do = Doing(world)
    running = asyncio.create_task(outcome_of(world, do=do))
    while not do.told:
        await asyncio.sleep(0)
    assert "The bot itself is testing" in do.told[0][0]
    assert world.done == []
    world.tests = [replace(world.tests[0], ended=NOW, removed=True)]
    assert isinstance(await running, Notice)


@pytest.mark.parametrize(
    ("wrong", "stage", "words"),
    [
        (
            {"creates": Forbidden("the hub", "refused the token: it needs the scope admin:users", "Give it")},
            ACCOUNT,
            "scope",
        ),
        ({"creates": Rejected("the hub", "refused", "The hub does not make the user: it says “no”.")}, ACCOUNT, "says"),
        ({"starts": Rejected("the hub", "refused", "The hub does not start it: “full”.")}, SERVER, "full"),
        ({"starts": Unavailable("the hub", "did not answer within 30 s")}, SERVER, "did not answer"),
        ({"spawning": (SpawnEvent("Pulling", 50), FAILED)}, SERVER, "No server is running"),
        ({"enters": Unavailable("the hub", "refused: it needs the scope tokens")}, "Way into", "tokens"),
        ({"kernels": KernelSpecs("ir", {"ir": "R"})}, "List of", "for Python (ir)"),
        ({"kernels": Unavailable("the user’s server", "cannot be reached")}, "List of", "test.url"),
        ({"cells": lambda _: CellResult("3")}, "1 + 1", "gave 3 instead of 2"),
        ({"cells": lambda _: CellResult(error="MemoryError: ")}, "1 + 1", "MemoryError"),
    ],
)
async def test_whatever_fails_its_stage_and_cause_are_told_and_nothing_is_left(wrong, stage, words):
    world = World(**wrong)
    view = await outcome_of(world)
    assert isinstance(view, Failure)
    assert words in view.cause
    failed = [one for one in view.sections[0].facts if one.tone is Tone.BAD]
    assert [one.label[: len(stage)] for one in failed] == [stage]
    assert is_clean(world)
    (record,) = world.tests
    assert (record.passed, record.removed) == (False, True)
    assert record.failed == failed[0].label
    assert record.cause == view.cause


TOKEN = "ghp_" + "a1B2" * 9


async def test_what_the_hub_tells_of_a_start_is_shown_without_secrets():
    """It passes on events of the pod, and what its own hooks say."""
    do = Doing(World(spawning=(SpawnEvent(f"Failed to pull https://x:{TOKEN}@ghcr.io/x", 50), READY)))
    await outcome_of(do.world, do=do)
    assert "Failed to pull" in str(do.told)
    assert TOKEN not in str(do.told)


async def test_a_missing_package_is_named():
    def cells(code):
        wrong = CellResult(error="ImportError: croissance (ModuleNotFoundError: No module named 'croissance')")
        return wrong if "import_module" in code else answer(code)

    world = World(cells=cells, test_rules=HubTestRules(packages=("croissance",)))
    view = await outcome_of(world)
    assert "No module named 'croissance'" in view.cause
    assert "/jhub rollback" in view.cause


async def test_without_packages_nothing_is_imported():
    asked = []

    def cells(code):
        asked.append(code)
        return answer(code)

    assert isinstance(await outcome_of(World(cells=cells, test_rules=HubTestRules())), Notice)
    assert not any("import_module" in one for one in asked)


async def test_a_start_in_trouble_that_lasts_is_given_up_with_the_cause(monkeypatch):
    monkeypatch.setattr(starting, "_HOPELESS", 0.01)
    world = World(spawning=(), test_pod=unready(node="", refusal="0/3 nodes are available: 3 Insufficient memory."))
    world.users = list(world.users)
    view = await outcome_of(world)
    assert isinstance(view, Failure)
    assert "memory" in view.cause
    assert f"within {starting.LIMIT:.0f} s" not in view.cause
    assert is_clean(world)


async def test_a_start_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(starting, "LIMIT", 0.05)
    world = World(spawning=(), test_pod=unready(node=""))
    view = await outcome_of(world)
    assert view.cause.startswith("It was not ready within 0 s.")
    assert is_clean(world)


async def test_a_stream_that_breaks_off_does_not_end_the_wait():
    world = World(spawning=(Unavailable("the hub", "broke off the connection"),))
    do = Doing(world)
    running = asyncio.create_task(outcome_of(world, do=do))
    while not any(one.startswith("start") for one in world.done):
        await asyncio.sleep(0)
    world.spawning = (READY,)
    assert isinstance(await running, Notice)


async def test_stopping_ends_the_wait_and_removes_all():
    world = World(spawning=())
    do = Doing(world)
    running = asyncio.create_task(outcome_of(world, do=do))
    while not any(one.startswith("start") for one in world.done):
        await asyncio.sleep(0)
    do.stop.set()
    view = await running
    assert isinstance(view, Failure)
    assert "asked to stop" in view.cause
    assert is_clean(world)


async def test_a_home_that_the_hub_keeps_is_removed_by_the_bot():
    world = World(hub_deletes_claims=False)
    assert isinstance(await outcome_of(world), Notice)
    assert is_clean(world)
    assert world.done[-1] == "delete_claim claim-test"


async def test_what_cannot_be_removed_is_told_and_stays_on_record(monkeypatch):
    monkeypatch.setattr(removal, "_PATIENCE", 0.02)
    world = World(stubborn=("jupyter-test",))
    view = await outcome_of(world)
    assert isinstance(view, Notice)
    assert view.tone is Tone.WARNING
    assert "The pod jupyter-test has not ended yet." in view.text
    assert [one.removed for one in world.tests] == [False]


async def test_a_bug_on_the_way_leaves_nothing_either():
    def cells(_):
        raise ZeroDivisionError

    world = World(cells=cells)
    with pytest.raises(ZeroDivisionError):
        await outcome_of(world)
    assert is_clean(world)


@pytest.mark.parametrize("moments", range(30))
async def test_it_can_die_at_any_moment_and_goes_on(moments):
    world = World(hub_deletes_claims=False)
    made = await plan(COMMAND.args(), world.reads)
    view = await through_crash(apply, made, world, moments)
    if view is None:
        assert moments > 10
        return
    assert isinstance(view, Notice), render(view)
    assert is_clean(world)
    (record,) = world.tests
    assert (record.passed, record.removed) == (True, True)


# Another image, a profile


async def test_a_profile_is_chosen_by_its_slug_and_others_are_refused():
    profiles = [{"display_name": "Small one"}, {"display_name": "GPU", "slug": "gpu"}]
    world = World(releases=[release(values={"singleuser": {"profileList": profiles, "image": _image()}})])
    view = await outcome_of(world, "test --profile small-one")
    assert view.title.endswith("with the profile small-one")
    assert f"start {{'profile': 'small-one'}} {USER}" in world.done
    with pytest.raises(UserError, match="It offers small-one, gpu") as refused:
        await outcome_of(world, "test --profile large")
    assert refused.value.hints[0] == "/jhub test --profile small-one"


async def test_another_tag_needs_the_hubs_leave():
    with pytest.raises(UserError, match=r"hub\.extraConfig\.jhub-bot-test"):
        await outcome_of(World(), "test --image 7c1d2e9")


async def test_another_tag_is_asked_for_and_looked_at():
    values = {"singleuser": {"image": _image()}, "hub": {"extraConfig": {"jhub-bot-test": "…"}}}
    world = World(releases=[release(values=values)])
    view = await outcome_of(world, "test --image 7c1d2e9")
    assert view.title == "The hub works for a user, with 7c1d2e9"
    assert f"start {{'image': '{IMAGE}:7c1d2e9'}} {USER}" in world.done
    assert [one.tag for one in world.tests] == ["7c1d2e9"]

    world = World(releases=[release(values=values)], hub_takes_images=False)
    view = await outcome_of(world, "test --image 7c1d2e9")
    assert isinstance(view, Failure)
    assert f"instead of {IMAGE}:7c1d2e9" in view.cause


async def test_without_a_live_release_there_is_nothing_to_test():
    with pytest.raises(UserError, match="no live release"):
        await outcome_of(World(releases=[]))


@pytest.mark.parametrize("line", ["test --profile ../x", "test --profile", "test --image a:b", "test ann@example.org"])
def test_what_is_typed_wrongly_is_told(line):
    with pytest.raises(UserError):
        parse(line, catalogue())


def _image():
    return {"name": IMAGE, "tag": LIVE}


def test_the_steps_have_the_titles_that_are_on_record():
    assert (MADE, STARTED, NOTEBOOK, REMOVED) == (
        "Make the test user",
        "Start a server",
        "Run a notebook in it",
        "Remove the test user and their home",
    )


# A hub that is out


WAITING = Waiting("hub", "CrashLoopBackOff", "back-off 5m0s", "example.org/hub:1")
CRASHED = pod("hub-1", "hub", ready=0, restarts=3, waiting=WAITING, crash=Crash("hub", "Error", 1), created=NOW)


def out(**more):
    return World(users=Unavailable("the hub", "answered with an error (503)"), **more)


async def test_a_hub_that_is_out_is_a_finding_with_the_cause_and_the_way_back():
    live = release(revision=4, last_deployed=NOW)
    view = await outcome_of(out(pods=[CRASHED], releases=[live], servers_said={"hub-1": "SyntaxError: bad config"}))
    assert isinstance(view, Failure)
    assert view.title == f"The hub did not make a user for the test, with {LIVE}"
    assert view.cause.startswith("The hub answered with an error (503). hub: 0 of 1 ready. ")
    assert "SyntaxError: bad config" in view.cause
    assert "/jhub logs hub --previous" in view.cause
    assert "revision 4, which made this pod: /jhub rollback" in view.cause
    assert [(one.label, one.value) for one in view.sections[0].facts] == [(ACCOUNT, "failed at once")]
    assert "/jhub logs hub" in view.advice


async def test_a_hub_that_is_out_together_with_the_cluster_says_that_the_cause_is_not_known():
    world = out()
    made = await plan(COMMAND.args(), world.reads)
    world.pods = Unavailable("Kubernetes", "did not answer within 5 s")
    view = await apply(made, Doing(world))
    assert "Kubernetes did not answer within 5 s. So why is not known." in view.cause


async def test_a_hub_that_does_not_see_its_pods_is_given_up_at_once(monkeypatch):
    async def blind(*_):
        return DeadReflector(NOW, (USER,), ())

    monkeypatch.setattr("commands.diagnostics.why.evidence", blind)
    view = await outcome_of(World(spawning=()))
    assert isinstance(view, Failure)
    assert "The hub does not see their server, which runs." in view.cause
    assert "/jhub restart hub" in view.advice


async def test_a_kernel_that_is_silent_is_told_apart_from_its_server():
    def cells(_):
        raise Unavailable("the kernel", "did not run the cell within 60 s")

    view = await outcome_of(World(cells=cells))
    assert view.cause.startswith("The kernel did not run the cell within 60 s. The server answers")
    assert "singleuser.memory" in view.cause
    assert "/jhub rollback" in view.cause
