"""KubeSpawner and OAuthenticator, as the names of claims and the rules about logins here know them."""

import json
import subprocess
import sys

import pytest

from commands.kubernetes.claim_names import new_name, old_name
from tests.reality.belief import belief

NAMES = ["Ann", "ann", "ann-", "a--b", "1a", "ann@example.org", "Ann@example.org", "ann---11ded959", "x" * 46, "søren"]
PROGRAM = """
import json, sys
from kubespawner.slugs import escape_slug, safe_slug
from oauthenticator.azuread import AzureAdOAuthenticator
from traitlets.config import Config

names = json.load(sys.stdin)
TENANT = {"tenant_id": "t"}

def made(**settings):
    try:
        AzureAdOAuthenticator(config=Config(AzureAdOAuthenticator=TENANT | settings))
    except Exception as error:
        return type(error).__name__
    return ""

json.dump({
    # The length is what KubeSpawner asks for (spawner.py).
    "safe": [safe_slug(name, max_length=48) for name in names],
    "escape": [escape_slug(name) for name in names],
    "groups alone": made(allowed_groups=["staff"]),
    "groups managed": made(allowed_groups=["staff"], manage_groups=True),
    "claim": AzureAdOAuthenticator(config=Config(AzureAdOAuthenticator=TENANT)).username_claim,
}, sys.stdout)
"""


@pytest.fixture(scope="module")
def asked():
    """The packages' answers. They are loaded in another process, since they change this one's logging and loop."""
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(NAMES),
        capture_output=True,
        check=True,
        text=True,
        timeout=300,
    )
    return json.loads(ended.stdout)


@belief(
    "Can “Ann” and “ann” meet each other's home by KubeSpawner's scheme “safe”?",
    guess="yes: names in Kubernetes have no capitals",
    answer="no: a name that is not safe as it is gets a hash of the name as typed",
    packages=("jupyterhub-kubespawner",),
    then="commands/kubernetes/claim_names.py: two people would be told apart that share one claim, or the reverse",
)
def test_capitals(asked):
    assert [f"claim-{slug}" for slug in asked["safe"]] == [new_name(name) for name in NAMES]
    assert [f"claim-{slug}" for slug in asked["escape"]] == [old_name(name) for name in NAMES]
    assert new_name("Ann") != new_name("ann") == "claim-ann"


@belief(
    "Does a name that looks like a slug of another stay as it is?",
    guess="yes: it is made of safe characters alone",
    answer="no: three dashes make it unsafe, so that nobody takes another's place by a name",
    packages=("jupyterhub-kubespawner",),
    then="commands/kubernetes/claim_names.py, `_SAFE`",
)
def test_a_name_like_a_slug(asked):
    slug = asked["safe"][NAMES.index("ann---11ded959")]
    assert f"claim-{slug}" == new_name("ann---11ded959") == "claim-ann-11ded959---e856ced8"


@belief(
    "What do `allowed_groups` do without `manage_groups`?",
    guess="nothing, with a warning in the log",
    answer="the authenticator cannot be made: the hub does not start",
    packages=("oauthenticator",),
    then="commands/values/login_rules.py blocks such values; they may only be useless then",
)
def test_groups_without_their_management(asked):
    assert (asked["groups alone"], asked["groups managed"]) == ("ValueError", "")


@belief(
    "By which claim does AzureAdOAuthenticator name a user?",
    guess="by `preferred_username`, which is unique in a tenant",
    answer="by `name`, the display name, which two people can share and anybody may change",
    packages=("oauthenticator",),
    then="the runbook and docs/login.md tell people to set `username_claim`",
)
def test_the_claim(asked):
    assert asked["claim"] == "name"
