"""A user under another name: what goes along, what is refused, that one of both names works whole whatever happens."""

import copy
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.changes.serialization import dump, load
from cards.text import render
from cards.views import Failure, Notice, Tone
from clients.errors import Rejected, Unavailable
from commands.diagnostics import why
from commands.framework.argument_types import UserName
from commands.framework.errors import UserError
from commands.framework.plan_digest import digest
from commands.kubernetes.claim_names import new_name, old_name
from commands.ports.entra import Identity
from commands.storage import former_name, show
from commands.storage.snapshots import annotations_for, original_of, recorded_original
from commands.storage.volume_record import HELD, RECORD, recorded
from commands.users import hub_record, rename
from commands.users.model import UserRename
from tests.world import NOW, OLU, Cost, Doing, World, empty, home, mounted, pod, release, snapshot, user, volume
from tests.world.crash import Died, Fuse, Mortal, through_crash
from tests.world.entra import Identities

EMMY, BAUER = "emmy.noether@example.org", "emmy.bauer@example.org"
BOTH = {EMMY: "id-emmy", BAUER: "id-emmy"}
# A hub that looks for a claim by the rule each time.
FORGETFUL = {"hub": {"config": {"KubeSpawner": {"remember_pvc_name": False}}}}


def args(old=EMMY, new=BAUER):
    return rename.Args(UserName.parse(old), UserName.parse(new))


async def planned(world, *given):
    return await rename.plan(args(*given), world.reads)


def there(**more):
    """Emmy has a home by each scheme's name, one of a named server, and no server."""
    claims = [home(EMMY, new_name(EMMY)), home(EMMY, new_name(EMMY, "thesis"), server="thesis")]
    given = {"claims": claims, "users": [replace(user(EMMY), groups=("geo",))], "hub_groups": ("geo",), **more}
    return World(object_ids={BAUER: "id-emmy"}, **given)


async def done(world, *given):
    plan = await planned(world, *given)
    return await rename.apply(plan, Doing(world))


def homes(world, name):
    """The volumes of the homes of that name, by server, and what they are bound to."""
    bound = {(one.name, one.claim_uid) for one in world.volumes or [volume(claim) for claim in world.claims]}
    its = [claim for claim in world.claims if claim.user == name and claim.volume]
    assert all(claim.phase == "Bound" and (claim.volume, claim.uid) in bound for claim in its)
    return {claim.server: claim.volume for claim in its}


def is_clean(world):
    volumes = world.volumes or []
    return all(one.reclaim_policy == "Delete" and not one.labels and not one.annotations for one in volumes)


def names(world):
    return [one.name for one in world.users]


# Done


async def test_every_home_follows_by_its_own_volume_and_nothing_is_left_of_the_old_name():
    world = there()
    before = homes(world, EMMY)
    view = await done(world)
    assert isinstance(view, Notice)
    assert homes(world, BAUER) == before
    assert {one.name for one in world.claims} == {new_name(BAUER), new_name(BAUER, "thesis")}
    assert homes(world, EMMY) == {}
    assert names(world) == [BAUER]
    assert is_clean(world)


async def test_the_disk_cannot_be_deleted_from_before_its_claim_goes_until_it_is_bound_again():
    world = there(claims=[home(EMMY, new_name(EMMY))])
    await done(world)
    its = f"pvc-{new_name(EMMY)}"
    order = [
        f"mark_volume {its} Retain",
        f"create_claim {new_name(BAUER)}",
        f"delete_claim {new_name(EMMY)}",
        f"keep_volume {its} for {new_name(BAUER)}",
        f"delete_user {EMMY}",
        f"mark_volume {its} Delete",
    ]
    assert [line for line in world.done if line in order] == order


async def test_a_hub_that_remembers_claims_gets_a_new_record_in_the_same_groups():
    world = there()
    await done(world)
    assert world.users[0].groups == ("geo",)
    assert f"rename_user {EMMY} {BAUER}" not in world.done


async def test_a_hub_that_does_not_keeps_its_record():
    world = there(releases=[release(values=FORGETFUL)])
    assert isinstance(await done(world), Notice)
    assert [line for line in world.done if "user" in line] == [f"rename_user {EMMY} {BAUER}"]
    assert homes(world, BAUER) == {"": f"pvc-{new_name(EMMY)}", "thesis": f"pvc-{new_name(EMMY, 'thesis')}"}


async def test_a_group_that_is_gone_is_told_and_holds_nothing_up():
    world = there(hub_groups=())
    view = await done(world)
    assert names(world) == [BAUER]
    assert "no longer has the group geo" in render(view)


async def test_labels_and_annotations_follow_the_name():
    labels = {"component": "singleuser-storage", "hub.jupyter.org/username": "emmy-noether-example-org---c920e7e9"}
    world = there(claims=[home(EMMY, new_name(EMMY), labels=labels)])
    await done(world)
    (claim,) = world.claims
    assert claim.labels == {**labels, "hub.jupyter.org/username": "emmy-bauer-example-org---d02674d7"}
    assert claim.annotations["hub.jupyter.org/username"] == BAUER


@pytest.mark.parametrize("policy", ["Delete", "Retain", "Recycle"])
async def test_the_policy_that_it_had_comes_back(policy):
    claim = home(EMMY, new_name(EMMY))
    world = there(claims=[claim], volumes=[volume(claim, policy)])
    await done(world)
    assert [one.reclaim_policy for one in world.volumes] == [policy]


async def test_a_home_by_the_old_scheme_goes_where_the_hub_will_look():
    world = there(claims=[home(EMMY, old_name(EMMY))])
    await done(world)
    assert [one.name for one in world.claims] == [new_name(BAUER)]


async def test_of_two_homes_of_a_server_the_mounted_one_becomes_the_one_that_is_used():
    old, new = home(EMMY, old_name(EMMY)), home(EMMY, new_name(EMMY))
    world = there(claims=[old, new], pods=[mounted(old)], users=[user(EMMY, True)])
    plan = await planned(world)
    assert {one.source: one.target for one in plan.moves} == {old.name: new_name(BAUER), new.name: old_name(BAUER)}
    assert any("has 2 homes" in one for one in plan.warnings)
    await rename.apply(plan, Doing(world))
    assert {one.name: one.volume for one in world.claims} == {new_name(BAUER): old.volume, old_name(BAUER): new.volume}


async def test_a_third_home_of_a_server_has_no_name_to_get():
    three = [home(EMMY, name) for name in (old_name(EMMY), new_name(EMMY), "claim-of-long-ago")]
    with pytest.raises(UserError, match="more homes than there are naming schemes"):
        await planned(there(claims=three))


async def test_claims_that_never_had_a_disk_are_removed():
    world = there(claims=[empty(EMMY, new_name(EMMY))])
    assert isinstance(await done(world), Notice)
    assert world.claims == []
    assert names(world) == [BAUER]


async def test_servers_are_stopped_first():
    claim = home(EMMY, new_name(EMMY))
    world = there(claims=[claim], pods=[mounted(claim)], users=[user(EMMY, True)])
    plan = await planned(world)
    assert "Their servers are stopped" in render(rename.preview(plan))
    doing = Doing(world)
    await rename.apply(plan, doing)
    assert doing.titles == ["Stop the servers", "Rename the user and re-attach the homes", "Carry over what was used"]
    assert world.done[0] == f"stop_server {EMMY}"
    assert homes(world, BAUER) == {"": claim.volume}


async def test_what_was_used_goes_along_once_the_name_has_changed():
    world = there()
    await done(world)
    assert world.cost.carried == [(EMMY, BAUER)]


async def test_a_store_that_is_out_does_not_make_a_rename_fail():
    world = there(cost=Cost(carried=Unavailable("The bot's store", "is out")))
    assert isinstance(await done(world), Notice)
    assert names(world) == [BAUER]


async def test_snapshots_keep_their_names_and_are_restored_under_the_new_one():
    claim = home(EMMY, new_name(EMMY))
    taken = snapshot(claim, "home-3f", annotations=annotations_for(original_of(claim, EMMY, "")))
    world = there(claims=[claim], snapshots=[taken])
    await done(world)
    (kept,) = world.snapshots
    assert (kept.name, kept.user) == ("home-3f", BAUER)
    original = recorded_original(kept)
    assert (original.name, original.annotations["hub.jupyter.org/username"]) == (new_name(BAUER), BAUER)


async def test_the_plan_is_stored_and_consent_is_bound_to_it():
    plan = await planned(there())
    assert load(UserRename, dump(UserRename, plan)) == plan
    same = digest("user rename", OLU, plan)
    assert digest("user rename", OLU, replace(plan, moves=plan.moves[:1])) != same
    assert digest("user rename", OLU, replace(plan, new="x@example.org")) != same


# What is known of the home and of the former name


async def test_a_home_is_as_old_as_before_after_one_rename_and_after_two():
    made = NOW - timedelta(days=200)
    world = there(claims=[home(EMMY, new_name(EMMY), created=made)])
    await done(world)
    (claim,) = world.claims
    assert (former_name.made(claim), former_name.former_name(claim)) == (made, EMMY)
    await done(world, BAUER, "emmy@example.org")
    (claim,) = world.claims
    assert (former_name.made(claim), former_name.former_name(claim)) == (made, BAUER)


async def test_going_back_leaves_the_marks_of_an_earlier_rename():
    world = there(claims=[home(EMMY, new_name(EMMY))])
    await done(world)
    before = world.claims[0].annotations
    plan = await planned(world, BAUER, "emmy@example.org")
    world.hub_refuses = Rejected("the hub", "400", "The hub refuses it.")
    assert isinstance(await rename.apply(plan, Doing(world)), Failure)
    assert [(one.name, one.annotations) for one in world.claims] == [(new_name(BAUER), before)]


async def test_the_former_name_is_told_with_the_name_of_now():
    world = there(users=[user(EMMY), user("emmy.noethe@example.org")])
    await done(world)
    with pytest.raises(UserError, match=rf"^{EMMY} is {BAUER} since ") as shown:
        await show.run(show.Args(UserName.parse(EMMY)), world.reads)
    assert shown.value.hints == (f"/jhub storage show {BAUER}",)
    with pytest.raises(UserError, match=rf"^{EMMY} is {BAUER} since ") as asked:
        await why.examined(UserName.parse(EMMY), world.reads)
    assert asked.value.hints == (f"/jhub why {BAUER}",)
    with pytest.raises(UserError, match=rf"^{EMMY} is {BAUER} since ") as again:
        await planned(world, EMMY, "emmy@example.org")
    assert again.value.hints == (f"/jhub storage show {BAUER}",)


async def test_nobody_like_a_mistyped_name_is_offered_to_be_renamed():
    with pytest.raises(UserError, match="does not know the user") as refused:
        await planned(there(), "emmy.noethe@example.org", BAUER)
    assert refused.value.hints == ("/jhub users",)


async def test_the_home_shows_its_age_and_the_rename_and_why_it_is_not_measured():
    world = there(claims=[home(EMMY, new_name(EMMY), created=NOW - timedelta(days=200))])
    await done(world)
    world.claims = [replace(one, created=NOW) for one in world.claims]
    text = " ".join(render(await show.run(show.Args(UserName.parse(BAUER)), world.reads)).split())
    assert "200 d ago" in text or "200 days ago" in text
    assert f"from {EMMY}" in text


@pytest.mark.parametrize("text", ["", "x", "2026-01-01", "2999-01-01T00:00:00+00:00", "9" * 500])
def test_an_age_that_is_none_is_the_claims_own(text):
    claim = home(EMMY, new_name(EMMY), annotations={former_name.MADE: text, former_name.RENAMED_FROM: "a@b@c"})
    assert former_name.made(claim) == claim.created
    assert former_name.former_name(claim) == ""


# One of both names, whatever happens


@pytest.mark.parametrize("values", [{}, FORGETFUL], ids=["remembers", "forgetful"])
async def test_a_crash_between_any_two_requests_ends_with_the_new_name(values):
    world = there(releases=[release(values=values)])
    before, plan = homes(world, EMMY), await planned(world)
    for moment in range(200):
        crashed = copy.deepcopy(world)
        view = await through_crash(rename.apply, plan, crashed, moment)
        if view is None:
            break
        assert isinstance(view, Notice), render(view)
        assert homes(crashed, BAUER) == before
        assert (homes(crashed, EMMY), names(crashed), is_clean(crashed)) == ({}, [BAUER], True)
        assert {one.name for one in crashed.claims} == {new_name(BAUER), new_name(BAUER, "thesis")}
    assert moment >= 20, "there were moments to die at"


@pytest.mark.parametrize("values", [{}, FORGETFUL], ids=["remembers", "forgetful"])
async def test_a_hub_that_refuses_has_everything_go_back(values):
    world = there(releases=[release(values=values)])
    before = homes(world, EMMY)
    plan = await planned(world)
    world.hub_refuses = Rejected("the hub", "400", "The hub refuses it: “Invalid username”.")
    view = await rename.apply(plan, Doing(world))
    assert isinstance(view, Failure)
    assert "Invalid username" in view.cause
    assert (homes(world, EMMY), homes(world, BAUER), names(world)) == (before, {}, [EMMY])
    assert {one.name for one in world.claims} == {new_name(EMMY), new_name(EMMY, "thesis")}
    assert is_clean(world)


async def test_a_crash_on_the_way_back_ends_with_the_old_name(monkeypatch):
    monkeypatch.setattr(hub_record, "_PATIENCE", 0.01)
    world = there()
    before, plan = homes(world, EMMY), await planned(world)
    for moment in range(200):
        crashed = copy.deepcopy(world)
        crashed.hub_refuses = Unavailable("the hub", "did not answer within 5 s")
        view = await through_crash(rename.apply, plan, crashed, moment)
        if view is None:
            break
        assert isinstance(view, Failure)
        assert (homes(crashed, EMMY), names(crashed), is_clean(crashed)) == (before, [EMMY], True)
    assert moment >= 20


async def test_somebody_who_logs_in_by_the_new_name_meanwhile_loses_nothing():
    world = there(claims=[home(EMMY, new_name(EMMY))])
    plan = await planned(world)
    world.claims = [*world.claims, home("somebody", new_name(BAUER), uid="uid-theirs", volume="pvc-theirs")]
    view = await rename.apply(plan, Doing(world))
    assert isinstance(view, Failure)
    assert "was created in the meantime" in view.cause
    assert homes(world, EMMY) == {"": f"pvc-{new_name(EMMY)}"}
    assert [one.volume for one in world.claims if one.uid == "uid-theirs"] == ["pvc-theirs"]


async def test_a_server_that_was_started_again_keeps_its_home():
    claim = home(EMMY, new_name(EMMY))
    world = there(claims=[claim])
    plan = await planned(world)
    world.pods = [*world.pods, mounted(claim)]
    view = await rename.apply(plan, Doing(world))
    assert isinstance(view, Failure)
    assert "the server was started again" in view.cause
    assert homes(world, EMMY) == {"": claim.volume}
    assert not any(line.startswith("delete_claim claim-emmy-noether") for line in world.done)


async def test_a_claim_that_was_made_again_under_the_old_name_is_not_deleted_with_the_user():
    world = there(claims=[home(EMMY, new_name(EMMY))])
    plan = await planned(world)
    doing = Doing(world)
    keep = type(doing.writes.kube).keep_volume

    async def and_somebody_logs_in(self, name, uid, claim):
        done = await keep(self, name, uid, claim)
        if claim == new_name(BAUER):
            world.claims.append(home(EMMY, new_name(EMMY), uid="uid-again", volume="pvc-again"))
        return done

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(doing.writes.kube), "keep_volume", and_somebody_logs_in)
        view = await rename.apply(plan, doing)
    assert isinstance(view, Failure)
    assert "half renamed" in view.title
    volumes = {one.volume for one in world.claims}
    assert {"pvc-again", f"pvc-{new_name(EMMY)}"} <= volumes
    assert f"delete_user {EMMY}" not in world.done


async def test_what_is_half_done_is_ended_by_the_next_run_and_by_no_other():
    world = there()
    before, plan = homes(world, EMMY), await planned(world)
    for moment in range(4, 14):
        crashed = copy.deepcopy(world)
        await through_crash_once(plan, crashed, moment)
        with pytest.raises(UserError, match="is half done"):
            await planned(crashed, BAUER, "emmy@example.org")
        again = await planned(crashed)
        assert again.resumes
        assert "Finish renaming" in rename.preview(again).title
        assert isinstance(await rename.apply(again, Doing(crashed)), Notice)
        assert (homes(crashed, BAUER), names(crashed), is_clean(crashed)) == (before, [BAUER], True)


async def through_crash_once(plan, world, moment):
    """Die at that moment, for good."""
    with pytest.raises(Died):
        await rename.apply(plan, Mortal(world, fuse=Fuse(moment)))
    assert any(recorded(one) for one in world.volumes or [])


# Refused


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (EMMY, EMMY, "the name that there is already"),
        (EMMY, EMMY.title(), "differ only in upper and lower case"),
        ("nobody@example.org", BAUER, "does not know the user"),
    ],
)
async def test_names_that_make_no_sense(old, new, why):
    with pytest.raises(UserError, match=why):
        await planned(there(), old, new)


async def test_a_name_that_the_hub_has_in_any_case():
    world = there(users=[user(EMMY), user("Emmy.Bauer@example.org")])
    with pytest.raises(UserError, match=r"There is a user Emmy\.Bauer@example\.org already"):
        await planned(world)


async def test_a_name_that_somebody_has_a_home_by():
    with pytest.raises(UserError, match="There is a home of"):
        await planned(there(claims=[home(EMMY, new_name(EMMY)), home(BAUER, new_name(BAUER))]))


def already(**more):
    """Emmy has logged in by the new name; Entra knows both names as hers."""
    users = [user(EMMY), replace(user(BAUER), groups=("geo",))]
    return there(users=users, identities=Identities({EMMY: Identity(EMMY, "id-emmy", NOW)}), **more)


async def test_who_has_logged_in_by_the_new_name_keeps_that_record_and_gets_the_old_home():
    waiting = empty(BAUER, new_name(BAUER))
    world = already(claims=[home(EMMY, new_name(EMMY)), waiting])
    plan = await planned(world)
    assert "keeps the user emmy.bauer@example.org" in render(rename.preview(plan))
    assert isinstance(await rename.apply(plan, Doing(world)), Notice)
    assert (homes(world, BAUER), names(world)) == ({"": f"pvc-{new_name(EMMY)}"}, [BAUER])
    assert f"delete_user {BAUER}" not in world.done


async def test_an_empty_home_that_was_in_the_way_is_there_again_where_everything_goes_back():
    world = already(claims=[home(EMMY, new_name(EMMY)), empty(BAUER, new_name(BAUER))])
    plan = await planned(world)
    world.hub_refuses = Rejected("the hub", "400", "The hub refuses it.")
    assert isinstance(await rename.apply(plan, Doing(world)), Failure)
    assert sorted((one.name, one.volume) for one in world.claims) == [
        (new_name(BAUER), ""),
        (new_name(EMMY), f"pvc-{new_name(EMMY)}"),
    ]
    assert names(world) == [EMMY, BAUER]


async def test_a_record_that_an_admin_made_for_the_new_name_stays_where_everything_goes_back():
    world = already(claims=[home(EMMY, new_name(EMMY))])
    world.users[1] = replace(world.users[1], last_activity=None)
    plan = await planned(world)
    world.hub_refuses = Rejected("the hub", "400", "The hub refuses it.")
    assert isinstance(await rename.apply(plan, Doing(world)), Failure)
    assert f"delete_user {BAUER}" not in world.done
    assert names(world) == [EMMY, BAUER]


async def test_a_second_home_with_files_is_looked_at_by_people_first():
    world = already(claims=[home(EMMY, new_name(EMMY)), home(BAUER, new_name(BAUER))])
    with pytest.raises(UserError, match="has a second home by that name") as refused:
        await planned(world)
    assert refused.value.hints[1] == f"/jhub storage delete {BAUER}"


async def test_a_server_by_the_new_name_is_stopped_first():
    world = already(claims=[home(EMMY, new_name(EMMY))])
    world.users[1] = user(BAUER, True)
    with pytest.raises(UserError, match="has a server running as"):
        await planned(world)


async def test_lists_of_the_values_that_hold_the_old_name_are_warned_of():
    config = {"Authenticator": {"allowed_users": ["ada", EMMY.title()], "admin_users": []}}
    plan = await planned(there(releases=[release(values={"hub": {"config": config}})]))
    assert any("hub.config.Authenticator.allowed_users names" in one for one in plan.warnings)


async def test_two_people_of_entra():
    world = there()
    world.object_ids[EMMY] = "id-somebody-else"
    with pytest.raises(UserError, match="two people"):
        await planned(world)


async def test_an_old_name_that_is_somebody_elses_by_now():
    world = there(identities=Identities({EMMY: Identity(EMMY, "id-emmy", NOW)}))
    world.object_ids[EMMY] = "id-newcomer"
    assert (await planned(world)).new == BAUER


async def test_ones_own_name():
    world = there()
    world.object_ids[EMMY] = OLU
    with pytest.raises(UserError, match="your own name"):
        await planned(world)


async def test_an_administrator():
    with pytest.raises(UserError, match="administrator of the hub"):
        await planned(there(users=[replace(user(EMMY), admin=True)]))


async def test_a_name_that_entra_does_not_know_is_warned_of():
    plan = await planned(there(), EMMY, "emmy.typo@example.org")
    assert "Entra knows nobody named emmy.typo@example.org" in plan.warnings[0]


async def test_the_end_card_does_not_promise_a_login_that_entra_does_not_know():
    world = there()
    world.object_ids[EMMY] = "id-emmy"
    plan = await planned(world, EMMY, "emmy.typo@example.org")
    view = await rename.apply(plan, Doing(world))
    text = " ".join(render(view).split())
    assert view.tone is Tone.WARNING
    assert plan.warnings[0] in text
    assert f"It still knows {EMMY}, who would log in to an empty home." in text
    assert "API tokens and shares of servers" in text
    assert "finds every" not in text


async def test_the_end_card_says_of_a_kept_record_that_nothing_ended():
    world = there(releases=[release(values=FORGETFUL)], identities=Identities({EMMY: Identity(EMMY, "id-emmy", NOW)}))
    view = await done(world)
    assert view.tone is Tone.GOOD
    assert view.text == f"{BAUER} finds every file as it was."


async def test_a_name_that_nobody_has_any_more_may_be_anybodys_and_is_warned_of():
    """The home of somebody who left would be handed to whoever has the new name."""
    plan = await planned(there())
    assert any("nobody checked that both names are the same person" in one for one in plan.warnings)
    known = await planned(there(identities=Identities({EMMY: Identity(EMMY, "id-emmy", NOW)})))
    assert known.warnings == ()


async def test_names_without_a_domain_are_not_said_to_be_unknown_to_entra():
    (warning,) = (await planned(there(), EMMY, "emmy")).warnings
    assert warning.endswith("emmy has none, so nobody checked that both names are the same person.")


async def test_a_snapshot_that_is_being_taken():
    claim = home(EMMY, new_name(EMMY))
    with pytest.raises(UserError, match=r"A snapshot of .* is being taken"):
        await planned(there(claims=[claim], snapshots=[replace(snapshot(claim), ready=False)]))


async def test_a_home_that_is_being_restored():
    waiting = empty(EMMY, new_name(EMMY), annotations={"jhub-bot/restored-from": "home-1"})
    with pytest.raises(UserError, match="is being restored from home-1"):
        await planned(there(claims=[waiting]))


async def test_a_home_that_is_being_deleted_or_lost():
    with pytest.raises(UserError, match="is being deleted"):
        await planned(there(claims=[home(EMMY, new_name(EMMY), terminating=True)]))
    with pytest.raises(UserError, match="has lost its disk"):
        await planned(there(claims=[home(EMMY, new_name(EMMY), phase="Lost")]))


async def test_a_home_that_somebody_elses_pod_mounts():
    claim = home(EMMY, new_name(EMMY))
    with pytest.raises(UserError, match="which somebody else runs"):
        await planned(there(claims=[claim], pods=[pod("backup-1", "backup", claims=(claim.name,))]))


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (
            {"singleuser": {"storage": {"type": "static", "static": {"subPath": "home/{username}"}}}},
            "folders of one claim",
        ),
        ({"hub": {"config": {"KubeSpawner": {"enable_user_namespaces": True}}}}, "other namespaces"),
        ({"hub": {"extraConfig": {"x": "c.KubeSpawner.pvc_name_template = 'x'"}}}, "code in the values"),
    ],
)
async def test_homes_that_the_bot_cannot_tell_the_place_of(values, why):
    with pytest.raises(UserError, match=why):
        await planned(there(releases=[release(values=values)]))


async def test_a_token_that_may_not_rename():
    with pytest.raises(UserError, match="lacks the scope admin:users and groups"):
        await planned(there(scopes=frozenset({"list:users"})))


async def test_systems_that_do_not_answer_change_nothing():
    for broken in ("users", "claims", "releases"):
        world = there(**{broken: Unavailable("It", "did not answer")})
        with pytest.raises(Unavailable):
            await planned(world)
        assert world.done == []


def test_what_a_volume_carries_is_bounded_and_parsed():
    claim = home(EMMY, new_name(EMMY))
    for text in ("", "{", "[]", '{"source": 3}', "x" * 100_000):
        assert recorded(replace(volume(claim), annotations={RECORD: text}, labels={HELD: "true"})) is None
