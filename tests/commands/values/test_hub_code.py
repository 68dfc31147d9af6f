"""What code in the values sets, without running it; the order in which a hub applies it."""

import pytest

from commands.values.hub_code import read_code
from commands.values.hub_config import HubConfig, authenticator_classes
from commands.values.python_syntax import MOST_NODES, MOST_TEXT


def known(code, **config):
    return read_code([("x", code)], config).known


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ('c.A.b = "upn"', "upn"),
        ("c['A'].b = True", True),
        ("c['A']['b'] = 1", 1),
        ("c.A['b'] = [1]", [1]),
        ("c.A.b: int = 3", 3),
        ("c.X.y = c.A.b = 4", 4),
        ('c.A.b = {"ada", "bob"}', {"ada", "bob"}),
        ('c.A.b = set(["ada"])', {"ada"}),
        ("c.A.b = set()", set()),
        ('c.A.update({"b": 5})', 5),
        ("c.A.update(b=6)", 6),
        ("c.A.b = 1\nc.A.b = 2", 2),
        ("c = get_config()\nc.A.b = 7  # said twice", 7),
        ("from os import path\nimport sys\nc.A.b = -8", -8),
    ],
)
def test_what_is_read(code, value):
    found = read_code([("x", code)], {})
    assert found.known["A", "b"] == value
    assert not found.may_set("A", "b")
    assert found.unread == []


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("c.A.b += [2]", [1, 2]),
        ("c.A.b.append(2)", [1, 2]),
        ("c.A.b.extend([2, 3])", [1, 2, 3]),
        ("c.A.allowed_users.add('ada')", [1]),
    ],
)
def test_what_completes_a_list(code, value):
    assert known(code, A={"b": [1]})["A", "b"] == value


def test_people_are_added_to_none():
    assert known("c.A.allowed_users.add('ada')\nc.A.allowed_users |= {'bob'}")["A", "allowed_users"] == {"ada", "bob"}


@pytest.mark.parametrize(
    "code",
    [
        "c.A.b = os.environ['B']",
        "if x:\n    c.A.b = 1",
        "try:\n    c.A.b = 1\nexcept ValueError:\n    pass",
        "def f():\n    c.A.b = 1\nf()\n",
        "c.A.b[0] = 1",
        "c.A.b += 1",
        "c.A.b.append(x)",
        "setup(c)",
        "d = c",
        "d = c.A",
        "setattr(c.A, name, 1)",
        "c[name].b = 1",
        "c.A[name] = 1",
        "c.A.update(more)",
        "c.A.update({name: 1})",
        "put = c.A.setdefault",
        "c.A.__setattr__('b', x)",
        "c.merge(more)",
        "c.update(more)",
        "from z import *",
        "exec(text)",
        "vars()['c'].A.b = 1",
        "get_config().A.b = 1",
        "del c.A.b",
        "(lambda d: d)(c)",
        "c.A.b = (",
        "c.A = {'b': 1}",
        "with open('x') as c: pass",
        "import x as c\nc.A.b = x",
        "c.A.b = set([[1]])",
    ],
)
def test_what_is_not_read_is_unknown(code):
    found = read_code([("x", code)], {"A": {"b": 0}})
    assert found.may_set("A", "b")
    assert found.unread


@pytest.mark.parametrize(
    "code",
    ["print('c.A.b')", "x = 5", "import os\nos.environ['A'] = 'b'", "c.A.other = x", "if x:\n    c.B.b = 1", "'c.A.b'"],
)
def test_what_other_code_does_is_no_doubt(code):
    assert not read_code([("x", code)], {"A": {"b": 0}}).may_set("A", "b")


def test_what_is_set_after_a_doubt_is_certain_and_before_it_is_not():
    assert not read_code([("x", "setup(c)\nc.A.b = 1")], {}).may_set("A", "b")
    assert read_code([("x", "c.A.b = 1\nsetup(c)")], {}).may_set("A", "b")
    assert read_code([("x", "def f():\n    c.A.b = 2"), ("y", "c.A.b = 1")], {}).may_set("A", "b")


@pytest.mark.parametrize(
    "code",
    [
        "c.A.b = " + "-" * 9_000 + "1",
        "c.A.b = " + "(" * 150 + ")" * 150,
        "a" + ".a" * 9_000,
        "c.A.b = 1 #" + "x" * MOST_TEXT,
        "x=1\n" * (MOST_NODES // 3),
        "lambda:" * 4_000 + "1",
        "not \\\n" * 4_000 + "1",
        "f'{" * 90,
        "\0",
        "c.A.b = '\ud800'",
        "\ufeffc.A.b = ",
    ],
)
def test_hostile_code_is_unknown_or_read_and_never_raises(code):
    read_code([("x", code)], {"A": {"b": 0}}).may_set("A", "b")


def test_the_order_of_a_hub():
    values = {
        "hub": {
            "config": {"A": {"b": "config", "c": "config", "d": "config"}, "Bad": None},
            "extraConfig": {"2": "c.A.b = 'second'", "10": "c.A.b = 'first'\nc.A.c = 'first'"},
            "extraFiles": {
                "f": {
                    "mountPath": "/usr/local/etc/jupyterhub/jupyterhub_config.d/f.py",
                    "stringData": "c.A.c = 'file'",
                },
                "g": {"mountPath": "/elsewhere", "stringData": "c.A.d = 'file'"},
            },
        }
    }
    config = HubConfig(values)
    assert [config.get(name, "A") for name in "bcd"] == ["second", "first", "config"]


def test_a_file_of_code_that_is_not_text_is_unknown():
    path = "/usr/local/etc/jupyterhub/jupyterhub_config.d/f.py"
    assert not HubConfig({"hub": {"extraFiles": {"f": {"mountPath": path, "binaryData": "aGk="}}}}).is_known("b", "A")


def test_the_special_class_wins_over_what_it_is_made_of():
    config = {"JupyterHub": {"authenticator_class": "azuread"}, "AzureAdOAuthenticator": {"username_claim": "upn"}}
    made = HubConfig({"hub": {"config": config, "extraConfig": "c.OAuthenticator.username_claim = 'mail'"}})
    assert made.get("username_claim") == "upn"
    assert made.traits()["username_claim"] == "upn"


@pytest.mark.parametrize(
    ("named", "classes"),
    [
        ("", ("DummyAuthenticator", "Authenticator")),
        ("azuread", ("AzureAdOAuthenticator", "OAuthenticator", "Authenticator")),
        ("oauthenticator.azuread.AzureAdOAuthenticator", ("AzureAdOAuthenticator", "OAuthenticator", "Authenticator")),
        (
            "local-google",
            (
                "LocalGoogleOAuthenticator",
                "LocalAuthenticator",
                "GoogleOAuthenticator",
                "OAuthenticator",
                "Authenticator",
            ),
        ),
        ("ours.Special", ("Special", "Authenticator")),
    ],
)
def test_classes(named, classes):
    assert authenticator_classes(named) == classes
