"""Schedules as they are asked for and listed: what is planned, what is refused, what each card says."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.changes.serialization import dump, load
from cards.text import render
from cards.views import Notice, Tone
from commands.framework.argument_types import CommandLine, OperationId
from commands.framework.command import Consent, Query, ruling
from commands.framework.errors import UserError
from commands.framework.parser import parse
from commands.framework.plan_digest import digest
from commands.framework.registry import catalogue
from commands.framework.usage import example
from commands.help.help import COMMAND as HELP
from commands.ports.schedules import Schedule
from commands.schedules import add as schedule_add
from commands.schedules import list as schedule_list
from commands.schedules import remove as schedule_remove
from commands.timing.cron import Cron, Holidays, Timetable
from tests.world import Doing, World

NIGHT = Schedule("3f9a41c0", "0 19 * * 1-5", "scale 0", "Olu Operator", datetime(2026, 11, 23, 18, tzinfo=UTC))
ADD = '/jhub schedule add "30 7 * * mon-fri" scale up'


def args(line=ADD):
    return parse(line, catalogue()).args


async def plan_of(world, line=ADD):
    return await schedule_add.plan(args(line), world.reads)


async def test_the_plan_shows_both_lines_the_zone_and_the_next_times():
    said = render(schedule_add.preview(await plan_of(World())))
    assert "/jhub scale up" in said
    assert "30 7 * * mon-fri (Europe/Berlin)" in said
    assert "Tue 2026-11-24 07:30 Europe/Berlin" in said
    assert "15 min before" in said
    assert "asks only if what it would do then needs an approval" in said


async def test_holidays_are_left_out_and_told_of():
    holidays = (Holidays(date(2026, 11, 24), date(2026, 11, 25)),)
    said = render(schedule_add.preview(await plan_of(World(timetable=Timetable("Europe/Berlin", holidays)))))
    assert "Thu 2026-11-26 07:30" in said
    assert "Tue 2026-11-24" not in said
    assert "It is skipped on the holidays" in said


async def test_consent_is_bound_to_the_lines_and_not_to_the_next_times():
    plan = await plan_of(World())
    kind = type(plan)
    assert load(kind, dump(kind, plan)) == plan
    mark = digest("schedule add", "olu", plan)
    assert digest("schedule add", "olu", replace(plan, times=("later",))) == mark
    assert digest("schedule add", "olu", replace(plan, cron="30 8 * * *")) != mark
    assert digest("schedule add", "olu", replace(plan, zone="UTC")) != mark


async def test_what_is_there_already_and_too_many_are_refused():
    with pytest.raises(UserError, match="already scheduled: 3f9a41c0"):
        await plan_of(World(schedules=[NIGHT]), '/jhub schedule add "0 19 * * 1-5" /jhub scale 0')
    many = [replace(NIGHT, id=f"{number:08x}", line=f"scale {number}") for number in range(1, 51)]
    with pytest.raises(UserError, match="50 schedules"):
        await plan_of(World(schedules=many))


async def test_it_is_kept_in_one_step_under_the_id_of_what_was_asked():
    do = Doing(World())
    view = await schedule_add.apply(await plan_of(do.world), do)
    assert do.world.done == ["add op-9 30 7 * * mon-fri scale up"]
    assert view.tone is Tone.GOOD
    assert "The first run: Tue 2026-11-24 07:30 Europe/Berlin" in view.text


@pytest.mark.parametrize("command", [c for c in catalogue() if not isinstance(c, Query)], ids=lambda one: one.name)
def test_of_every_change_its_own_rule_counts_or_it_is_refused(command):
    its = schedule_add.Args(Cron.parse("0 19 * * *"), CommandLine.parse(example(command)))
    if command.destroys or not command.schedulable:
        with pytest.raises(UserError, match=r"deletes data|own work"):
            ruling(schedule_add.COMMAND, its, catalogue())
    else:
        assert ruling(schedule_add.COMMAND, its, catalogue()) == (schedule_add.COMMAND, command)


def test_adding_never_asks_for_less_than_a_confirmation():
    assert schedule_add.COMMAND.consent is Consent.CALLER
    assert not schedule_add.COMMAND.in_emergencies
    with pytest.raises(UserError, match="has no --emergency"):
        parse('schedule add --emergency "fire" "0 19 * * *" scale 0', catalogue())


async def test_help_says_that_the_command_itself_decides_who_is_asked():
    said = render(await HELP.run(parse("help schedule add", catalogue()).args, World().reads))
    assert "everybody whom the scheduled command would ask" in " ".join(said.split())


async def test_the_list_names_the_zone_the_next_time_and_what_is_suspended():
    still = replace(NIGHT, id="7c1d2e90", next=None, why="who made it may no longer do this")
    later = replace(NIGHT, id="9b8e4d10", line="scale up", later=True)
    said = render(await schedule_list.run(schedule_list.Args(), World(schedules=[NIGHT, still, later]).reads))
    assert "in the time zone Europe/Berlin" in said
    assert "1 schedule suspended" in said
    assert "Mon 2026-11-23 19:00" in said
    assert "(postponed)" in said
    assert "suspended: " in said


async def test_an_empty_list_shows_how_to_make_one():
    view = await schedule_list.run(schedule_list.Args(), World().reads)
    assert isinstance(view, Notice)
    assert "/jhub schedule add" in view.text


async def test_exactly_one_is_removed():
    do = Doing(World(schedules=[NIGHT, replace(NIGHT, id="3f9a0000")]))
    with pytest.raises(UserError, match="2 schedules"):
        await schedule_remove.plan(schedule_remove.Args(OperationId.parse("3f9a")), do.reads)
    with pytest.raises(UserError, match="No schedule has an id"):
        await schedule_remove.plan(schedule_remove.Args(OperationId.parse("abcd")), do.reads)
    plan = await schedule_remove.plan(schedule_remove.Args(OperationId.parse("3f9a4")), do.reads)
    assert "Olu Operator added it" in render(schedule_remove.preview(plan))
    assert (await schedule_remove.apply(plan, do)).title == "Schedule removed"
    assert (await schedule_remove.apply(plan, do)).title == "It was already removed"
    assert [one.id for one in do.world.schedules] == ["3f9a0000"]
