"""Help: for each person their own, by topic, small enough for one card, and all of it within reach of buttons."""

import json

import pytest

from cards import adaptive
from cards.text import render
from cards.views import TYPE
from commands.framework.argument_types import CommandName
from commands.framework.command import Level, Topic
from commands.framework.errors import UserError
from commands.framework.parser import parse
from commands.framework.registry import catalogue
from commands.help import help as help_
from commands.help.help import ABOUT, LEAF
from commands.help.topics import by_topic, needs_nothing, topic_of
from tests.world import World


async def card(level, command=None):
    return await help_.run(help_.Args(CommandName.parse(command) if command else None), World(level=level).reads)


def named(entries):
    names = sorted((command.name for command in catalogue()), key=len, reverse=True)
    return [next(name for name in names if f"{entry.usage} ".startswith(f"/jhub {name} ")) for entry in entries]


@pytest.mark.parametrize("level", Level)
async def test_every_command_is_there_once_and_on_the_right_side(level):
    pages = [await card(level, topic.word) for topic in Topic]
    allowed, others = (
        [name for page in pages for name in named(getattr(page, side))] for side in ("allowed", "others")
    )
    assert sorted(allowed + others) == sorted(command.name for command in catalogue())
    assert sorted(allowed) == sorted(command.name for command in catalogue() if command.level <= level)
    assert all(entry.who for page in pages for entry in page.others)
    assert not any(entry.who for page in pages for entry in page.allowed)


@pytest.mark.parametrize("level", Level)
async def test_buttons_lead_to_every_page_and_no_page_is_cut(level):
    world, seen, waiting = World(level=level), {}, [""]
    while waiting:
        about = waiting.pop()
        seen[about] = view = help_.page(about, world.reads)
        assert "… and " not in json.dumps(adaptive.render(view), ensure_ascii=False)
        waiting += [there for b in view.buttons if b.verb == LEAF and (there := dict(b.data)[ABOUT]) not in seen]
    shown = {view.title for view in seen.values()}
    assert {f"/jhub {command.name}" for command in catalogue()} <= shown
    assert {topic.title for topic in Topic} <= shown


async def test_status_is_the_first_topic_and_the_first_command():
    view = await card(Level.OPERATOR)
    assert view.buttons[0].title == "Status"
    assert view.allowed[0].usage == "/jhub help status"
    assert (await card(Level.OPERATOR, "status")).allowed[0].usage == "/jhub status"


async def test_a_topic_has_what_the_reader_may_do_first_and_says_once_who_may_do_the_rest():
    view = await card(Level.VIEWER, "storage")
    assert named(view.allowed) == ["storage list", "storage show", "storage snapshots", "storage doctor", "storage ask"]
    said = render(view)
    assert said.count("Operators can type") == 1
    assert said.count("ask Ada Admin to make you an operator") == 1
    assert said.index("You can type") < said.index("Operators can type")


@pytest.mark.parametrize("typed", ["deploy", "/jhub deploy", "jhub deploy", "DEPLOY"])
async def test_one_command_with_an_example_that_would_work(typed):
    view = await card(Level.OPERATOR, typed)
    assert view.title == "/jhub deploy"
    assert view.examples == ("/jhub deploy 7c1d2e9",)
    said = render(view)
    assert "operators and above" in said
    assert "you, before anything happens" in said


@pytest.mark.parametrize("name", ["status", "nodes", "alerts"])
async def test_what_is_a_topic_and_a_command_is_the_topic_unless_the_command_is_meant(name):
    assert (await card(Level.OPERATOR, name)).title == topic_of(name).title
    assert (await card(Level.OPERATOR, f"command {name}")).title == f"/jhub {name}"


async def test_the_first_word_of_several_commands_lists_them():
    view = await card(Level.OPERATOR, "pool")
    assert named(view.allowed) == ["pool create", "pool delete", "pool prefer", "pool require"]


@pytest.mark.parametrize("command", catalogue(), ids=lambda command: command.name)
async def test_a_commands_page_can_run_it_where_it_needs_nothing_and_leads_back(command):
    view = help_.page(help_._about(command), World(level=Level.ADMIN).reads)
    typed = [dict(button.data)["line"] for button in view.buttons if button.verb == TYPE]
    # A change that only answers where it is given nothing is a query by the same name.
    assert [parse(line, catalogue()).command.name for line in typed] == [command.name] * needs_nothing(command)
    assert command.topic.word in [dict(button.data).get(ABOUT) for button in view.buttons if button.verb == LEAF]


async def test_a_command_that_is_not_for_the_reader_is_shown_as_such():
    view = await card(Level.VIEWER, "deploy")
    assert view.allowed == ()
    assert view.others[0].who == "Operators can type"
    assert not [button for button in view.buttons if button.verb == TYPE]
    assert "ask Ada Admin" in view.footer


@pytest.mark.parametrize(("typed", "line"), [("deplyo", "/jhub help deploy"), ("delete", "/jhub help pool delete")])
async def test_an_unknown_command_gets_the_nearest(typed, line):
    with pytest.raises(UserError) as refused:
        await card(Level.VIEWER, typed)
    assert line in [one.line for one in refused.value.suggestions]


async def test_what_needs_the_approval_of_others_says_so():
    assert "another person, an approver who did not ask for it" in render(await card(Level.OPERATOR, "storage delete"))
    assert "Asks  nobody" in render(await card(Level.OPERATOR, "cancel"))


def test_within_a_topic_no_two_commands_have_the_same_rank():
    for topic, members in by_topic(catalogue()).items():
        ranks = [command.rank for command in members]
        taken = f"{topic.word}: two commands have the same rank, and each has its own place; taken: {sorted(ranks)}"
        assert len(set(ranks)) == len(ranks), taken
