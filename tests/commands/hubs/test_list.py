"""Several hubs, as people type about them: which there are, which is meant, which one a line names."""

from dataclasses import replace

import pytest

from cards.views import Failure, Notice
from commands.framework.command import Level
from commands.framework.errors import Refused, UserError
from commands.framework.hub_option import named
from commands.framework.parser import parse
from commands.framework.registry import catalogue
from commands.hubs import list as hubs
from commands.ports.bot_state import HubChoice, HubSummary
from tests.world import Doing, World, words

TWO = HubChoice(
    "test", (HubSummary("main", "jupyterhub", "jhub", "hub.example.org"), HubSummary("test", "jh", "jhub-test"))
)


async def test_one_hub_is_no_choice():
    said = await hubs.run(hubs.Args(), World().reads)
    assert said.title == "The bot runs one hub"


async def test_all_are_listed_and_the_one_that_answers_is_marked():
    said = await hubs.run(hubs.Args(), World(choice=TWO).reads)
    assert said.title == "The bot runs 2 hubs"
    assert "test answers you here" in said.text
    assert [[cell.text for cell in row] for row in said.sections[0].rows] == [
        ["main", "jupyterhub", "jhub", "hub.example.org"],
        ["test", "jh", "jhub-test", "—"],
    ]


async def used(world, line):
    parsed = parse(line, catalogue())
    plan = await parsed.command.plan(parsed.args, world.reads)
    assert parsed.command.preview(plan).question
    return await parsed.command.apply(plan, Doing(world))


async def test_another_one_is_used_where_it_was_said():
    world = World(choice=TWO)
    said = await used(world, "/jhub hubs use MAIN")
    assert isinstance(said, Notice)
    assert world.chosen == [("op-9", "main")]


async def test_who_may_not_change_the_other_one_does_not_choose_it():
    async def refusal(hub, _object_id, level):
        return f"Ask an owner of {hub}." if level >= Level.OPERATOR else ""

    world = World(choice=replace(TWO, refusal=refusal))
    with pytest.raises(Refused, match=r"both hubs, and you are not one of main\..* Ask an owner of main"):
        await used(world, "/jhub hubs use main")
    assert not world.chosen


async def test_what_the_configuration_says_stays():
    world = World(choice=TWO, may_choose=False)
    said = await used(world, "/jhub hubs use main")
    assert isinstance(said, Failure)
    assert "hubs.<name>.channels" in words(said)
    assert not world.chosen


@pytest.mark.parametrize(
    ("choice", "why"), [(TWO, "There is no hub “prod”"), (HubChoice(), "The bot runs only one hub")], ids=["two", "one"]
)
async def test_a_hub_that_there_is_not_cannot_be_used(choice, why):
    with pytest.raises(UserError, match=why):
        await used(World(choice=choice), "/jhub hubs use prod")


@pytest.mark.parametrize("word", ["Pröd", "../x", "a" * 21, "1st", "te_st", "$(id)"])
def test_what_is_no_name_is_refused(word):
    with pytest.raises(UserError, match="is not the name of a hub: type up to 20 letters"):
        parse(f"/jhub hubs use {word}", catalogue())


@pytest.mark.parametrize(
    ("text", "hub", "rest"),
    [
        ("/jhub --hub test status", "test", "/jhub status"),
        ("--hub=Test deploy 7c1d2e9", "test", "deploy 7c1d2e9"),
        ("/jhub status --hub test", "test", "/jhub status"),
        ("/jhub deploy –hub test 7c1d2e9", "test", "/jhub deploy 7c1d2e9"),
        ("/jhub status", "", None),
        ("/jhub storage delete a@b --reason “for --hub test only”", "", None),
        ("/jhub storage delete a@b --reason 'x' --hub test", "test", "/jhub storage delete a@b --reason 'x'"),
        ("/jhub --hubs test", "", None),
        ("", "", None),
    ],
)
def test_a_line_names_a_hub_anywhere_but_in_quotation(text, hub, rest):
    assert named(text) == (hub, rest)


@pytest.mark.parametrize(
    "text", ["/jhub status --hub", "/jhub --hub --all status", "/jhub --hub=test --hub main status"]
)
def test_half_a_name_and_two_are_refused(text):
    with pytest.raises(UserError, match="--hub"):
        named(text)


def test_what_is_left_of_a_line_is_read_as_it_was_meant():
    """A reason with what would be markup, and quotation marks."""
    typed = '/jhub --hub test storage delete a@example.org --reason "is <b> &amp;  more"'
    _, rest = named(typed)
    again = parse(rest, catalogue())
    assert again.reason == parse(typed.replace("--hub test ", ""), catalogue()).reason == "is <b> &amp;  more"
