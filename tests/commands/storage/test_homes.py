"""Whose home a claim is, and which one is meant."""

import unicodedata
from dataclasses import replace

import pytest

from clients.hub import HubUser
from commands.framework.argument_types import ObjectName, ServerName, Upn, UserName
from commands.framework.errors import UserError
from commands.kubernetes.claim_names import new_name, old_name
from commands.storage.homes import choose_home, find, may_be_home, unknown_user
from tests.world import World, empty, home, user

ANN = "ann@example.org"


async def person(world, typed=ANN):
    return await find(Upn.parse(typed), world.reads, "/jhub storage show {}")


def claims(found):
    return [one.claim.name for one in found.homes]


async def test_the_annotation_decides_not_the_name():
    world = World(claims=[home("bob@example.org", old_name(ANN)), home(ANN, "claim-whatever")])
    assert claims(await person(world)) == ["claim-whatever"]


@pytest.mark.parametrize("typed", ["ANN@Example.org", "ann@example.org"])
async def test_case_is_no_matter(typed):
    world = World(claims=[home("Ann@example.org")], users=[user("ann@example.org")])
    found = await person(world, typed)
    assert (found.name, claims(found)) == ("ann@example.org", ["claim-Ann"])


async def test_accents_typed_apart_find_their_owner():
    world = World(claims=[home("søren.ågård@example.org", "claim-1")], users=[user("søren.ågård@example.org")])
    assert claims(await person(world, unicodedata.normalize("NFD", "Søren.Ågård@example.org"))) == ["claim-1"]


@pytest.mark.parametrize("name", [old_name(ANN), new_name(ANN)])
async def test_a_claim_without_its_owners_name_is_found_by_its_own(name):
    found = await person(World(claims=[home("", name), home("", "claim-other")]))
    assert claims(found) == [name]
    assert found.homes[0].by_name


async def test_a_named_server_is_found_by_the_claims_name_when_the_hub_tells_of_it():
    thesis = replace(user(ANN, True).servers[0], name="thesis")
    world = World(claims=[home("", new_name(ANN, "thesis"))], users=[replace(user(ANN), servers=(thesis,))])
    assert [one.server for one in (await person(world)).homes] == ["thesis"]


@pytest.mark.parametrize(
    "claim",
    [
        home(ANN, "hub-db-dir"),
        home(ANN, "claim-x", component="hub"),
        home("", new_name(ANN), component="prometheus"),
    ],
    ids=["the hub's database by name", "by component", "something else's"],
)
async def test_what_is_no_home_is_never_offered(claim):
    assert not may_be_home(claim)
    assert claims(await person(World(claims=[claim]))) == []


async def test_two_users_who_differ_in_case_alone_are_never_mixed_up():
    world = World(claims=[home("Ann@example.org", "claim-big"), home(ANN)], users=[user("Ann@example.org"), user(ANN)])
    assert claims(await person(world)) == ["claim-ann"]
    with pytest.raises(UserError, match="differ only in upper and lower case"):
        await person(world, "ANN@example.org")


async def test_a_stranger_is_nobody_and_gets_near_names():
    with pytest.raises(UserError, match=r"does not know the user “anne@example.org”") as refused:
        await person(World(), "anne@example.org")
    assert refused.value.hints == ("/jhub storage show ann@example.org",)
    with pytest.raises(UserError) as refused:
        await person(World(), "zoe@othertenant.onmicrosoft.com")
    assert refused.value.hints == ("/jhub users",)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("hopper", ["grace.hopper@x.org"]),
        ("hoper", ["grace.hopper@x.org"]),
        ("gra", ["grace.hopper@x.org"]),
        ("gr", []),
    ],
)
def test_users_are_offered_by_a_part_of_their_names(typed, meant):
    users = [HubUser(name, False, (), None) for name in ("grace.hopper@x.org", "ann@x.org")]
    hints = unknown_user(UserName(typed), users, "/jhub why {}").hints
    assert list(hints) == ([f"/jhub why {one}" for one in meant] or ["/jhub users"])


async def test_without_server_the_default_home_is_meant():
    found = await person(World(claims=[home(ANN), home(ANN, "claim-thesis", server="thesis")]))
    assert choose_home(found, None, None).claim.name == "claim-ann"
    assert choose_home(found, ServerName("thesis"), None).claim.name == "claim-thesis"
    with pytest.raises(UserError, match=r"no home for a server “nosuch”. Found: claim-ann"):
        choose_home(found, ServerName("nosuch"), None)


async def test_two_homes_of_one_server_are_told_apart_by_their_claims_only():
    world = World(claims=[home(ANN, old_name(ANN)), empty(ANN, new_name(ANN)), home("bob@example.org")])
    found = await person(world)
    with pytest.raises(UserError, match=r"has 2 homes: .*no disk yet.*--claim") as refused:
        choose_home(found, None, None)
    assert "/jhub storage doctor" in refused.value.hints
    assert choose_home(found, None, ObjectName(old_name(ANN))).claim.name == old_name(ANN)
    with pytest.raises(UserError, match=r"claim-bob is not a home of ann@example.org"):
        choose_home(found, None, ObjectName("claim-bob"))
