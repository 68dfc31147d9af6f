"""The image with the newest notebooks: from which two commits, under which tag, and when there is nothing new."""

import asyncio
from dataclasses import replace

import pytest

from bot.changes.serialization import dump, load
from cards.text import render
from cards.views import Notice
from clients.errors import Unavailable
from commands.framework.errors import UserError
from commands.framework.plan_digest import digest as plan_digest
from commands.images import build as image_build
from commands.images import build_runs as building
from commands.images import notebooks_update
from commands.images.arguments import ImageTag
from tests.world import OLU, Doing, World, release
from tests.world.images import LIVE, MAIN, NOTEBOOKS, NOTEBOOKS_AT, Registry, Source, tag, with_notebooks, workshop

TAG = "3f9a41c-9c0f51d"


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(building, "_LOOK_EVERY", 0.01)


def world(**more):
    registry = Registry()
    return World(**{"registry": registry, "workshop": with_notebooks(workshop(registry))} | more)


async def planned(made, text=None):
    return await notebooks_update.plan(notebooks_update.Args(text and ImageTag.parse(text)), made.reads)


async def test_the_live_image_gets_the_newest_notebooks_and_a_tag_that_names_both():
    plan = await planned(world())
    assert (plan.tag, plan.commit, plan.notebooks, plan.warning) == (TAG, LIVE, NOTEBOOKS, "")
    assert plan.wanted.arguments == (("NOTEBOOKS_REPOSITORY", NOTEBOOKS_AT), ("NOTEBOOKS_REF", NOTEBOOKS))
    assert plan.wanted.commit == LIVE
    assert load(notebooks_update.Update, dump(notebooks_update.Update, plan)) == plan
    said = render(notebooks_update.preview(plan))
    assert NOTEBOOKS in said
    assert "the live image 3f9a41c" in said


async def test_an_image_that_has_notebooks_keeps_its_own_commit():
    made = world(releases=[release(tag="3f9a41c-1111111")])
    assert (await planned(made)).tag == TAG


@pytest.mark.parametrize("live", ["a4e2b90", "2026.11", "3f9a41c-x"])
async def test_a_live_image_that_no_branch_is_at_gives_way_to_the_branch_and_says_so(live):
    plan = await planned(world(releases=[release(tag=live)]))
    assert (plan.commit, plan.ref) == (MAIN, "main")
    assert f"at the live image {live}" in plan.warning
    assert notebooks_update.preview(plan).warnings == (plan.warning,)


async def test_another_tag_may_be_given():
    plan = await planned(world(), "2026.11-notebooks")
    assert plan.wanted.images == ("jhub.azurecr.io/notebook:2026.11-notebooks",)


async def test_what_is_built_already_is_not_built_again_but_offered():
    made = world()
    made.registry.known.insert(0, tag(TAG))
    with pytest.raises(UserError, match=f"the image is {TAG}, and the registry already has that tag") as refused:
        await planned(made)
    assert refused.value.hints[0] == f"/jhub deploy {TAG}"


async def test_what_is_live_already_is_said():
    with pytest.raises(UserError, match="The live image already has the newest notebooks"):
        await planned(world(releases=[release(tag=TAG)]))


async def test_newer_notebooks_are_another_plan():
    made = world()
    before = await planned(made)
    made.workshop.notebooks.known["refs/heads/main"] = "c" * 40
    after = await planned(made)
    assert plan_digest("notebooks update", OLU, before) != plan_digest("notebooks update", OLU, after)


async def test_what_is_missing_is_said():
    registry = Registry()
    with pytest.raises(UserError, match=r"image\.notebooks_repository is not set"):
        await planned(World(registry=registry, workshop=workshop(registry)))
    made = world()
    made = replace(made, workshop=replace(made.workshop, notebooks=Source({"refs/heads/trunk": NOTEBOOKS})))
    with pytest.raises(UserError, match="The notebooks' repository has no branch or tag “main”"):
        await planned(made)
    made.workshop.notebooks.error = Unavailable("The notebooks' repository", "cannot be reached")
    with pytest.raises(Unavailable, match="notebooks"):
        await planned(made)


async def test_the_end_offers_to_deploy_and_to_pull():
    made = world()
    plan, doing = await planned(made), Doing(made)
    async with asyncio.timeout(240):
        view = await notebooks_update.apply(plan, doing)
    assert isinstance(view, Notice)
    lines = [dict(button.data).get("line") for button in view.buttons]
    assert lines[:2] == [f"/jhub deploy {TAG}", f"/jhub prepull {TAG}"]
    assert f"commit {NOTEBOOKS}" in render(view)


async def test_every_image_that_is_built_has_the_notebooks():
    plan = await image_build.plan(image_build.Args(), world().reads)
    assert dict(plan.wanted.arguments) == {"NOTEBOOKS_REPOSITORY": NOTEBOOKS_AT, "NOTEBOOKS_REF": NOTEBOOKS}


def test_builds_of_one_tag_are_not_taken_for_those_of_another():
    names = [building.name_of(one, "3f9a41c07c1d2e90") for one in ("3f9a41c", TAG, "x" * 128, "2026.11_1")]
    assert all(5 <= len(name) <= 50 and name.replace("-", "").isalnum() for name in names)
    starts = [name.removesuffix("3f9a41c07c1d2e90") for name in names]
    assert not any(a.startswith(b) for a in starts for b in starts if a != b)
