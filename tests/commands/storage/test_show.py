"""Everything about one user's homes."""

import pytest

from cards.text import render
from cards.views import Tone
from clients.errors import Unavailable
from commands.framework.argument_types import Upn
from commands.framework.errors import UserError
from commands.kubernetes.claim_names import new_name, old_name
from commands.storage import show as storage_show
from tests.world import World, empty, home, mounted, snapshot, user, volume

ANN = "ann@example.org"


async def card(world, typed=ANN):
    return await storage_show.run(storage_show.Args(Upn.parse(typed)), world.reads)


async def test_claims_under_both_namings_and_all_servers_with_volume_policy_pod_and_snapshots():
    old, new, thesis = home(ANN, old_name(ANN)), empty(ANN, new_name(ANN)), home(ANN, "claim-t", server="thesis")
    world = World(
        claims=[old, new, thesis, home("bob@example.org")],
        volumes=[volume(old, "Retain")],
        pods=[mounted(old)],
        users=[user(ANN, True)],
        snapshots=[snapshot(old, "home-1", 3), snapshot(home("bob@example.org"), "home-2")],
    )
    view = await card(world, "ANN@example.org")
    said = render(view)
    assert (view.title, view.headline, view.tone) == (ANN, "3 homes", Tone.WARNING)
    assert view.problems[0].startswith("The default server has 2 homes and mounts only one of them.")
    for needed in (
        "old naming (before chart 4)",
        "new naming (chart 4 and later)",
        "neither naming gives this name",
        "outlives the claim (reclaim policy Retain)",
        "none yet: it was never used",
        f"{thesis.volume}, which no longer exists",
        "jupyter-ann",
        "home-1",
        "2026-12-04",
    ):
        assert needed in said
    assert "home-2" not in said
    assert "bob" not in said


async def test_a_deleted_home_with_a_snapshot_is_no_stranger():
    view = await card(World(snapshots=[snapshot(home("Eve@example.org"), "home-1")]), "eve@example.org")
    assert view.headline == "No home, but a snapshot of one"
    assert "does not know this user" in render(view)


async def test_without_the_hub_the_claims_are_shown_and_nobody_is_called_unknown():
    silent = Unavailable("the hub", "did not answer within 5 s")
    said = render(await card(World(claims=[home(ANN)], users=silent)))
    assert "cannot be asked about this user: did not answer within 5 s" in said
    with pytest.raises(UserError, match="and the hub did not answer"):
        await card(World(users=silent))


async def test_a_stranger_is_nobody():
    with pytest.raises(UserError, match="does not know the user"):
        await card(World(), "zoe@elsewhere.org")
