"""What is under `auth:` goes to `hub.config`."""

import pytest

from tests.commands.chart.conversions import from_old
from tests.world import SECRET


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            {"type": "github", "github": {"orgWhitelist": ["o"]}},
            {"GitHubOAuthenticator": {"allowed_organizations": ["o"]}},
        ),
        ({"type": "google", "google": {"hostedDomain": "x.org"}}, {"GoogleOAuthenticator": {"hosted_domain": "x.org"}}),
        ({"type": "dummy", "dummy": {"password": "p"}}, {"DummyAuthenticator": {"password": "p"}}),
        ({"type": "azuread", "whitelist": {"users": ["a"]}}, {"Authenticator": {"allowed_users": ["a"]}}),
        ({"type": "azuread", "allowedUsers": ["a"]}, {"Authenticator": {"allowed_users": ["a"]}}),
        ({"type": "azuread", "scopes": ["s"]}, {"OAuthenticator": {"scope": ["s"]}}),
        ({"type": "azuread", "google": {"clientId": None}}, {}),
        ({"type": "lti", "lti": {"consumers": {"key": "s"}}}, {"LTIAuthenticator": {"consumers": {"key": "s"}}}),
        (
            {"type": "ldap", "ldap": {"server": {"address": "a", "port": 1}, "dn": {"user": {"escape": True}}}},
            {"LDAPAuthenticator": {"server_address": "a", "server_port": 1, "escape_userdn": True}},
        ),
    ],
)
def test_ways_to_log_in(old, new):
    done = from_old({"auth": old}, there="1.1.3")
    assert done.unclear == ()
    made = dict(done.values["hub"]["config"])
    classes = {"lti": "ltiauthenticator.LTIAuthenticator", "ldap": "ldapauthenticator.LDAPAuthenticator"}
    assert made.pop("JupyterHub") == {"authenticator_class": classes.get(old["type"], old["type"])}
    assert made == new
    assert "auth" not in done.values


def test_a_class_of_ones_own_keeps_its_settings():
    custom = {"className": "mine.login.MyAuthenticator", "config": {"door": "front", "keys": [1]}}
    done = from_old({"auth": {"type": "custom", "custom": custom}}, there="1.1.3")
    assert done.unclear == ()
    assert done.values == {
        "hub": {
            "config": {
                "JupyterHub": {"authenticator_class": "mine.login.MyAuthenticator"},
                "MyAuthenticator": {"door": "front", "keys": [1]},
            }
        }
    }


@pytest.mark.parametrize(
    ("auth", "why"),
    [
        ({"type": "azuread", "azuread": {"resource": "x"}}, "auth.azuread.resource is not a value that charts"),
        ({"type": "saml"}, "auth.type is not one that charts before 0.11 knew"),
        ({"type": ["azuread"]}, "auth.type is not one that charts before 0.11 knew"),
        ({"admin": {"users": ["a"]}}, "auth.type is missing, which meant “dummy”"),
        ({"type": "custom"}, "auth.custom.className is missing"),
        ({"type": "custom", "custom": {"className": "a b"}}, "auth.custom.className is missing"),
        ({"type": "azuread", "custom": {"className": "x.Y"}}, "auth.custom counts only"),
        ({"type": "azuread", "azuread": "secret-text"}, "auth.azuread is not a value"),
        (["azuread"], "auth is not a mapping of names"),
        ("azuread", "auth is not a mapping of names"),
    ],
)
def test_what_is_not_understood_is_named_and_stays(auth, why):
    done = from_old({"auth": auth}, there="1.1.3")
    assert [text for text in done.unclear if text.startswith(why)]
    assert "auth" in done.values
    assert "secret-text" not in repr(done.unclear)


@pytest.mark.parametrize("auth", [None, {}, []])
def test_an_empty_auth_only_goes(auth):
    done = from_old({"auth": auth, "cull": {}}, there="1.1.3")
    assert (done.values, done.unclear) == ({"cull": {}}, ())
    assert [(one.old, one.new) for one in done.shifts] == [("auth", "")]


def test_two_forms_that_say_different_things_are_for_people():
    both = {
        "auth": {"type": "azuread", "azuread": {"clientSecret": SECRET, "clientId": "same"}},
        "hub": {"config": {"AzureAdOAuthenticator": {"client_secret": "other-secret", "client_id": "same"}}},
    }
    done = from_old(both, there="1.1.3")
    assert done.unclear == (
        (
            "auth.azuread.clientSecret and hub.config.AzureAdOAuthenticator.client_secret contradict each other: "
            "remove one of them."
        ),
    )
    assert done.values["hub"]["config"]["AzureAdOAuthenticator"] == {
        "client_secret": "other-secret",
        "client_id": "same",
    }
