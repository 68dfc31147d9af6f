"""Who may log in by the values and the chart's version, held against the real authenticators where they are."""

import asyncio
import importlib.util

import pytest

from commands.values.hub_config import HubConfig
from commands.values.login_rules import Admission, admission, closing, lets_in_everybody, login_violations

ENTRA = "AzureAdOAuthenticator"


def config(kind="azuread", code="", **traits):
    made = {"JupyterHub": {"authenticator_class": kind}, "Authenticator": traits}
    return HubConfig({"hub": {"config": made, "extraConfig": {"a": code}}})


@pytest.mark.parametrize(
    ("version", "made", "who"),
    [
        ("1.1.3", config(), Admission.SOMEBODY),
        ("3.3.8", config(), Admission.NOBODY),
        ("4.4.0", config(), Admission.NOBODY),
        ("4.4.0", config(admin_users=["a"]), Admission.ADMINS),
        ("4.4.0", config(allowed_users=["a"]), Admission.SOMEBODY),
        ("4.4.0", config(allowed_users=[]), Admission.NOBODY),
        ("4.4.0", config(allowed_groups=["a"]), Admission.NOBODY),
        ("4.4.0", config(allowed_groups=["a"], manage_groups=True), Admission.SOMEBODY),
        ("4.4.0", config(admin_groups=["a"], manage_groups=True), Admission.ADMINS),
        ("3.3.8", config("generic-oauth", allowed_groups=["a"]), Admission.SOMEBODY),
        ("3.3.8", config("google", allowed_groups=["a"]), Admission.NOBODY),
        ("3.3.8", config("ldap"), Admission.SOMEBODY),
        ("4.4.0", config("ldap"), Admission.NOBODY),
        ("4.4.0", config("ldap", allowed_groups=["a"]), Admission.SOMEBODY),
        ("4.4.0", config("dummy"), Admission.SOMEBODY),
        ("4.4.0", config("tmpauthenticator.TmpAuthenticator"), Admission.SOMEBODY),
        ("4.4.0", config(code="configure(c)"), Admission.UNKNOWN),
        ("4.4.0", config(code="c.KubeSpawner.cmd = find()"), Admission.NOBODY),
        ("4.4.0", config(code="if x:\n    c.OAuthenticator.admin_users = {'a'}"), Admission.UNKNOWN),
        ("4.4.0", config(code="c.JupyterHub.authenticator_class = Ours"), Admission.UNKNOWN),
        ("", config(), Admission.SOMEBODY),
    ],
)
def test_who_may_log_in(version, made, who):
    assert admission(made, version) is who


def test_everybody():
    assert lets_in_everybody(config(allow_all=True), "4.4.0")
    assert lets_in_everybody(config(), "1.1.3")
    assert not lets_in_everybody(config(allowed_users=["a"]), "1.1.3")
    assert not lets_in_everybody(config(code="configure(c)", allow_all=True), "4.4.0")


def test_a_change_that_takes_the_last_rule_is_told():
    opened, shut = config(allow_all=True), config(allow_all=False)
    assert closing(opened, shut, "4.4.0").startswith("Nobody could log in any more")
    assert closing(opened, config(admin_users=["a"]), "4.4.0").startswith("Nobody but admins")
    assert closing(shut, shut, "4.4.0") == closing(opened, opened, "4.4.0") == closing(opened, shut, "1.1.3") == ""


def test_groups_are_refused_where_they_stand():
    (found,) = login_violations(config(allowed_groups=["g"]), "4.4.0")
    assert found.path == "hub.config.Authenticator.allowed_groups"
    assert "first /jhub config set hub.config.AzureAdOAuthenticator.manage_groups true" in found.why
    assert login_violations(config(allowed_groups=["g"]), "3.3.8") == ()
    assert login_violations(config(allowed_groups=["g"], code="c.OAuthenticator.manage_groups = True"), "4.4.0") == ()


@pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("jupyterhub", "oauthenticator"))),
    reason="JupyterHub's classes are not installed: make setup",
)
@pytest.mark.parametrize(
    "traits",
    [
        {},
        {"allow_all": True},
        {"admin_users": ["ada"]},
        {"allowed_users": ["ada"]},
        {"allow_existing_users": True},
        {"allowed_groups": ["g"], "manage_groups": True},
    ],
)
def test_the_real_class_of_chart_4_lets_in_whom_the_rules_say(traits):
    from oauthenticator.azuread import AzureAdOAuthenticator  # noqa: PLC0415 - it takes seconds
    from traitlets.config import Config  # noqa: PLC0415

    real = AzureAdOAuthenticator(config=Config({ENTRA: {"client_id": "c", "client_secret": "s", **traits}}))
    if real.allow_existing_users:
        # What the hub does with those whom it knows.
        real.allowed_users = {"ada"}
    is_admin = "ada" in real.admin_users
    model = {"name": "ada", "admin": is_admin, "groups": ["g"], "auth_state": {}}
    lets_in = asyncio.run(real.check_allowed("ada", model))
    made = HubConfig({"hub": {"config": {"JupyterHub": {"authenticator_class": "azuread"}, ENTRA: traits}}})
    who = Admission.NOBODY if not lets_in else Admission.ADMINS if is_admin else Admission.SOMEBODY
    assert admission(made, "4.4.0") is who
