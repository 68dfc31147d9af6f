"""Help: for each person their own."""

import pytest

from cards.text import render
from commands import help as help_
from commands.catalogue import catalogue
from commands.errors import UserError
from commands.spec import Level
from commands.values import CommandName
from tests.commands.outside import World


async def card(level, command=None):
    return await help_.run(help_.Args(CommandName.parse(command) if command else None), World(level=level).reads)


@pytest.mark.parametrize("level", Level)
async def test_every_command_is_there_once_and_on_the_right_side(level):
    view = await card(level)
    assert len(view.allowed) + len(view.others) == len(catalogue())
    assert len(view.allowed) == sum(command.level <= level for command in catalogue())
    assert all(entry.who for entry in view.others)
    assert not any(entry.who for entry in view.allowed)


async def test_a_viewer_learns_who_could_deploy():
    view = await card(Level.VIEWER)
    (deploy,) = (entry for entry in view.others if entry.usage.startswith("/jhub deploy [tag]"))
    assert deploy.who == "for operators: Olu Operator, Ada Admin"
    assert view.text.startswith("You are a viewer.")


@pytest.mark.parametrize("typed", ["deploy", "/jhub deploy", "jhub deploy", "DEPLOY"])
async def test_one_command_with_an_example_that_would_work(typed):
    view = await card(Level.OPERATOR, typed)
    assert view.title == "/jhub deploy"
    assert view.examples == ("/jhub deploy 7c1d2e9",)
    said = render(view)
    assert "operators and above" in said
    assert "you, before anything happens" in said


async def test_a_command_that_is_not_for_the_reader_is_shown_as_such():
    view = await card(Level.VIEWER, "deploy")
    assert view.allowed == ()
    assert view.others[0].who


async def test_an_unknown_command_gets_the_nearest():
    with pytest.raises(UserError) as refused:
        await card(Level.VIEWER, "deplyo")
    assert "/jhub help deploy" in refused.value.hints


async def test_what_needs_the_approval_of_others_says_so():
    assert "another person, an approver who did not ask for it" in render(await card(Level.OPERATOR, "storage delete"))
    assert "Asks  nobody" in render(await card(Level.OPERATOR, "cancel"))
