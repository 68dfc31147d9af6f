"""The audit trail in pages, and who the bot takes somebody for."""

import json
from datetime import timedelta

import pytest

from cards.adaptive import render as card_json
from cards.pages import all_pages
from cards.text import render
from cards.views import Lines, Notice, Table, typing
from clients.errors import Unavailable
from commands.framework.argument_types import Age, Upn
from commands.framework.command import Level
from commands.framework.errors import UserError
from commands.help import whoami
from commands.ports.operations import TrailLine
from commands.requests import audit
from commands.requests.arguments import EntryNumber
from tests.world import NOW, OLU, World

ADA = "ada-object-id"


def line(number, object_id=OLU):
    at = NOW - timedelta(hours=100 - number)
    return TrailLine(number, at, "Olu Operator", object_id, "ended", "done", "deploy 7c1d2e9", "3f9a", "step: x")


def world(count=50):
    trail = [line(n, ADA if n % 10 == 0 else OLU) for n in range(1, count + 1)]
    return World(trail=trail, object_ids={"ada@example.org": ADA})


async def page(its_world, **given):
    kinds = {"user": Upn.parse, "since": Age.parse, "before": EntryNumber.parse}
    return await audit.run(audit.Args(**{name: kinds[name](value) for name, value in given.items()}), its_world.reads)


def numbers(view):
    return [int(row[0].text) for section in view.sections if isinstance(section, Table) for row in section.rows]


def following(view):
    return [line for section in view.sections if isinstance(section, Lines) for line in section.lines]


async def test_what_is_before_holds_everything_once():
    its_world, seen, view = world(2_500), [], None
    before = {}
    while True:
        view = await page(its_world, **before)
        seen += numbers(view)
        if not following(view):
            break
        (typed,) = following(view)
        assert view.buttons == (typing("Earlier entries", typed),)
        before = {"before": typed.rpartition(" ")[2]}
    assert seen == list(range(2_500, 0, -1))


async def test_by_person_and_time_and_the_next_line_keeps_both():
    assert numbers(await page(world(), user="ada@example.org")) == [50, 40, 30, 20, 10]
    view = await page(world(1_100), since="9000h")
    assert (numbers(view)[0], following(view)) == (1_100, ["/jhub audit --since 9000h --before 101"])
    assert isinstance(await page(world(), since="1h"), Notice)


async def test_an_unknown_person_is_said():
    with pytest.raises(UserError, match=r"does not know “zoe@example.org”"):
        await page(world(), user="zoe@example.org")


async def test_entries_are_whole_in_pages_of_cards():
    long = [
        TrailLine(n, NOW, "N" * 40, OLU, "refused", "refused", "x y " * 200, "3f9a", "y" * 900) for n in range(1, 30)
    ]
    shown = all_pages(await page(World(trail=long)))
    assert [number for view in shown for number in numbers(view)] == [*range(29, 0, -1)]
    assert json.dumps([card_json(view) for view in shown]).count("x y " * 199) == 29


# whoami


async def who(level, **more):
    return render(await whoami.run(whoami.Args(), World(level=level, **more).reads))


async def test_an_operator_learns_what_they_may_and_what_needs_others():
    said = await who(Level.OPERATOR)
    assert "Olu Operator" in said
    assert "operator, which includes viewer" in said
    assert "JupyterHub operators" in said
    assert "(needs the approval of another person)" in said
    assert "approvers approve what you ask for" in said


async def test_somebody_in_no_group_learns_that_too():
    said = await who(Level.ANYONE, groups=[])
    assert "You are in none of the bot's groups." in said
    assert "no group" in said
    mine = said.partition("You may change\n")[2].partition("\n\nBeyond your level")[0]
    assert mine.startswith("/jhub server refresh [tag]\n/jhub storage ask <size> <why>")
    assert "\n/jhub server stop" not in mine


async def test_an_approver_may_approve_others():
    assert "but not what you ask for yourself" in await who(Level.APPROVER)


async def test_a_silent_directory_is_said():
    said = await who(Level.VIEWER, groups=Unavailable("Microsoft Graph", "did not answer within 5 s"))
    assert "cannot be determined now: Microsoft Graph did not answer within 5 s" in said
