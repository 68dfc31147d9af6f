"""Hazards of the network, of the hub's parts and of JupyterHub 6: each with values that have it, and with others."""

import pytest

from commands.chart.hazard import ChartUpgrade, Edition
from commands.chart.hazards import without_chart
from tests.commands.chart.upgrades import found
from tests.world.old_values import azuread

CHARTS = {"1.0.0": "1.4.1", "0.11.1": "1.3.0", "1.1.3": "1.4.2", "2.0.0": "3.0.0", "3.0.2": "4.0.2"}
CHARTS |= {"3.3.8": "4.1.6", "4.4.0": "5.5.0", "5.0.0": "6.1.1"}
POLICY = {"networkPolicy": {"egressAllowRules": {"privateIPs": True}}}


def keys(here, there, values):
    way = ChartUpgrade(Edition(here, CHARTS[here]), Edition(there, CHARTS[there]), values)
    return {one.key for one in without_chart(way)}


def hub(**more):
    return {"hub": more}


def config(**more):
    return hub(config=more)


def kind(name, **settings):
    return config(JupyterHub={"authenticator_class": name}, **settings)


def profile(**override):
    return {"singleuser": {"profileList": [{"kubespawner_override": override}], "nodeSelector": {"a": "b"}}}


FOUND = [
    ("private-egress", "1.1.3", "4.4.0", azuread(), {"singleuser": POLICY}),
    ("private-egress", "1.1.3", "2.0.0", {}, {"singleuser": {"networkPolicy": {"enabled": False}}}),
    ("private-egress", "1.1.3", "2.0.0", {}, {"singleuser": {"networkPolicy": {"egress": [{"to": []}]}}}),
    (
        "images-from-quay",
        "3.0.2",
        "3.3.8",
        {},
        {
            "hub": {"image": {"name": "a"}},
            "proxy": {"chp": {"image": {"name": "b"}}},
            "singleuser": {"networkTools": {"image": {"name": "c"}}},
        },
    ),
    ("requests-unset", "0.11.1", "1.1.3", {}, hub(resources={"requests": {"cpu": 1}})),
    ("existing-secret", "0.11.1", "1.1.3", hub(existingSecret="x"), {}),
    ("service-keys", "1.0.0", "1.1.3", hub(services={"a": {"name": "b"}}), hub(services={"a": {"name": "a"}, "b": {}})),
    ("hub-image", "1.1.3", "2.0.0", hub(image={"name": "own"}), hub(image={"tag": "x"})),
    ("lab-by-default", "1.1.3", "2.0.0", {}, {"singleuser": {"defaultUrl": "/tree"}}),
    (
        "service-roles",
        "1.1.3",
        "2.0.0",
        hub(services={"jhub-bot": {"admin": True}}),
        hub(services={"jhub-bot": {"admin": True}}, loadRoles={"bot": {}}),
    ),
    ("profiles-merge", "2.0.0", "3.3.8", profile(node_selector={"c": "d"}), profile(mem_limit="1G")),
    ("orphaned-pods", "3.0.2", "4.4.0", {}, None),
    ("own-pages", "3.3.8", "4.4.0", hub(templatePaths=["/x"]), {}),
    ("ldap", "3.3.8", "4.4.0", kind("ldapauthenticator.LDAPAuthenticator"), kind("azuread")),
    ("basic-auth", "2.0.0", "3.3.8", kind("generic-oauth"), kind("azuread")),
    (
        "basic-auth",
        "2.0.0",
        "3.3.8",
        kind("generic-oauth"),
        kind("generic-oauth", GenericOAuthenticator={"basic_auth": False}),
    ),
    ("google-admins", "2.0.0", "3.3.8", kind("google", GoogleOAuthenticator={"admin_google_groups": {"a": ["b"]}}), {}),
    (
        "cilogon-settings",
        "1.1.3",
        "2.0.0",
        kind("cilogon", CILogonOAuthenticator={"shown_idps": ["x"]}),
        kind("cilogon"),
    ),
    ("server-names", "4.4.0", "5.0.0", hub(allowNamedServers=True), {}),
    (
        "autorename",
        "4.4.0",
        "5.0.0",
        config(JupyterHub={"allow_existing_invalid_named_servers": "autorename"}),
        config(JupyterHub={"allow_existing_invalid_named_servers": "allow-start"}),
    ),
    ("spawn-options", "4.4.0", "5.0.0", {}, None),
    ("start-scope", "4.4.0", "5.0.0", hub(loadRoles={"a": {"scopes": ["servers!user=x"]}}), hub(loadRoles={"a": {}})),
    ("statsd", "4.4.0", "5.0.0", config(JupyterHub={"statsd_host": "x"}), {}),
    ("database", "4.4.0", "5.0.0", {}, None),
]


@pytest.mark.parametrize(("key", "here", "there", "has", "has_not"), FOUND)
def test_each_is_told_where_the_values_have_it_and_the_version_is_crossed(key, here, there, has, has_not):
    assert key in keys(here, there, has)
    if has_not is not None:
        assert key not in keys(here, there, has_not)
    assert key not in keys(there, there, has)


def test_to_rename_servers_by_itself_blocks():
    values = config(JupyterHub={"allow_existing_invalid_named_servers": "autorename"})
    way = ChartUpgrade(Edition("4.4.0", "5.5.0"), Edition("5.0.0", "6.1.1"), values)
    (found,) = [one for one in without_chart(way) if one.key == "autorename"]
    assert found.blocks
    assert found.remedy == "/jhub config set hub.config.JupyterHub.allow_existing_invalid_named_servers allow-start"


def test_a_service_that_may_everything_is_told_from_one_that_may_nothing():
    services = {"jhub-bot": {"admin": True, "apiToken": "t"}, "culler": {"apiToken": "t"}}
    told = found("1.1.3", "2.0.0", hub(services=services))["service-roles"]
    assert "jhub-bot may do everything by admin: true" in told.text
    assert "culler may do nothing until hub.loadRoles says what" in told.text
