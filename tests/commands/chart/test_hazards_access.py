"""Hazards for logins between two versions of the chart."""

import pytest

from tests.commands.chart.upgrades import KEPT, found, keys, with_template
from tests.world.old_values import azuread


@pytest.mark.parametrize(
    ("here", "there", "config", "key", "blocks"),
    [
        ("2.0.0", "3.3.8", {}, "nobody-allowed", True),
        ("3.3.8", "4.4.0", {}, None, False),
        ("2.0.0", "3.3.8", {"AzureAdOAuthenticator": {"allow_all": True}}, None, False),
        ("2.0.0", "3.3.8", {"OAuthenticator": {"allow_all": True}}, None, False),
        ("2.0.0", "3.3.8", {"Authenticator": {"allow_all": False}}, "nobody-allowed", True),
        ("2.0.0", "3.3.8", {"Authenticator": {"allowed_users": ["a"]}}, "added-by-hand", False),
        (
            "2.0.0",
            "3.3.8",
            {"Authenticator": {"allowed_users": ["a"], "allow_existing_users": True}},
            None,
            False,
        ),
        ("2.0.0", "3.3.8", {"Authenticator": {"admin_users": ["a"]}}, "admins-alone", True),
        ("2.0.0", "3.3.8", {"Authenticator": {"admin_users": ["a"], "allow_all": False}}, "admins-alone", False),
        # JupyterHub 5's DummyAuthenticator has allow_all by default.
        ("2.0.0", "4.4.0", {"JupyterHub": {"authenticator_class": "dummy"}}, None, False),
        ("2.0.0", "4.4.0", {"JupyterHub": {"authenticator_class": "ldap"}}, "nobody-allowed", True),
        # OAuthenticator 16's AzureAdOAuthenticator does not know groups, GenericOAuthenticator does.
        ("1.1.3", "3.3.8", {"AzureAdOAuthenticator": {"allowed_groups": ["g"]}}, "nobody-allowed", True),
        (
            "1.1.3",
            "3.3.8",
            {
                "JupyterHub": {"authenticator_class": "generic-oauth"},
                "GenericOAuthenticator": {"allowed_groups": ["g"]},
            },
            None,
            False,
        ),
        ("2.0.0", "3.3.8", {"JupyterHub": {"authenticator_class": "dummy"}}, None, False),
        ("3.3.8", "4.4.0", {"JupyterHub": {"authenticator_class": "tmpauthenticator.TmpAuthenticator"}}, None, False),
        ("2.0.0", "3.3.8", {"JupyterHub": {"authenticator_class": "cilogon"}}, "cilogon-providers", True),
    ],
)
def test_who_may_log_in(here, there, config, key, blocks):
    told = found(here, there, with_template(azuread(**config, **KEPT)))
    about = {
        name: one.blocks
        for name, one in told.items()
        if name in ("nobody-allowed", "added-by-hand", "admins-alone", "cilogon-providers")
    }
    about.pop("nobody-allowed", None) if key == "cilogon-providers" else None
    assert about == ({key: blocks} if key else {})


def with_code(code, here="1.1.3", there="4.4.0", **config):
    values = azuread(**config)
    values["hub"]["extraConfig"] = {"00-azuread": code}
    return found(here, there, values)


def test_code_that_says_nothing_of_who_may_log_in_does_not_waive_the_question():
    told = with_code('c.AzureAdOAuthenticator.username_claim = "upn"')["nobody-allowed"]
    assert told.blocks
    assert "cannot read" not in told.text


@pytest.mark.parametrize(
    "code",
    [
        "c.Authenticator.allow_all = True",
        'c["AzureAdOAuthenticator"].allowed_users = {"ada"}',
        'c.OAuthenticator.update({"allow_existing_users": True})',
        'c.AzureAdOAuthenticator.allowed_users.add("ada")',
        "c.Authenticator.any_allow_config = True",
    ],
)
def test_who_may_log_in_by_code_is_read(code):
    assert "nobody-allowed" not in with_code(code)


@pytest.mark.parametrize(
    "code",
    [
        "if True:\n    c.Authenticator.allow_all = True",
        'import os\nc.Authenticator.allowed_users = os.environ["PEOPLE"].split()',
        "for name in people:\n    setattr(c.OAuthenticator, name, True)",
        "from somewhere import *",
        "exec(open('/more.py').read())",
        "c.Authenticator.allow_all = (",
    ],
)
def test_what_code_may_allow_and_cannot_be_read_does_not_block(code):
    told = with_code(code)["nobody-allowed"]
    assert not told.blocks
    assert "Code that the bot cannot read (hub.extraConfig.00-azuread" in told.text


def test_code_that_closes_the_hub_counts_as_well():
    assert with_code("c.AzureAdOAuthenticator.allow_all = False", AzureAdOAuthenticator={"allow_all": True})[
        "nobody-allowed"
    ].blocks


def test_a_class_made_by_code_is_not_judged():
    told = with_code("class Ours(AzureAdOAuthenticator):\n    pass\nc.JupyterHub.authenticator_class = Ours")
    assert not told["nobody-allowed"].blocks


OAUTH = {
    "azuread": "AzureAdOAuthenticator",
    "auth0": "Auth0OAuthenticator",
    "generic-oauth": "GenericOAuthenticator",
    "globus": "GlobusOAuthenticator",
    "google": "GoogleOAuthenticator",
    "openshift": "OpenShiftOAuthenticator",
    "local-azuread": "AzureAdOAuthenticator",
    "oauthenticator.github.GitHubOAuthenticator": "GitHubOAuthenticator",
}


@pytest.mark.parametrize(("kind", "name"), OAUTH.items())
@pytest.mark.parametrize("trait", ["allowed_groups", "admin_groups", "auth_state_groups_key"])
def test_groups_that_are_not_managed_would_keep_the_hub_from_starting(kind, name, trait):
    login = {"JupyterHub": {"authenticator_class": kind}, name: {trait: ["a"], "allow_all": True}}
    told = found("3.3.8", "4.4.0", azuread(**login))["groups-unmanaged"]
    assert told.blocks
    assert trait in told.text
    login["OAuthenticator"] = {"manage_groups": True}
    assert "groups-unmanaged" not in keys("3.3.8", "4.4.0", azuread(**login))


@pytest.mark.parametrize(
    ("kind", "name", "trait"),
    [
        ("globus", "GlobusOAuthenticator", "allowed_globus_groups"),
        ("google", "GoogleOAuthenticator", "allowed_google_groups"),
        ("pam", "PAMAuthenticator", "allowed_groups"),
        ("ldap", "LDAPAuthenticator", "allowed_groups"),
    ],
)
def test_groups_that_need_no_management(kind, name, trait):
    told = keys("3.3.8", "4.4.0", azuread(JupyterHub={"authenticator_class": kind}, **{name: {trait: ["a"]}}))
    assert not told & {"groups-unmanaged", "nobody-allowed"}


def test_names_of_homes_that_code_keeps_are_known_and_what_it_may_keep_is_not_trusted():
    assert "names-of-homes" not in with_code("c.KubeSpawner.slug_scheme = 'escape'")
    told = with_code("if old:\n    c.KubeSpawner.slug_scheme = 'escape'")["names-of-homes"]
    assert told.blocks
    assert "Code that the bot cannot read (hub.extraConfig.00-azuread, line 1) may do so" in told.text
