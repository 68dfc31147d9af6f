from dataclasses import replace

import pytest

from clients.errors import Conflict, Rejected, Unavailable
from clients.values import ValueChange
from commands.framework.errors import UserError
from commands.values.base import base_values, store_changes, with_changes, with_fallback, with_release_secrets
from tests.world import SECRET, Doing, Home, World, release

ENTRA = ("hub", "config", "AzureAdOAuthenticator")


def at_home(values, **more):
    world = World(**more)
    world.home = Home(world, values)
    return world


async def test_the_releases_own_values_are_what_an_upgrade_starts_from():
    world = World()
    start = await base_values(world.reads)
    assert (start.values, start.version) == (world.releases[0].values, "revision 3")
    assert SECRET not in repr(start)


async def test_a_file_counts_and_its_secrets_come_from_the_release():
    world = at_home({"hub": {"config": {"AzureAdOAuthenticator": {"client_id": "x"}}}, "cull": {"every": 5}})
    start = await base_values(world.reads)
    assert start.values == {
        "hub": {"config": {"AzureAdOAuthenticator": {"client_id": "x", "client_secret": SECRET}}},
        "cull": {"every": 5},
    }


async def test_what_neither_has_comes_from_the_secrets_file():
    world = at_home({"hub": {"config": {}}}, releases=[])
    world.home.extra = {"hub": {"config": {"X": {"client_secret": "first"}}, "cookieSecret": "c"}}
    assert (await base_values(world.reads)).values == {
        "hub": {"config": {"X": {"client_secret": "first"}}, "cookieSecret": "c"}
    }


async def test_without_any_values_it_says_what_to_configure():
    with pytest.raises(UserError, match="values"):
        await base_values(World(releases=[]).reads)


async def test_a_file_that_is_no_values_is_an_answer():
    world = at_home({})

    async def broken():
        raise Rejected("The values' file", "alias", "The values' file cannot be used. Line 2: …")

    world.home.written = broken
    with pytest.raises(UserError, match="Line 2"):
        await base_values(world.reads)


LIVE = {
    "hub": {
        "config": {"A": {"client_secret": "s1", "client_id": "x"}},
        "services": {"bot": {"apiToken": "s2"}, "old": {"apiToken": "s3"}},
        "extraEnv": [{"name": "API_TOKEN", "value": "s4"}, {"name": "PLAIN", "value": "p"}],
    },
    "auth": {"azuread": {"clientSecret": "s5"}},
    "proxy": {"secretToken": "s6"},
}


@pytest.mark.parametrize(
    ("written", "made"),
    [
        ({}, {}),
        ({"proxy": {}}, {"proxy": {"secretToken": "s6"}}),
        ({"proxy": {"secretToken": ""}}, {"proxy": {"secretToken": "s6"}}),
        ({"proxy": {"secretToken": None}}, {"proxy": {"secretToken": "s6"}}),
        ({"proxy": {"secretToken": "own"}}, {"proxy": {"secretToken": "own"}}),
        ({"proxy": None}, {"proxy": None}),
        ({"hub": {"services": {"bot": {}}}}, {"hub": {"services": {"bot": {"apiToken": "s2"}}}}),
        ({"hub": {"config": {"A": {"x": 1}}}}, {"hub": {"config": {"A": {"x": 1, "client_secret": "s1"}}}}),
        (
            {"hub": {"extraEnv": [{"name": "NEW"}, {"name": "API_TOKEN"}]}},
            {"hub": {"extraEnv": [{"name": "NEW"}, {"name": "API_TOKEN", "value": "s4"}]}},
        ),
        ({"hub": {"extraEnv": "odd", "config": ["odd"]}}, {"hub": {"extraEnv": "odd", "config": ["odd"]}}),
    ],
)
def test_a_secret_is_taken_over_where_what_holds_it_is_still_written(written, made):
    assert with_release_secrets(written, LIVE) == made


def test_what_lies_under_values_fills_only_gaps():
    assert with_fallback({"a": {"b": 1, "c": ""}, "d": None}, {"a": {"b": 2, "c": 3}, "d": {"e": 4}, "f": 5}) == {
        "a": {"b": 1, "c": 3},
        "d": {"e": 4},
        "f": 5,
    }


def test_changes_make_what_is_missing_on_their_way_and_touch_nothing_else():
    before = {"a": {"b": 1}, "l": [{"x": 1}, {"x": 2}]}
    changes = [
        ValueChange(("a", "c", "d"), None, 3),
        ValueChange(("l", 1, "x"), 2, 9),
        ValueChange(("a", "b"), 1, removed=True),
    ]
    assert with_changes(before, changes) == {"a": {"c": {"d": 3}}, "l": [{"x": 1}, {"x": 9}]}
    assert before == {"a": {"b": 1}, "l": [{"x": 1}, {"x": 2}]}


@pytest.mark.parametrize("path", [("l", 2), ("a", 0), ("a", "b", "c"), ("l", "x")])
def test_a_path_into_something_else_is_refused(path):
    with pytest.raises(UserError):
        with_changes({"a": {"b": 1}, "l": [1, 2]}, [ValueChange(path, None, 1)])


TAG = ValueChange(("singleuser", "image", "tag"), "3f9a41c", "7c1d2e9")


async def test_what_is_live_is_written_down_but_for_secrets():
    world = at_home({"singleuser": {"image": {"tag": "3f9a41c"}}})
    do = Doing(world)
    secret = ValueChange((*ENTRA, "client_secret"), None, "new")
    assert await store_changes([TAG, secret], "v1", "Deploy 7c1d2e9", do) == ""
    ((changes, base, author, message, operation),) = world.home.saved
    assert (changes, base, message, operation) == ((TAG,), "v1", "Deploy 7c1d2e9", "op-9")
    assert (author.name, author.object_id) == (do.caller.name, do.caller.object_id)
    assert do.titles == ["Store it in config.yaml"]


async def test_in_the_release_nothing_is_written_twice():
    do = Doing(World())
    assert await store_changes([TAG], "revision 3", "Deploy", do) == ""
    assert do.titles == []


@pytest.mark.parametrize(
    "problem", [Conflict("Others changed it."), Rejected("git", "x", "Not taken."), Unavailable("git", "is away")]
)
async def test_what_cannot_be_written_down_any_more_is_said(problem):
    world = at_home({"singleuser": {}})
    world.home.problem = problem
    said = await store_changes([TAG], "v1", "Deploy", Doing(world))
    assert said == f"It is live, but not stored in config.yaml: {problem}"


async def test_a_secret_that_the_file_leaves_out_survives_a_changed_release():
    world = at_home(
        {"hub": {"config": {"AzureAdOAuthenticator": {}}}}, releases=[release(), release(2, status="superseded")]
    )
    assert SECRET in str((await base_values(world.reads)).values)


@pytest.mark.parametrize("holder", ["extraConfig", "extraFiles", "loadRoles", "annotations"])
async def test_code_that_is_taken_out_of_the_file_is_taken_out_of_the_release(holder):
    """Whatever it is called: only a secret may be where the file has none."""
    live = {"hub": {holder: {"00-exfiltrate-token": "send()", "10-login": "c.x = 1"}}}
    world = at_home({"hub": {holder: {"10-login": "c.x = 1"}}}, releases=[replace(release(), values=live)])
    assert (await base_values(world.reads)).values == {"hub": {holder: {"10-login": "c.x = 1"}}}
