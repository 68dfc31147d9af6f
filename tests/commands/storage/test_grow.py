"""Enlarging a home: what is planned and said, what is refused with what to type, how far it gets, and any crash."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.changes.serialization import dump, load
from cards.text import render
from cards.views import Failure, Notice, Tone
from clients.errors import Rejected
from clients.kube import ResourceQuota, StorageClass
from commands.framework.argument_types import ObjectName, ServerName, Upn
from commands.framework.effects import Effect
from commands.framework.errors import UserError
from commands.framework.plan_digest import digest
from commands.ports.homes import HomeLimits
from commands.ports.usage import CostRules, DiskPrice
from commands.storage import disks, growth_steps
from commands.storage import grow as storage_grow
from commands.storage.arguments import HomeSize
from commands.storage.growth import Growth
from tests.world import NOW, OLU, Doing, World, empty, home, mounted, user
from tests.world.azure import Cost
from tests.world.crash import through_crash
from tests.world.events import event
from tests.world.helm import release
from tests.world.kubernetes_objects import volume

ANN = "ann@example.org"
GIB = 2**30


def args(size="20Gi", server=None, claim=None):
    return storage_grow.Args(
        Upn.parse(ANN),
        HomeSize.parse(size),
        ServerName.parse(server) if server else None,
        ObjectName.parse(claim) if claim else None,
    )


def away(**more):
    """Ann has a home of 10 GiB and no server."""
    return World(**{"claims": [home(ANN)], "users": [user(ANN)], **more})


def at_work(**more):
    claim = home(ANN)
    return away(claims=[claim], pods=[mounted(claim)], users=[user(ANN, True)], **more)


async def planned(world, *given, **more):
    return await storage_grow.plan(args(*given, **more), world.reads)


async def refused(world, *given, **more):
    with pytest.raises(UserError) as error:
        await planned(world, *given, **more)
    return error.value


# Sizes


@pytest.mark.parametrize(
    ("typed", "size"), [("20Gi", 20), ("20 GiB", 20), ("20gi", 20), ("1Ti", 1024), ("1024Gi", 1024), ("100Ti", 102_400)]
)
def test_a_size_is_a_whole_number_of_gi_or_ti(typed, size):
    assert HomeSize.parse(typed).bytes == size * GIB


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("10,5Gi", "without a comma or a point, as in 11Gi"),
        ("10.5Gi", "as in 11Gi"),
        ("1.000Gi", "as in 2Gi"),
        ("20GB", "as in 20Gi"),
        ("20G", "as in 20Gi"),
        ("20000Mi", "as in 20000Gi"),
        ("20", "type 20Gi"),
        ("0Gi", "more than nothing"),
        ("101Ti", "100Ti at most"),
        ("999999Ti", "100Ti at most"),
        ("99999999Gi", "whole number"),
        ("-5Gi", "whole number"),
        ("much", "whole number"),
        ("", "whole number"),
        ("２０Gi", "whole number"),
        ("1e3Gi", "whole number"),
    ],
)
def test_any_other_size_is_refused_with_what_to_type(typed, why):
    with pytest.raises(ValueError, match=why):
        HomeSize.parse(typed)


# The plan


async def test_the_card_says_what_it_has_what_it_gets_and_what_that_costs():
    prices = {"managed-csi": DiskPrice(tiers=((16, Decimal("1.11")), (64, Decimal("4.44"))))}
    world = at_work(cost=Cost(rules=CostRules(disks=prices)))
    said = render(storage_grow.preview(await planned(world, "40Gi")))
    for needed in (
        "Enlarge the home of ann@example.org to 40 GiB",
        "claim-ann, class managed-csi",
        "10 GiB",
        "E6 LRS instead of E3 LRS",
        "4.44 EUR a month, 3.33 more than now",
        "The server goes on running (jupyter-ann)",
        "never gets smaller",
    ):
        assert needed in said


async def test_without_a_price_the_card_says_which_one_is_missing():
    assert "cost.disks has no price for managed-csi" in render(storage_grow.preview(await planned(away())))


async def test_it_says_that_new_homes_stay_smaller():
    values = {"singleuser": {"storage": {"capacity": "10Gi"}}}
    said = render(storage_grow.preview(await planned(away(releases=[release(values=values)]))))
    assert "get 10 GiB, as before (singleuser.storage.capacity)" in said


async def test_the_plan_survives_storing_and_consent_is_bound_to_claim_and_size():
    plan = await planned(at_work())
    assert load(Growth, dump(Growth, plan)) == plan
    same = digest("storage grow", OLU, plan)
    assert digest("storage grow", OLU, replace(plan, mounted=(), costs="1 EUR")) == same
    others = [
        replace(plan, to=plan.to + 1),
        replace(plan, claim=replace(plan.claim, uid="other")),
        replace(plan, above="x"),
    ]
    assert same not in {digest("storage grow", OLU, one) for one in others}


@pytest.mark.parametrize(
    ("size", "limits", "because"),
    [
        ("40Gi", HomeLimits(), ""),
        ("41Gi", HomeLimits(), "more than 4 times"),
        ("30Gi", HomeLimits(size=25 * GIB), "more than the 25 GiB of storage.grow_limit"),
        ("500Gi", HomeLimits(size=0, factor=0), ""),
    ],
)
async def test_beyond_a_limit_it_costs_more_than_was_agreed_on(size, limits, because):
    reads = replace(away().reads, homes=limits)
    plan = await storage_grow.plan(args(size), reads)
    found = storage_grow.COMMAND.effects.found(plan)
    assert [one.effect for one in found] == ([Effect.COSTS_MORE] if because else [])
    assert because in plan.above


async def test_with_several_homes_it_asks_which():
    old, new = home(ANN, "claim-ann-40example-2eorg"), home(ANN, "claim-ann-example-org---1")
    thesis = home(ANN, "claim-ann--thesis", server="thesis")
    world = away(claims=[old, new, thesis])
    error = await refused(world)
    assert "has 3 homes" in str(error)
    assert "the server “thesis”" in str(error)
    assert f"/jhub storage grow {ANN} 20Gi --claim {thesis.name}" in error.hints
    assert (await planned(world, server="thesis")).claim.name == thesis.name
    assert (await planned(world, claim=old.name)).claim.name == old.name
    assert "has 2 homes" in str(await refused(away(claims=[old, new])))


async def test_the_only_home_is_meant_though_it_is_a_named_servers():
    assert (await planned(away(claims=[home(ANN, "claim-x", server="thesis")]))).server == "thesis"


# What is refused


@pytest.mark.parametrize(
    ("claims", "size", "why"),
    [
        ([home(ANN)], "10Gi", "has 10 GiB already"),
        ([home(ANN)], "9Gi", "never gets smaller"),
        ([home(ANN, requested=20 * GIB)], "20Gi", "already being enlarged to 20 GiB"),
        ([home(ANN, requested=20 * GIB, conditions=("FileSystemResizePending",))], "15Gi", "has 20 GiB already"),
        ([home(ANN, terminating=True)], "20Gi", "is being deleted"),
        ([home(ANN, phase="Lost")], "20Gi", "lost its volume"),
        ([empty(ANN)], "20Gi", "has no disk yet"),
        ([home(ANN)], "32768Gi", "at most 32 TiB"),
        ([home(ANN, storage_class="gone")], "20Gi", "no storage class “gone” any more"),
    ],
)
async def test_what_cannot_be_is_refused_with_the_reason(claims, size, why):
    assert why in str(await refused(away(claims=claims), size))


async def test_a_class_that_does_not_expand_is_said_with_what_to_do():
    fixed = StorageClass("managed-csi", "disk.csi.azure.com", "Delete", True)
    assert "allowVolumeExpansion is not true" in str(await refused(away(storage_classes=[fixed])))


async def test_a_volume_that_is_gone_is_said():
    assert "no longer exists" in str(await refused(away(volumes=[])))


@pytest.mark.parametrize("kind", ["requests.storage", "managed-csi.storageclass.storage.k8s.io/requests.storage"])
async def test_a_quota_without_room_is_named(kind):
    quota = ResourceQuota("homes", {kind: "105Gi"}, {kind: "100Gi"})
    error = await refused(away(quotas=[quota]))
    assert "“homes” of the namespace has room for 5 GiB more" in str(error)
    assert (await planned(away(quotas=[quota]), "15Gi")).to == 15 * GIB


async def test_what_is_asked_for_already_counts_in_the_quota():
    quota = ResourceQuota("homes", {"requests.storage": "105Gi"}, {"requests.storage": "100Gi"})
    assert (await planned(away(claims=[home(ANN, requested=18 * GIB)], quotas=[quota]))).pending == 18 * GIB


async def test_beyond_four_tebibytes_a_disk_has_to_be_detached():
    claim = home(ANN, size=4000 * GIB)
    world = away(claims=[claim], pods=[mounted(claim)], users=[user(ANN, True)])
    error = await refused(world, "5Ti")
    assert "only while no machine has it" in str(error)
    assert error.hints == (f"/jhub server stop {ANN}",)
    assert (await planned(away(claims=[claim]), "5Ti")).to == 5 * 2**40


async def test_nobody_of_that_name_gets_near_ones():
    with pytest.raises(UserError, match="does not know") as error:
        await storage_grow.plan(replace(args(), user=Upn("anne@example.org")), away().reads)
    assert error.value.hints == (f"/jhub storage grow {ANN} 20Gi",)


# Doing it


async def done(world, *given):
    doing = Doing(world)
    return await storage_grow.apply(await planned(world, *given), doing), doing


async def test_a_running_server_has_the_space_at_the_end():
    world = at_work()
    view, doing = await done(world)
    assert doing.titles == ["Enlarge the claim", "Wait until it has grown"]
    assert world.done == ["expand_claim claim-ann to 20Gi"]
    assert isinstance(view, Notice)
    assert (view.title, view.tone) == ("The home of ann@example.org has 20 GiB", Tone.GOOD)


async def test_without_a_server_the_file_system_is_said_to_wait_for_the_next_start():
    view, _ = await done(away(expansion={"conditions": ("FileSystemResizePending",)}))
    assert view.title == "The disk of ann@example.org has 20 GiB"
    assert "when the next server starts" in view.text


async def test_what_takes_long_is_said_to_be_under_way(monkeypatch):
    monkeypatch.setattr(growth_steps, "_PATIENCE", 0)
    view, _ = await done(at_work(expansion={"conditions": ("Resizing",)}))
    assert view.title == "The home of ann@example.org is still being enlarged to 20 GiB"
    assert view.tone is Tone.WARNING


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("exceeding approved quota", "Have the quota raised"),
        ("code = FailedPrecondition desc = attached", f"server stop {ANN}"),
    ],
)
async def test_a_failure_is_quoted_with_what_helps(monkeypatch, said, advice):
    monkeypatch.setattr(growth_steps, "_PATIENCE", 0)
    failed = event("VolumeResizeFailed", said, "claim-ann", "PersistentVolumeClaim", last=NOW)
    view, doing = await done(at_work(expansion={"conditions": ("Resizing",)}, events=[failed]))
    assert isinstance(view, Failure)
    assert said in view.cause
    assert advice in view.advice[0]
    assert any(said in one for one in doing.warned)


async def test_a_refusal_is_in_kubernetes_words():
    error = Rejected("Kubernetes", "Forbidden", "Kubernetes did not accept it: exceeded quota: homes")
    view, _ = await done(away(expansion_error=error))
    assert view.title == "The home of ann@example.org was not enlarged"
    assert "exceeded quota: homes" in view.cause


async def test_a_claim_that_was_deleted_meanwhile_is_said():
    world = away()
    plan = await planned(world)
    world.claims = []
    view = await storage_grow.apply(plan, Doing(world))
    assert "no longer exists" in view.cause


async def test_a_crash_at_any_moment_leaves_it_grown():
    for moments in range(20):
        world = at_work()
        view = await through_crash(storage_grow.apply, await planned(world), world, moments)
        if view is None:
            break
        assert view.title == "The home of ann@example.org has 20 GiB"
    assert moments == 2


# Billing


@pytest.mark.parametrize(
    ("driver", "sku", "gib", "billed"),
    [
        (disks.DISK, "", 10, "E3 LRS"),
        (disks.DISK, "StandardSSD_ZRS", 16, "E3 ZRS"),
        (disks.DISK, "Premium_LRS", 17, "P4 LRS"),
        (disks.DISK, "Standard_LRS", 10, "S4 LRS"),
        (disks.DISK, "Premium_LRS", 32_767, "P80 LRS"),
        (disks.DISK, "PremiumV2_LRS", 10, "each GiB (PremiumV2_LRS)"),
        (disks.SHARE, "Premium_LRS", 100, "each GiB (Files Premium_LRS)"),
        ("ebs.csi.aws.com", "gp3", 10, ""),
    ],
)
def test_a_disk_is_billed_by_the_next_tier_or_by_the_gibibyte(driver, sku, gib, billed):
    assert disks.billed(driver, sku, gib * GIB) == billed


def test_the_volume_tells_the_driver():
    assert volume(home(ANN)).driver == disks.DISK
