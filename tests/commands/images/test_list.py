"""The image's tags as people see them, which may be locked, and what is deployed of them."""

import pytest

from cards.text import render
from cards.views import Notice, Tone
from clients.errors import Unavailable
from clients.helm import UpgradeResult
from commands.framework.errors import UserError
from commands.framework.plan_digest import digest as plan_digest
from commands.images import list as images
from commands.images import lock as image_lock
from commands.images.arguments import ImageTag
from commands.images.tags import nearest
from commands.rollout import deploy
from tests.world import IMAGE, OLU, Doing, Helm, World, cannot_pull, components, pod, release, server
from tests.world.images import Registry, digest, tag

TAG = "7c1d2e9"
DOWN = Unavailable("The registry", "cannot be reached")


async def shown(world, every=False):
    return await images.run(images.Args(every), world.reads)


def table(view):
    return {row[0].text: row for row in view.sections[0].rows}


# Looking


async def test_each_tag_has_its_age_size_digest_state_and_servers():
    history = [release(3), release(2, "a4e2b90", "superseded"), release(1, "000", "superseded")]
    pods = [*components(), server("a@x"), server("b@x"), server("c@x", "a4e2b90"), server("d@x", terminating=True)]
    view = await shown(World(registry=Registry(), releases=history, pods=pods))
    rows = table(view)
    assert list(rows) == ["7c1d2e9", "3f9a41c", "a4e2b90"]
    assert [cell.text for cell in rows["3f9a41c"]] == [
        "3f9a41c",
        "3 days ago",
        "500 MiB",
        digest("3f9a41c").partition(":")[2][:12],
        "live, revision 3",
        "2",
    ]
    assert rows["3f9a41c"][4].tone is Tone.GOOD
    assert [cell.text for cell in rows["a4e2b90"][4:]] == ["revision 2", "1"]
    assert [cell.text for cell in rows[TAG][4:]] == ["—", "—"]
    assert view.headline == "Live: 3f9a41c; 3 tags"
    assert view.problems == ()


async def test_ten_are_shown_and_all_where_asked_for():
    many = Registry([tag(f"t{number:02}", number) for number in range(14)])
    view = await shown(World(registry=many, releases=[release(tag="t00")]))
    assert len(view.sections[0].rows) == 10
    assert view.sections[0].rest == "/jhub images --all"
    assert view.headline == "Live: t00; the newest 10 tags (--all shows all)"
    view = await shown(World(registry=many, releases=[release(tag="t00")]), every=True)
    assert (len(view.sections[0].rows), view.sections[0].rest) == (14, "")
    assert view.headline.endswith("14 tags")


async def test_what_is_live_or_runs_is_there_whatever_its_age():
    many = Registry([tag(f"t{number:02}", number) for number in range(14)])
    view = await shown(World(registry=many, releases=[release(tag="t12")], pods=[server("a@x", "t13")]))
    assert list(table(view))[10:] == ["t12", "t13"]


@pytest.mark.parametrize("every", [False, True])
async def test_what_is_used_and_gone_is_a_problem(every):
    registry = Registry([tag(TAG)])
    view = await shown(World(registry=registry, pods=[server("a@x", "old"), server("b@x", "old")]), every)
    assert set(view.problems) == {
        "3f9a41c is live, but the registry no longer has it.",
        "2 servers run old, but the registry no longer has it.",
    }
    assert "⚠" in render(view)


async def test_a_locked_tag_says_so_and_a_failed_one():
    registry = Registry([tag(TAG, locked=True), tag("3f9a41c", 3, locked=True, size=None, created=None)])
    rows = table(await shown(World(registry=registry, releases=[release(4, TAG, "failed"), release(3)])))
    assert rows[TAG][4].text == "failed as 4, locked"
    assert rows["3f9a41c"][4].text == "live, revision 3, locked"
    assert [cell.text for cell in rows["3f9a41c"][1:3]] == ["—", "—"]


async def test_servers_by_digest_count_for_their_tag_and_a_moved_tag_is_a_problem():
    pinned = f"3f9a41c@{digest('other')}"
    pods = [server("a@x", pinned), server("b@x", images=("example.org/else:1",))]
    view = await shown(World(registry=Registry(), releases=[release(3, pinned)], pods=pods))
    assert [cell.text for cell in table(view)["3f9a41c"][4:]] == ["live, revision 3", "1"]
    (problem,) = view.problems
    assert problem.startswith("3f9a41c has been moved since it was deployed")


async def test_kubernetes_may_be_out_but_the_registry_may_not():
    down = Unavailable("Kubernetes", "cannot be reached")
    view = await shown(World(registry=Registry(), pods=down))
    assert view.problems == ("Kubernetes cannot be reached.",)
    with pytest.raises(Unavailable):
        await shown(World(registry=Registry(error=DOWN)))


@pytest.mark.parametrize(
    ("world", "said"),
    [
        (World(), "registry.login_server"),
        (World(registry=Registry(login_server="other.azurecr.io")), "is not in other.azurecr.io"),
        (World(registry=Registry(), releases=[]), "no release"),
    ],
)
async def test_without_a_registry_it_says_what_is_missing(world, said):
    with pytest.raises(UserError, match=said):
        await shown(world)
    with pytest.raises(UserError, match=said):
        await image_lock.plan(image_lock.Args(ImageTag(TAG)), world.reads)


# Locking


async def test_a_tag_is_locked_once_and_again_is_as_good():
    registry = Registry()
    world = World(registry=registry)
    plan = await image_lock.plan(image_lock.Args(ImageTag(TAG)), world.reads)
    assert "Nobody can push another image" in render(image_lock.preview(plan))
    doing = Doing(world)
    for _ in range(2):
        view = await image_lock.apply(plan, doing)
        assert isinstance(view, Notice)
    assert registry.locked == [TAG, TAG]
    assert registry.known[0].locked


async def test_what_is_locked_or_not_there_is_refused():
    registry = Registry([tag(TAG, locked=True), tag("3f9a41c", 3)])
    with pytest.raises(UserError, match="already locked"):
        await image_lock.plan(image_lock.Args(ImageTag(TAG)), World(registry=registry).reads)
    with pytest.raises(UserError, match="has no tag 7c1d2e8") as refused:
        await image_lock.plan(image_lock.Args(ImageTag("7c1d2e8")), World(registry=registry).reads)
    assert refused.value.hints[0] == f"/jhub image lock {TAG}"


# Deploying


async def planned(world, wanted=TAG):
    return await deploy.plan(deploy.Args(ImageTag.parse(wanted)), world.reads)


async def test_a_tag_that_is_not_there_is_refused_with_the_nearest():
    with pytest.raises(UserError) as refused:
        await planned(World(registry=Registry()), "7c1d2e8")
    assert str(refused.value) == "jhub.azurecr.io has no tag 7c1d2e8 of notebook."
    assert refused.value.hints == ("/jhub deploy 7c1d2e9", "/jhub images --all")


def test_the_newest_are_offered_where_none_is_near():
    assert nearest("zzz", ["d", "c", "b", "a"]) == ["d", "c", "b"]
    assert nearest("7c1d2e8", ["3f9a41c", "7c1d2e9"]) == ["7c1d2e9"]
    assert nearest("x", []) == []


async def test_the_plan_shows_the_digest_and_is_bound_to_it_only_where_that_is_deployed():
    moved = Registry([tag(TAG, digest=digest("other"))])
    plain, other = await planned(World(registry=Registry())), await planned(World(registry=moved))
    assert f"{TAG} is {digest(TAG)}." in deploy.preview(plain).consequences
    assert plan_digest("deploy", OLU, plain) == plan_digest("deploy", OLU, other)
    assert plain.wanted == f"{IMAGE}:{TAG}"
    pinned = await planned(World(registry=Registry(), by_digest=True))
    moved_pinned = await planned(World(registry=moved, by_digest=True))
    assert pinned.wanted == f"{IMAGE}:{TAG}@{digest(TAG)}"
    assert plan_digest("deploy", OLU, pinned) != plan_digest("deploy", OLU, moved_pinned)
    assert "even if the tag is moved" in render(deploy.preview(pinned))


@pytest.mark.parametrize(
    ("registry", "said"),
    [
        (Registry(error=DOWN), f"The registry cannot be reached, so the bot cannot tell whether it has {TAG}."),
        (Registry(login_server="other.azurecr.io"), f"{IMAGE} is not in other.azurecr.io"),
    ],
)
async def test_what_cannot_be_checked_is_a_warning_and_changes_nothing_else(registry, said):
    plan = await planned(World(registry=registry))
    (warning,) = deploy.preview(plan).warnings
    assert warning.startswith(said)
    assert plan_digest("deploy", OLU, plan) == plan_digest("deploy", OLU, await planned(World(registry=Registry())))


async def test_by_digest_nothing_is_deployed_that_cannot_be_checked():
    with pytest.raises(Unavailable):
        await planned(World(registry=Registry(error=DOWN), by_digest=True))
    with pytest.raises(UserError, match=r"is not in other\.azurecr\.io"):
        await planned(World(registry=Registry(login_server="other.azurecr.io"), by_digest=True))


async def test_helm_gets_tag_and_digest_and_people_read_the_tag():
    pinned = f"{TAG}@{digest(TAG)}"
    world = World(registry=Registry(), by_digest=True)
    plan = await planned(world)
    doing = Doing(world, Helm(lambda: UpgradeResult(True)))
    after = World(releases=[release(4, pinned)], pods=[*components(), server("a@x", pinned)])
    doing.helm.ends = lambda: _after(doing, after)
    view = await deploy.apply(plan, doing)
    (asked,) = doing.helm.asked
    assert asked["values"]["singleuser"]["image"]["tag"] == pinned
    assert (view.title, view.text) == (f"{TAG} is live", f"All servers start with {TAG}.")
    assert "sha256" not in render(view)


def _after(doing, world):
    doing.world = world
    return UpgradeResult(True)


async def test_a_tag_that_is_live_may_be_deployed_again_once_it_means_another_image():
    pinned = f"{TAG}@{digest(TAG)}"
    world = World(registry=Registry(), by_digest=True, releases=[release(4, pinned)])
    with pytest.raises(UserError, match="already live"):
        await planned(world)
    world.registry = Registry([tag(TAG, digest=digest("other"))])
    plan = await planned(world)
    assert deploy.preview(plan).differences[0].after == f"{TAG}@{digest('other')}"
    with pytest.raises(UserError, match="already live"):
        await planned(World(registry=world.registry, releases=[release(4, pinned)]))


async def test_layers_that_are_gone_end_it_early_and_are_named_without_the_digest():
    gone = 'failed to pull "x": failed to copy: httpReadSeeker: failed open: content at https://x/blobs/y not found'
    waiting = f"{TAG}@{digest(TAG)}"
    stuck = pod("hook-image-puller-1", "hook-image-puller", **cannot_pull(waiting, gone))
    world = World(registry=Registry(), by_digest=True, watched=[components(), [*components(), stuck]])
    view = await deploy.apply(await planned(world), Doing(world))
    assert f"The registry has {IMAGE}:{TAG}, but not all of its layers." in view.cause
