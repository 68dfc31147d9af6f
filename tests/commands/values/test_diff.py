"""Differences between two sets of values, leaf by leaf, secrets mentioned but not shown; and their consequences."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commands.values import impact as value_meaning
from commands.values.diff import (
    CHANGED_HIDDEN,
    HIDDEN,
    NOT_SET,
    SET_HIDDEN,
    Showing,
    ValueDifference,
    value_differences,
)
from tests.world import SECRET

TOKEN = "0123456789abcdef0123456789abcdef"


def differing(before, after):
    return [(one.path, one.before, one.after) for one in value_differences(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({}, {}, []),
        ({"a": {"b": 1}}, {"a": {"b": 1}}, []),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 3, "c": 2}}, [("a.b", "1", "3")]),
        ({}, {"a": {"b": {"c": "x", "d": True}}}, [("a.b.c", NOT_SET, "x"), ("a.b.d", NOT_SET, "true")]),
        ({"a": {"b": 1}}, {}, [("a.b", "1", NOT_SET)]),
        ({"a": {"b": 1}}, {"a": None}, [("a.b", "1", NOT_SET)]),
        ({"a": 1}, {"a": None}, [("a", "1", "null")]),
        ({"a": None}, {}, [("a", "null", NOT_SET)]),
        ({"a": 1}, {"a": True}, [("a", "1", "true")]),
        ({"a": 1}, {"a": "1"}, [("a", "1", "1, as text")]),
        ({"a": ""}, {"a": "x"}, [("a", '""', "x")]),
        ({"a": [1, 2]}, {"a": [2]}, [("a", "[1, 2]", "[2]")]),
        ({"a": {"b": 1}}, {"a": "text"}, [("a", '{"b": 1}', "text")]),
        ({"a": "one\ntwo"}, {"a": "one\nthree"}, [("a", "text of 2 lines", "text of 2 lines, changed")]),
        ({"a": {"b.c": 1, "": 2}}, {}, [('a.""', "2", NOT_SET), ('a."b.c"', "1", NOT_SET)]),
    ],
)
def test_what_differs(before, after, found):
    assert differing(before, after) == found


def test_where_nobody_gives_a_value_the_charts_own_is_told():
    chart = {"cull": {"timeout": 3600, "enabled": True}, "hub": {}}
    found = value_differences({"cull": {"timeout": 60}, "x": 1}, {"cull": {"enabled": False}}, (chart, chart))
    assert [(one.path, one.before, one.after) for one in found] == [
        ("cull.enabled", "true, the chart’s default", "false"),
        ("cull.timeout", "60", "3600, the chart’s default"),
        ("x", "1", NOT_SET),
    ]


def test_what_is_long_is_cut():
    ((_, before, after),) = differing({"a": "x" * 500}, {"a": list(range(200))})
    assert len(before) <= 100
    assert after.endswith("…")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("hub", "config", "AzureAdOAuthenticator", "client_secret"), SECRET),
        (("hub", "services", "jhub-bot", "apiToken"), TOKEN),
        (("imagePullSecret", "password"), "kurz"),
        (("hub", "db", "url"), "postgres://hub:geheim@db.example.org/hub"),
        (("hub", "extraConfig", "own"), f"c.A.b = 1\nc.X.client_secret = '{SECRET}'\n"),
        (("hub", "extraEnv"), [{"name": "API_TOKEN", "value": "kurz"}]),
        (("custom", "anything"), f"Bearer {TOKEN}"),
        (("hub", "config", "CryptKeeper", "keys"), [TOKEN]),
    ],
    ids=lambda one: ".".join(one) if isinstance(one, tuple) else "",
)
@pytest.mark.parametrize("way", ["new", "changed", "gone"])
def test_a_secret_is_told_of_and_not_shown(path, value, way):
    other = json.loads(json.dumps(value).replace("4f81c0", "99aa00").replace("0123", "4567").replace("urz", "lein"))
    made, instead = ({}, {})
    for into, what in ((made, value), (instead, other)):
        node = into
        for name in path[:-1]:
            node = node.setdefault(name, {})
        node[path[-1]] = what
    before, after = {"new": ({}, made), "changed": (instead, made), "gone": (made, {})}[way]
    found = value_differences(before, after)
    if before != after:
        (one,) = found
        assert one.secret
        words = {"new": (NOT_SET, SET_HIDDEN), "changed": (HIDDEN, CHANGED_HIDDEN), "gone": (HIDDEN, NOT_SET)}
        assert (one.before, one.after) == words[way]
    for secret in (SECRET, TOKEN, "kurz", "klein", "geheim"):
        assert secret not in repr(found)


def test_what_is_near_a_secret_is_shown():
    before = {"imagePullSecret": {"create": False, "registry": "a.example.org"}, "hub": {"existingSecret": "one"}}
    after = {"imagePullSecret": {"create": True, "registry": "b.example.org"}, "hub": {"existingSecret": "two"}}
    assert [one.after for one in value_differences(before, after)] == ["two", "true", "b.example.org"]


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(st.text(max_size=5), _VALUES, max_size=3), st.dictionaries(st.text(max_size=5), _VALUES, max_size=3)
)
def test_any_values_can_be_compared(before, after):
    found = value_differences(before, after)
    assert all(one.before != one.after for one in found)
    assert value_differences(after, after) == ()
    if json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True):
        assert not found


# What it means


def change(path, before, after):
    return ValueDifference(path, before, after)


@pytest.mark.parametrize(
    ("one", "line"),
    [
        (
            change("singleuser.storage.capacity", "10Gi", "20Gi"),
            "Homes created from now on have size 20Gi; existing",
        ),
        (
            change("singleuser.storage.dynamic.storageClass", "a", "b"),
            "Homes created from now on have storage class b;",
        ),
        (change("cull.enabled", "true", "false"), "Idle servers are no longer stopped."),
        (change("cull.timeout", "3600", "7200"), "Servers are stopped after being idle for 2 h; so far 1 h."),
        (
            change("cull.timeout", NOT_SET, "7200"),
            "Servers are stopped after being idle for 2 h; so far the chart's default.",
        ),
        (change("cull.maxAge", "0", "86400"), "Servers are stopped when they are 24 h old"),
        (
            change("hub.config.AzureAdOAuthenticator.allowed_groups", "a", "b"),
            "This changes who may log in, or how: AzureAdOAuthenticator.allowed_groups.",
        ),
        (change("hub.config.JupyterHub.authenticator_class", "a", "b"), "This changes who may log in"),
        (
            change("singleuser.memory.limit", "8G", "16G"),
            "Servers that start from now on get the new settings (memory.limit);",
        ),
        (change("proxy.https.hosts", "a", "b"), "This changes how the hub obtains its certificate: https.hosts."),
    ],
    ids=lambda one: one.path if isinstance(one, ValueDifference) else "",
)
def test_what_a_value_means(one, line):
    (told,) = value_meaning.consequences([one])
    assert told.startswith(line)
    assert value_meaning.warnings([one]) == ()


@pytest.mark.parametrize(
    ("one", "warning"),
    [
        (change("hub.db.type", "sqlite-pvc", "postgres"), "another database (db.type)"),
        (change("hub.db.url", "hidden", "changed, hidden"), "another database (db.url)"),
        (change("cull.users", "false", "true"), "deletes a user's home"),
        (change("hub.baseUrl", "/", "/x/"), "/ → /x/"),
        (change("hub.config.KubeSpawner.start_timeout", "300", "5"), "A server gets 5 s to start"),
    ],
    ids=lambda one: one.path if isinstance(one, ValueDifference) else "",
)
def test_what_is_dangerous_is_warned_of(one, warning):
    (told,) = value_meaning.warnings([one])
    assert warning in told


def test_the_image_alone_means_nothing_more():
    tag = change("singleuser.image.tag", "a", "b")
    assert value_meaning.consequences([tag]) == value_meaning.warnings([tag]) == ()


def test_many_of_a_kind_are_counted():
    many = [change(f"singleuser.extraEnv.V{n}", "a", "b") for n in range(7)]
    (told,) = value_meaning.consequences(many)
    assert "(extraEnv.V0, extraEnv.V1, extraEnv.V2 and 4 more)" in told


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({}, {"B": None}, ("–", "–")),
        ({}, {"B": ""}, ("–", '""')),
        ({"B": "x"}, {"B": ""}, ("hidden", '""')),
        ({"B": "x"}, {"B": None}, ("hidden", "–")),
        ({"B": "x"}, {"B": "y"}, ("hidden", "y")),
    ],
)
def test_nothing_is_not_hidden(before, after, told):
    path = ("singleuser", "extraEnv", "B")
    here, there = ({"singleuser": {"extraEnv": one}} for one in (before, after))
    [one] = value_differences(here, there, showing=Showing(typed=path))
    assert (one.before, one.after) == told
