"""What JupyterHub's own classes say, asked as the bot asks them: loaded in a child process, under this Python."""

import asyncio
import importlib.util
import os
import sys
from pathlib import Path

import pytest

from clients.hub_classes import FindingKind, HubClasses
from tests.contract.hubs import HUB_PYTHON, HUB_VERSION, release

HUB = os.environ.get(HUB_VERSION, "5.5.0")
PYTHON = Path(os.environ.get(HUB_PYTHON, sys.executable))
NEEDED = ("jupyterhub", "kubespawner", "oauthenticator")

pytestmark = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, NEEDED)), reason="JupyterHub's classes are not installed: make setup"
)


of_today = pytest.mark.skipif(release() < 5, reason="classes of JupyterHub 1.4 do not have these traits")


def azuread(**traits):
    given = {
        "client_id": "c",
        "client_secret": "s",
        "tenant_id": "t",
        "oauth_callback_url": "https://h/hub/oauth_callback",
    }
    return {"JupyterHub": {"authenticator_class": "azuread"}, "AzureAdOAuthenticator": {**given, **traits}}


def spawner(**traits):
    return {"KubeSpawner": traits}


# One child answers for all of them.
CASES = {
    "in order": azuread(username_claim="upn", allow_all=True) | spawner(environment={"OMP_NUM_THREADS": "4"}),
    "groups": azuread(allowed_groups=["g"], admin_groups=["a"]),
    "managed groups": azuread(allowed_groups=["g"], manage_groups=True),
    "number": spawner(environment={"OMP_NUM_THREADS": 4, "LANG": "C"}),
    "type": spawner(start_timeout="soon", mem_limit="6Gi", volumes=["a"]),
    "elements": spawner(cmd=["a", 1], environment={"A": "b"}),
    "enumeration": spawner(slug_scheme="old"),
    "profiles": spawner(
        profile_list=[
            {"display_name": "small"},
            {"display_name": "large", "kubespawner_override": {"environment": {"A": 1}}},
        ]
    ),
    "misspelt": azuread(usernme_claim="upn"),
    "hub": {"JupyterHub": {"concurrent_spawn_limit": "ten"}},
    "foreign": {"JupyterHub": {"authenticator_class": "antigravity.Authenticator", "spawner_class": "os.path.Spawner"}},
    "logging": {"JupyterHub": {"logging_config": {"handlers": {"x": {"()": "os.system", "command": "exit 1"}}}}},
}


@pytest.fixture(scope="module")
def found():
    judged = asyncio.run(HubClasses([PYTHON]).judged(list(CASES.values()), HUB))
    assert judged.judges.startswith(f"JupyterHub {HUB.rpartition('.')[0]}.")
    return dict(zip(CASES, judged.findings, strict=True))


def places(findings):
    return {(one.kind, one.owner, one.trait, *one.below) for one in findings}


NEWER = [pytest.param(name, marks=of_today) for name in ("in order", "managed groups")]


@pytest.mark.parametrize("case", [*NEWER, "logging"])
def test_nothing_is_found_where_all_is_in_order(found, case):
    assert found[case] == ()


@of_today
def test_groups_that_are_not_managed_end_the_hub(found):
    owner = "AzureAdOAuthenticator"
    assert places(found["groups"]) == {
        (FindingKind.LOAD, owner, "allowed_groups"),
        (FindingKind.LOAD, owner, "admin_groups"),
    }
    assert "requires AzureAdOAuthenticator.manage_groups" in found["groups"][0].text


def test_a_number_in_the_environment_ends_each_start(found):
    assert places(found["number"]) == {(FindingKind.LOAD, "KubeSpawner", "environment", "OMP_NUM_THREADS")}


@of_today
def test_types_are_those_of_the_traits(found):
    told = {one.trait: one for one in found["type"]}
    assert {one.kind for one in told.values() if one.trait != "volumes"} == {FindingKind.TYPE}
    assert told["start_timeout"].text == "an int"
    assert "2G" in told["mem_limit"].text
    assert "soon" not in repr(found["type"])
    assert found["elements"][0].text == "a list or None, each of a unicode string"
    assert "'escape'" in found["enumeration"][0].text


@of_today
def test_each_profile_is_tried(found):
    assert places(found["profiles"]) == {(FindingKind.LOAD, "KubeSpawner", "profile_list", 1)}


def test_what_a_class_does_not_have_is_named_with_what_it_has(found):
    (one,) = found["misspelt"]
    assert (one.kind, one.trait, one.near) == (FindingKind.UNKNOWN, "usernme_claim", "username_claim")


def test_the_hub_itself_is_asked(found):
    assert places(found["hub"]) == {(FindingKind.TYPE, "JupyterHub", "concurrent_spawn_limit")}


def test_a_class_of_somebody_else_is_not_imported(found):
    assert {(one.kind, one.trait) for one in found["foreign"]} == {
        (FindingKind.MISSING, "authenticator_class"),
        (FindingKind.MISSING, "spawner_class"),
    }


@pytest.mark.skipif(release() > 1, reason="today's classes have all of these")
def test_what_an_older_class_does_not_have_is_unknown_to_it(found):
    owner, unknown = "AzureAdOAuthenticator", FindingKind.UNKNOWN
    assert places(found["in order"]) == {(unknown, owner, "allow_all")}
    assert places(found["managed groups"]) == {(unknown, owner, "allowed_groups"), (unknown, owner, "manage_groups")}
    assert places(found["enumeration"]) == {(unknown, "KubeSpawner", "slug_scheme")}
