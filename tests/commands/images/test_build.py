"""Building an image: from which commit, begun once, followed to its end, stopped, and what is said of it."""

import asyncio

import pytest

from cards.text import render
from cards.views import Failure, Notice
from clients.errors import NotFound, Rejected, Unavailable
from commands.framework import polling as waiting
from commands.framework.errors import UserError
from commands.framework.plan_digest import digest as plan_digest
from commands.images import build as image_build
from commands.images import build_runs as building
from commands.images.arguments import GitRef
from commands.images.git_refs import commit_of
from tests.world import OLU, Doing, World, words
from tests.world.crash import through_crash
from tests.world.images import LIVE, MAIN, Registry, digest, tag, workshop

NAME = "jhub-bot-b5d20f4-op-9"
DOWN = Unavailable("Azure", "cannot be reached")


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(building, "_LOOK_EVERY", 0.01)


def world(**more):
    registry = Registry()
    return World(registry=registry, workshop=workshop(registry, **more))


async def planned(made, ref=None):
    return await image_build.plan(image_build.Args(ref and GitRef.parse(ref)), made.reads)


async def built(made, doing=None):
    plan = await planned(made)
    doing = doing or Doing(made)
    async with asyncio.timeout(240):
        return await image_build.apply(plan, doing), doing


def begun(plan, doing):
    return building.begin(NAME, plan.wanted, plan.repository, plan.tag, doing)


# Planning


async def test_the_branch_of_the_configuration_is_built_under_its_commits_hash():
    plan = await planned(world())
    assert (plan.ref, plan.commit, plan.tag) == ("main", MAIN, "b5d20f4")
    assert plan.wanted.images == ("jhub.azurecr.io/notebook:b5d20f4",)
    assert MAIN in render(image_build.preview(plan))


async def test_a_branch_that_moves_is_another_plan():
    made = world()
    before = await planned(made)
    made.workshop.source.known["refs/heads/main"] = "c" * 40
    assert plan_digest("image build", OLU, before) != plan_digest("image build", OLU, await planned(made))


async def test_a_tag_that_is_there_is_not_built_again():
    with pytest.raises(UserError, match=r"v1\.4 is commit 3f9a41c, and the registry already has that tag") as refused:
        await planned(world(), "v1.4")
    assert refused.value.hints[0] == "/jhub deploy 3f9a41c"


async def test_a_commit_that_somebody_else_has_built_just_now_is_not_built_beside_it():
    made = world()
    plan = await planned(made)
    made.workshop.builds.names["jhub-bot-b5d20f4-op-8"] = "ca7"
    with pytest.raises(UserError, match="is already being built as run ca7"):
        await planned(made)
    with pytest.raises(UserError, match="is already being built"):
        await image_build.apply(plan, Doing(made))
    made.workshop.builds.names = {"jhub-bot-0000000-op-8": "ca7"}
    assert isinstance(await image_build.apply(plan, Doing(made)), Notice)


async def test_what_is_missing_is_said():
    with pytest.raises(UserError, match=r"image\.repository"):
        await planned(World(registry=Registry()))
    with pytest.raises(UserError, match=r"registry\.login_server"):
        await planned(World())
    out = world()
    out.workshop.source.error = Unavailable("The image's repository", "cannot be reached")
    with pytest.raises(Unavailable):
        await planned(out)


REFS = {
    "refs/heads/main": MAIN,
    "refs/heads/v2": "a" * 40,
    "refs/tags/v2": "b" * 40,
    "refs/heads/release/2026.11": LIVE,
    "refs/pull/3/head": "3f9a41c" + "1" * 33,
}


@pytest.mark.parametrize(
    ("ref", "commit"),
    [
        ("main", MAIN),
        ("refs/heads/main", MAIN),
        ("heads/v2", "a" * 40),
        ("v2", "b" * 40),
        ("release/2026.11", LIVE),
        ("b5d20f4", MAIN),
        ("B5D20F4000", MAIN),
        ("d" * 40, "d" * 40),
        ("D" * 40, "d" * 40),
    ],
)
def test_a_ref_is_found_as_git_finds_it(ref, commit):
    assert commit_of(ref, REFS, "{}") == commit


@pytest.mark.parametrize(
    ("ref", "said", "near"),
    [
        ("mian", "no branch or tag “mian”", "build main"),
        ("relaese/2026.11", "no branch or tag", "build release/2026.11"),
        ("zzz", "no branch or tag", "build main"),
        ("3f9a41c", "give the full hash", "build main"),
        ("dddddddd", "give the full hash", "build main"),
    ],
)
def test_a_ref_that_is_not_there_gets_the_nearest(ref, said, near):
    with pytest.raises(UserError, match=said) as refused:
        commit_of(ref, REFS, "build {}")
    assert near in refused.value.hints


@pytest.mark.parametrize(
    "text",
    [
        *("", "-x", "--upload-pack=x", "$(id)", "é", "x" * 201),
        *("a..b", "a b", "a~1", "a^", "a:b", "a@{1}", "a\\b", "a*", "a["),
        *("/a", "a/", "a//b", ".a", "a/.b", "a.lock", "a."),
    ],
)
def test_what_is_no_ref_is_refused(text):
    with pytest.raises(ValueError, match=r"as in main, release/2026\.11 or v1\.4|at most"):
        GitRef.parse(text)


@pytest.mark.parametrize("text", ["main", "release/2026.11", "v1.4", "feature/a_b-c+d#3", "0" * 40])
def test_what_is_one_is_taken(text):
    assert GitRef.parse(text) == text


# Doing


async def test_the_end_tells_tag_digest_and_time_and_offers_to_deploy():
    view, doing = await built(made := world())
    assert isinstance(view, Notice)
    assert view.title == "b5d20f4 is built"
    facts = {fact.label: fact.value for fact in view.sections[0].facts}
    assert facts["Digest"] == digest("b5d20f4").partition(":")[2][:12]
    assert facts["Took"] == "1 min 35 s"
    deploy, prepull, log = view.buttons
    assert prepull.data == (("line", "/jhub prepull b5d20f4"),)
    assert deploy.data == (("line", "/jhub deploy b5d20f4"),)
    assert log.url == made.workshop.builds.page()
    assert doing.titles == ["Begin the build", "Build b5d20f4"]
    assert made.workshop.builds.forgotten == [NAME]


async def test_the_last_lines_of_the_log_are_shown_and_no_more():
    text = "".join(f"line {number} {'x' * 300}\n" for number in range(30))
    _, doing = await built(world(log_text=text))
    shown = max(doing.told, key=len)
    assert len(shown) == 6
    assert shown[-1].startswith("line 29")
    assert all(len(line) <= 160 for line in shown)


async def test_a_step_done_again_takes_up_the_build_that_it_began():
    made = world()
    plan = await planned(made)
    doing = Doing(made)
    first = await begun(plan, doing)
    assert await begun(plan, doing) == first
    assert len(made.workshop.builds.begun) == 1
    assert isinstance(await image_build.apply(plan, doing), Notice)
    assert len(made.workshop.builds.begun) == 1


async def test_an_answer_that_gets_lost_begins_nothing_twice(monkeypatch):
    monkeypatch.setattr(waiting, "PACE", 0.01)
    made = world(unheard=[DOWN])
    view, doing = await built(made)
    assert isinstance(view, Notice)
    assert len(made.workshop.builds.begun) == 1
    assert ("Azure cannot be reached. Trying again …",) in doing.told


async def test_azure_out_for_long_is_said_and_nothing_is_begun(monkeypatch):
    monkeypatch.setattr(waiting, "PACE", 0.01)
    monkeypatch.setattr(building, "_BEGINS_WITHIN", 0.05)
    made = world(refusal=DOWN)
    with pytest.raises(Unavailable, match="cannot be reached"):
        await built(made)
    assert made.workshop.builds.begun == []


async def test_killed_at_any_moment_it_is_begun_once_and_ends_the_same():
    deaths = 0
    while True:
        made = world()
        view = await through_crash(image_build.apply, await planned(made), made, deaths)
        if view is None:
            break
        deaths += 1
        assert isinstance(view, Notice), f"killed at moment {deaths}"
        assert len(made.workshop.builds.begun) == 1, f"killed at moment {deaths}"
        assert made.workshop.builds.names == {}
    assert deaths == 4


async def test_a_build_that_was_followed_to_its_end_may_be_followed_again():
    made = world()
    doing = Doing(made)
    run = await begun(await planned(made), doing)
    first = await building.follow(run, NAME, doing)
    assert await building.follow(run, NAME, doing) == first


async def test_a_tag_that_came_meanwhile_is_not_built_over():
    made = world()
    plan = await planned(made)
    made.registry.known.insert(0, tag("b5d20f4", 0))
    with pytest.raises(UserError, match="the registry already has that tag"):
        await image_build.apply(plan, Doing(made))
    assert made.workshop.builds.begun == []


async def test_a_failure_says_why_with_the_end_of_the_log_and_keeps_nothing_of_it_in_a_step():
    made = world(course=("Running", "Failed"), error="exit status 1", log_text="nothing provides pandas 9\n")
    view, doing = await built(made)
    assert isinstance(view, Failure)
    assert view.cause == "The build ended after 1 min 35 s: exit status 1. Nothing was pushed."
    assert view.sections[0].lines == ("nothing provides pandas 9",)
    ended = await building.follow("ca1", NAME, doing)
    assert "pandas" not in words(ended)


async def test_azure_out_for_a_moment_is_waited_for():
    made = world(troubles=[DOWN, DOWN])
    view, doing = await built(made)
    assert isinstance(view, Notice)
    assert any("Trying again" in line for told in doing.told for line in told)


async def test_whoever_stops_it_cancels_the_build():
    made = world(course=("Running",))
    doing = Doing(made)
    doing.stop.set()
    view, _ = await built(made, doing)
    assert isinstance(view, Failure)
    assert view.title == "Building b5d20f4 was stopped"
    assert made.workshop.builds.cancelled == ["ca1"]
    assert made.workshop.builds.forgotten == [NAME]


async def test_a_stop_between_the_steps_cancels_it_too():
    made = world(course=("Running",))

    class Interrupted(Doing):
        async def step(self, title, action, *args, **kwargs):
            if title.startswith("Build"):
                raise RuntimeError("stopped")
            return await super().step(title, action, *args, **kwargs)

    with pytest.raises(RuntimeError):
        await built(made, Interrupted(made))
    assert made.workshop.builds.cancelled == ["ca1"]
    assert made.workshop.builds.forgotten == [NAME]


async def test_a_build_that_takes_for_ever_is_cancelled(monkeypatch):
    monkeypatch.setattr(building, "_PATIENCE", 0.05)
    made = world(course=("Running",))
    with pytest.raises(Unavailable, match="has not finished"):
        await built(made)
    assert made.workshop.builds.cancelled == ["ca1"]


async def test_what_azure_refuses_is_told():
    view, _ = await built(world(refusal=Rejected("Azure", "TasksOperationsNotAllowed", "Not allowed here.")))
    assert isinstance(view, Failure)
    assert view.cause == "Azure refused to build it: Not allowed here."


async def test_a_log_that_is_not_there_yet_is_no_trouble(monkeypatch):
    made = world()

    async def none(*_):
        raise NotFound("Azure found nothing of that name")

    monkeypatch.setattr(made.workshop.builds, "log", none)
    view, doing = await built(made)
    assert isinstance(view, Notice)
    assert ("Queued as run ca1",) in doing.told


async def test_a_name_that_cannot_be_taken_away_is_a_warning(monkeypatch):
    made = world()

    async def refuse(_):
        raise DOWN

    monkeypatch.setattr(made.workshop.builds, "forget", refuse)
    view, doing = await built(made)
    assert isinstance(view, Notice)
    assert doing.warned == [f"Azure still keeps the task run {NAME}: Azure cannot be reached"]
