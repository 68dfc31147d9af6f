"""What is wrong with storage, each with its way out."""

from dataclasses import replace
from datetime import timedelta

from cards.views import Lines, Tone
from clients.errors import Unavailable
from commands.kubernetes.claim_names import new_name, old_name
from commands.storage import doctor as storage_doctor
from tests.world import NOW, World, empty, home, mounted, release, unready, user

ANN, BOB = "ann@example.org", "bob@example.org"


async def card(world):
    return await storage_doctor.run(storage_doctor.Args(), world.reads)


def found(view):
    return {section.title: section.lines for section in view.sections if isinstance(section, Lines)}


def values(**more):
    return [release(values={"hub": {"config": {}}, **more})]


async def test_all_is_well():
    view = await card(World(claims=[home(ANN)]))
    assert (view.headline, view.tone, view.sections) == ("All is well with 1 home", Tone.GOOD, ())


async def test_an_empty_home_beside_the_real_one_can_go():
    view = await card(World(claims=[home(ANN, old_name(ANN)), empty(ANN, new_name(ANN))]))
    what, way_out = found(view)["Servers with more than one home"]
    assert what.startswith("ann@example.org has 2 homes: claim-ann-40example-2eorg (10 GiB, made 100 days ago);")
    assert way_out == f"→ /jhub storage delete {ANN} --claim {new_name(ANN)}"


async def test_a_younger_one_that_is_mounted_is_probably_empty_and_nothing_is_to_be_deleted():
    fresh = home(ANN, new_name(ANN), created=NOW - timedelta(days=2))
    view = await card(World(claims=[home(ANN, old_name(ANN)), fresh], pods=[mounted(fresh)]))
    what, way_out = found(view)["Servers with more than one home"]
    assert "made 2 days ago, mounted now" in what
    assert "the files should be in the older one" in what
    # Another scheme would be the whole hub's.
    assert "slug_scheme: escape" not in way_out
    assert "Leave slug_scheme as it is: it is the whole hub’s, and 1 home has the new kind of name" in way_out
    assert "storage delete" not in way_out


async def test_where_an_upgrade_renamed_most_homes_the_old_scheme_is_the_way_back():
    fresh = home(ANN, new_name(ANN), created=NOW - timedelta(days=2))
    others = [home(f"{name}@example.org", old_name(f"{name}@example.org")) for name in ("bob", "eve", "zoe")]
    view = await card(World(claims=[home(ANN, old_name(ANN)), fresh, *others], pods=[mounted(fresh)]))
    assert "slug_scheme: escape" in found(view)["Servers with more than one home"][1]


async def test_where_neither_is_mounted_the_way_out_does_not_lead_in_a_circle():
    fresh = home(ANN, new_name(ANN), created=NOW - timedelta(days=2))
    view = await card(World(claims=[home(ANN, old_name(ANN)), fresh]))
    way_out = found(view)["Servers with more than one home"][1]
    assert way_out.startswith(f"→ have {ANN} start the server")
    assert "only after its owner has looked into both" in way_out


async def test_a_restored_one_that_waits_for_its_disk_is_not_called_empty():
    restored = empty(ANN, new_name(ANN), annotations={"jhub-bot/restored-from": "home-1"})
    view = await card(World(claims=[home(ANN, old_name(ANN)), restored]))
    assert "storage delete" not in str(found(view))


async def test_a_named_servers_home_is_no_second_home():
    view = await card(World(claims=[home(ANN), home(ANN, "claim-t", server="thesis")]))
    assert view.tone is Tone.GOOD


async def test_homes_of_nobody():
    view = await card(World(claims=[home(BOB), home("", "claim-zzz")]))
    lines = found(view)["Homes without an owner (2)"]
    assert f"→ /jhub storage delete {BOB}" in lines
    assert any("claim-zzz (10 GiB) does not say whose it is" in line for line in lines)


async def test_an_outage_of_the_hub_makes_nobody_a_nobody():
    view = await card(World(claims=[home(BOB)], users=Unavailable("the hub", "did not answer within 5 s")))
    assert found(view) == {}
    assert "homes without an owner cannot be found now" in view.problems[0]
    assert view.tone is Tone.WARNING


async def test_claims_that_are_stuck_and_what_holds_them():
    going, waiting = home(ANN, terminating=True), empty(BOB)
    pods = [mounted(going), mounted(waiting, **unready(refusal="Unschedulable: no disk in zone 2"))]
    view = await card(World(claims=[going, waiting], pods=pods, users=[user(ANN), user(BOB)]))
    lines = found(view)["Claims that are stuck (2)"]
    assert lines[0] == "claim-ann was deleted but still exists: pod jupyter-ann still mounts it."
    assert lines[1] == f"→ /jhub server stop {ANN}"
    assert "pod jupyter-bob waits for it for 3 h. Unschedulable: no disk in zone 2" in lines[2]


async def test_culling_users_deletes_their_homes():
    culls = {"cull": {"users": True, "enabled": True}}
    view = await card(World(claims=[home(ANN)], releases=values(**culls)))
    assert "their homes with them" in found(view)["Settings that lose data"][0]
    assert view.tone is Tone.BAD
    kept = {"hub": {"config": {"KubeSpawner": {"delete_pvc": False}}}, **culls}
    assert (await card(World(claims=[home(ANN)], releases=values(**kept)))).tone is Tone.GOOD
    off = {"cull": {"users": True, "enabled": False}}
    assert (await card(World(claims=[home(ANN)], releases=values(**off)))).tone is Tone.GOOD


async def test_a_class_without_a_way_back():
    world = World(claims=[home(ANN)], snapshot_classes=[])
    assert "no snapshot class fits disk.csi.azure.com" in found(await card(world))["Settings that lose data"][0]
    world.storage_classes = [replace(world.storage_classes[0], reclaim_policy="Retain")]
    assert (await card(world)).tone is Tone.GOOD
    world = World(claims=[home(ANN, storage_class="other")], snapshot_classes=[])
    assert (await card(world)).tone is Tone.GOOD, "no home is of that class"


async def test_all_are_listed_and_counted():
    view = await card(World(claims=[home(f"gone{n}@example.org") for n in range(100)]))
    (lines,) = (lines for title, lines in found(view).items() if title == "Homes without an owner (100)")
    assert all(any(f"gone{n}@example.org" in line for line in lines) for n in range(100))
