"""What becomes of logins between two versions of the chart."""

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
        ("2.0.0", "3.3.8", {"Authenticator": {"admin_users": ["a"]}}, "admins-alone", False),
        ("2.0.0", "4.4.0", {"JupyterHub": {"authenticator_class": "dummy"}}, "nobody-allowed", True),
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


def test_what_extra_code_may_allow_does_not_block():
    values = azuread()
    values["hub"]["extraConfig"] = {"a": "c.Authenticator.allow_all = True"}
    told = found("2.0.0", "3.3.8", values)["nobody-allowed"]
    assert not told.blocks
    assert "does not look into them" in told.text


def test_groups_that_are_not_managed_would_keep_the_hub_from_starting():
    login = {"JupyterHub": {"authenticator_class": "generic-oauth"}, "GenericOAuthenticator": {"allowed_groups": ["a"]}}
    assert found("3.3.8", "4.4.0", azuread(**login))["groups-unmanaged"].blocks
    login["GenericOAuthenticator"]["manage_groups"] = True
    assert "groups-unmanaged" not in keys("3.3.8", "4.4.0", azuread(**login))
