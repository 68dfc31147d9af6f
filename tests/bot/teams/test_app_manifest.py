"""The Teams app's manifest: what it says of the bot, and what it refuses to say."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot.teams.app_manifest import MOST_IN_MENU, App, manifest
from commands.framework.command import Query
from commands.framework.parser import parse
from commands.framework.registry import catalogue
from commands.framework.usage import parameters

ROOT = Path(__file__).parents[3]
APP = App("3b5e7c1a-9d2f-4e6b-8a0c-5f7d9e1b3c2a", "bot.example.org", "1.2.3")


def bot(app=APP, commands=None):
    (made,) = manifest(app, {}, commands or catalogue())["bots"]
    return made


def test_the_bot_is_in_teams_groups_and_personal_chats_and_hears_what_is_targeted():
    made = bot()
    assert made["botId"] == APP.app_id
    assert set(made["scopes"]) == {"team", "groupChat", "personal"}
    assert made["supportsTargetedMessages"] is True
    lists = [(one["scopes"], one["triggers"]) for one in made["commandLists"]]
    assert lists == [
        (["team", "groupChat"], ["slash"]),
        (["team", "groupChat"], ["mention"]),
        (["personal"], ["mention"]),
    ]


def declared():
    return [command for command in catalogue() if command.in_menu]


def test_the_slash_menu_holds_what_declares_that_it_wants_to_be_in_it_each_as_it_is_typed():
    assert 1 <= len(declared()) <= MOST_IN_MENU
    slash, _, _ = bot()["commandLists"]
    assert [one["title"] for one in slash["commands"]] == [command.name for command in declared()]
    for one, command in zip(slash["commands"], declared(), strict=True):
        assert command.summary in one["description"]
        wanting = any(parameter.required for parameter in parameters(command.args))
        line = one["description"].partition("For example: ")[2] or one["title"]
        assert parse(line, catalogue()).command is command
        assert wanting == ("For example" in one["description"])
        # It is sent as it is picked: nothing of an example may be in it.
        assert set(one) == {"title", "description"}


def test_prompt_starters_say_what_they_are_for_and_put_down_a_whole_line():
    _, *starters = bot()["commandLists"]
    for listed in starters:
        for one, command in zip(listed["commands"], declared(), strict=True):
            assert (one["type"], one["title"] + ".") == ("prompt", command.summary)
            assert parse(one["prompt"], catalogue()).command is command
            assert one["description"] == one["prompt"]


def test_reads_and_a_change_are_in_the_menu():
    kinds = {isinstance(command, Query) for command in catalogue() if command.in_menu}
    assert kinds == {True, False}


def test_a_menu_that_is_too_long_is_refused_with_the_names():
    many = [replace(command, in_menu=True) for command in catalogue()]
    with pytest.raises(ValueError, match=r"holds 12 commands, but \d+ are marked for it: .*deploy.*status"):
        bot(commands=many)


def test_what_is_given_stands_in_it_and_what_is_not_is_the_bots_own_page():
    app = App(
        " 3B5E7C1A-9D2F-4E6B-8A0C-5F7D9E1B3C2A ",
        "Bot.Example.ORG",
        "1.2.3",
        name="JupyterHub test",
        developer="DTU",
        terms="https://example.org/terms?x=1",
    )
    made = manifest(app, {"name": {"short": "x", "full": "Whole"}, "accentColor": "#17506B"}, catalogue())
    assert made["id"] == APP.app_id
    assert made["name"] == {"short": "JupyterHub test", "full": "Whole"}
    assert made["developer"] == {
        "name": "DTU",
        "websiteUrl": "https://bot.example.org/about",
        "privacyUrl": "https://bot.example.org/about",
        "termsOfUseUrl": "https://example.org/terms?x=1",
    }
    assert made["validDomains"] == ["bot.example.org"]
    assert (made["version"], made["accentColor"]) == ("1.2.3", "#17506B")
    assert app.endpoint == "https://bot.example.org/api/messages"


def test_it_may_be_added_to_private_and_shared_channels():
    template = json.loads((ROOT / "manifest/manifest.json").read_text("utf-8"))
    assert manifest(APP, template, catalogue())["supportsChannelFeatures"] == "tier1"


def test_it_asks_for_no_permission():
    assert not {"permissions", "authorization", "webApplicationInfo", "devicePermissions"} & set(
        manifest(APP, {}, catalogue())
    )


@pytest.mark.parametrize(
    ("field", "text", "says"),
    [
        ("app_id", "", "not an app id"),
        ("app_id", "bot", "not an app id"),
        ("app_id", "{3b5e7c1a-9d2f-4e6b-8a0c-5f7d9e1b3c2a}", "not an app id"),
        ("app_id", "3b5e7c1a9d2f4e6b8a0c5f7d9e1b3c2a", "not an app id"),
        ("app_id", "00000000-0000-0000-0000-000000000000", "not an app id"),
        ("app_id", "3b5e7c1a-9d2f-4e6b-8a0c-5f7d9e1b3c2a\n3b5e", "not an app id"),
        ("host", "", "not the full public name"),
        ("host", "https://bot.example.org", "a scheme"),
        ("host", "bot.example.org/", "a path"),
        ("host", "https://bot.example.org/api", "a scheme; it has a path"),
        ("host", "bot.example.org:443", "a port"),
        ("host", "bot .example.org", "a space"),
        ("host", "bot.example.org\nx", "a space"),
        ("host", "localhost", "not the full public name"),
        ("host", "203.0.113.7", "an IP address, not a name"),
        ("host", "[2001:db8::1]", "an IP address, not a name"),
        ("host", "bøt.example.org", "not ASCII"),
        ("host", "-bot.example.org", "not the full public name"),
        ("host", "bot..example.org", "not the full public name"),
        ("host", "*.example.org", "not the full public name"),
        ("host", "a" * 64 + ".example.org", "not the full public name"),
        ("host", "a." * 130 + "org", "not the full public name"),
        ("version", "1.2", "three numbers"),
        ("version", "1.02.3", "three numbers"),
        ("version", "1.2.3rc1", "three numbers"),
        ("name", "x" * 31, "1 to 30"),
        ("name", " ", "1 to 30"),
        ("name", "Jupyter\nHub", "1 to 30"),
        ("developer", "x" * 33, "1 to 32"),
        ("website", "http://example.org", "https address"),
        ("privacy", "example.org/privacy", "https address"),
        ("privacy", "https://user@example.org/", "https address"),
        ("terms", "https://example.org/the terms", "https address"),
        ("terms", "https://example.org/" + "x" * 2048, "https address"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason_and_an_example(field, text, says):
    with pytest.raises(ValueError, match=f"{says}.*(such as|xn--)"):
        replace(APP, **{field: text})
