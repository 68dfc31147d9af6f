"""Completion in the terminal chat, from the real commands' declarations."""

import pytest

from bot.cli.dev.completion import Vocabulary
from commands.framework.registry import catalogue

WORDS = Vocabulary(
    catalogue(),
    roles={"viewer": "Adele Vance", "nobody": "Isaiah Langer", "adele.vance@example.org": "Adele Vance"},
    users=["emmy.noether@example.org", "ada.lovelace@example.org"],
    tags=["7c1d2e9", "0ddba11"],
    faults={"cert": ["passing", "dns"], "node": ["silent"]},
)


def offered(line):
    return [offer.word for offer in WORDS.offers(line)]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", ["/jhub", "/as", "/sandbox"]),
        ("/j", ["/jhub"]),
        ("sta", ["status"]),
        ("/jhub sta", ["status"]),
        ("  jhub  STA", ["status"]),
        ("/jhub storage d", ["delete", "doctor"]),
        ("/jhub storage delete em", ["emmy.noether@example.org"]),
        ("/jhub storage delete emmy.noether@example.org --no", ["--no-snapshot"]),
        ("/jhub deploy 7", ["7c1d2e9"]),
        ("/jhub deploy 7c1d2e9 --dry-run --", ["--chart", "--timeout", "--no-wait", "--reason", "--emergency"]),
        ("/jhub deploy --chart ", ["4.4.0"]),
        ("/jhub alerts here ", ["off", "on"]),
        ("/jhub scale u", ["up"]),
        ("/jhub scale up --", ["--pool", "--reason", "--emergency"]),
        ("/jhub logs --fol", ["--follow"]),
        ("/jhub help storage l", []),
        ("/jhub help cert r", []),
        ("/as v", ["viewer"]),
        ("as adele", ["adele.vance@example.org"]),
        ("/as viewer ", []),
        ("/sandbox ", ["status", "approve", "reject", "break", "heal", "rename", "leave", "wait", "past"]),
        ("/sandbox break ", ["cert", "node"]),
        ("/sandbox break cert d", ["dns"]),
        ("/sandbox heal n", ["node"]),
        ("/sandbox approve ", ["--as"]),
        ("/sandbox approve --as no", ["nobody"]),
        ("/sandbox approve --as nobody ", []),
        ("/jhub nosuch ", []),
        ("/jhub status", []),
    ],
)
def test_only_what_could_come_next_is_offered(line, words):
    assert offered(line) == words


def test_each_offer_says_what_it_is():
    assert [offer.what for offer in WORDS.offers("/jhub storage delete --no")] == [
        next(offer.what for offer in WORDS.offers("/jhub storage delete emmy.noether@example.org --no"))
    ]
    assert all(offer.what for offer in WORDS.offers("/jhub storage delete "))
    assert {offer.word: offer.what for offer in WORDS.offers("/sandbox break ")}["cert"] == "passing, dns"


def test_every_command_can_be_typed_by_following_what_is_offered():
    for command in catalogue():
        typed = "/jhub "
        for word in command.name.split():
            assert word in offered(typed), (command.name, typed)
            typed += f"{word} "
