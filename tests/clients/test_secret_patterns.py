"""What has the shape of a secret is found, wherever in a line it stands; what has not, stays as it is."""

import time

import pytest

from clients import secret_rules
from clients.secret_patterns import MARK, unshaped
from tests.bot.kinds import kinds

KINDS = [pytest.param(one, id=one.name) for one in kinds()]


def test_there_are_forty_of_them():
    assert len({one.name for one in kinds()}) >= 40


@pytest.mark.parametrize("kind", [param for param in KINDS if "\n" not in param.values[0].text])
@pytest.mark.parametrize(
    "around", ["{}", "the key is {} here", "X={}", "x: '{}'", '{{"value": "{}"}}', "a\t{}", "({})", "run: {}"]
)
def test_each_kind_is_hidden_in_any_line(kind, around):
    shown = unshaped(around.format(kind.text))
    assert kind.core not in shown
    assert MARK in shown


@pytest.mark.parametrize(
    "line",
    [
        "jhub.azurecr.io/notebook:2026.11-1 on aks-userpool-12345678-vmss000001",
        "0f5a7c1e-3b2d-4e6f-8a9b-1c2d3e4f5a6b",
        "https://hub.example.org/hub/oauth_callback",
        "http://10.0.0.1:8081/hub/api",
        "https://hub.example.org:443/user/ada@example.org/lab",
        "docker run -u 1000:100 quay.io/jupyter/base-notebook",
        "git@github.com:example/hub.git and https://github.com/pre-commit/pre-commit-hooks/issues",
        "c.AzureAdOAuthenticator.username_claim = 'upn'",
        "Standard_D8ads_v5 in westeurope, 3 of 5 nodes",
        "claim-ada-win-example-org---11ded959--my-srv",
        "the login was refused, the password is wrong, the token has expired",
        "sk-learn-extensions and pk_columns",
        "start-notebook.sh --ServerApp.ip=0.0.0.0 --collaborative",
    ],
)
def test_what_is_none_stays(line):
    assert unshaped(line) == line


def test_the_rules_that_others_keep_are_used():
    """Ours have no pattern for it."""
    core = "T" + "0aB9" * 8 + "xy"
    text = f"bot 123456789:{core} started"
    assert core not in unshaped(text)
    assert [text[begin:end] for begin, end in secret_rules.ruled(text)] == [f"123456789:{core}"]


def test_a_rule_finds_what_lies_across_two_pieces():
    for shift in range(0, 900, 37):
        text = "aB1" * 300 + "." * shift + " AC" + "1a" * 16 + " " + "aB1" * 300
        assert "AC" + "1a" * 16 not in unshaped(text)


@pytest.mark.parametrize(
    "piece",
    [
        *("a_", "token ", "://a:", "Aa1/", "http://", "mysql ", "login -", "-u a:", "SK1", "aws 'A1aaaaaaaaaaaaaaaa"),
        *("https://a.b/hooks/", "xoxa-1-", "cloud_api_key A1", "sk-A1", "eyJ", "--a-token ", "$1$", "[hidden]", "gh"),
        *("ab_A1", "AKC1", "\n", "'", 'auth": "'),
    ],
)
def test_the_time_is_in_proportion_to_the_line(piece):
    """Held against a line of a tenth, so that it holds on a slow machine too."""
    took = []
    for length in (2**14, 2**14 * 10):
        began = time.process_time()
        unshaped(piece * (length // len(piece)))
        took.append(time.process_time() - began)
    assert took[1] < 60 * max(took[0], 0.005)
