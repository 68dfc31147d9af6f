"""Schedules from being asked for to their runs: who agrees, when it runs, once, and what everybody is told."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.chat.platform import Click
from bot.config.access import ApprovalRule, ApprovalSettings
from bot.instrumentation.outcomes import Outcome
from bot.schedules.model import Occurrence, OccurrenceState, ScheduleState
from cards.views import Notice, Plan, Request
from clients.errors import Conflict, Unavailable
from commands.timing.cron import Holidays, Timetable
from tests.bot.people import ABE, ADA, ANN, OLGA, OLU, VERA
from tests.bot.timed import Timed

DAY = (2026, 11, 23)


@pytest.fixture
async def bench(database):
    made = Timed(database)
    yield made
    await made.memory.crash()


def reopened(bench, **settings):
    """The same bot with other settings."""
    bench.settings = ApprovalSettings(policy={name: ApprovalRule(**rule) for name, rule in settings.items()})
    bench.start()


# Asking


async def test_adding_asks_what_the_command_would_ask_and_shows_the_time_zone(bench):
    await bench.type(OLU, 'schedule add "0 19 * * 1-5" paint door')
    shown = bench.room.shown
    assert isinstance(shown, Plan)
    assert "Mon 2026-11-23 19:00 Europe/Berlin" in str(shown)
    assert "15 min before" in str(shown)
    await bench.press(OLU, "Add the schedule")
    await bench.settle()
    (kept,) = await bench.kept.all()
    assert (kept.cron, kept.line, kept.creator) == ("0 19 * * 1-5", "paint door", OLU)
    assert bench.house.mixed == 0


async def test_adding_waits_for_as_many_approvals_as_the_command(bench):
    await bench.type(OLU, 'schedule add "0 19 * * *" rebuild house')
    assert isinstance(bench.room.shown, Request)
    assert bench.room.shown.needed == 2
    await bench.decide(ABE, "approve")
    assert await bench.kept.all() == []
    await bench.decide(ANN, "approve")
    await bench.settle()
    (kept,) = await bench.kept.all()
    assert kept.approvers == (ABE, ANN)


@pytest.mark.parametrize("policed", ["paint", "schedule add"])
async def test_the_policy_of_the_command_counts_and_that_of_adding_too(bench, policed):
    reopened(bench, **{policed: {"approvals": 1, "reason": True}})
    await bench.type(OLU, 'schedule add "0 19 * * *" paint door')
    assert "needs a reason" in str(bench.room.shown)
    await bench.type(OLU, 'schedule add "0 19 * * *" paint door --reason "it peels"')
    assert isinstance(bench.room.shown, Request)
    assert bench.room.shown.reason == "it peels"
    await bench.decide(ABE, "approve")
    await bench.settle()
    (kept,) = await bench.kept.all()
    assert kept.reason == "it peels"


async def test_nobody_schedules_what_they_may_not_do(bench):
    for who, line in ((VERA, "paint door"), (OLU, "raze house")):
        await bench.type(who, f'schedule add "0 19 * * *" {line}')
        assert "Not allowed" in bench.room.shown.title
    assert bench.outcomes == [Outcome.REFUSED, Outcome.REFUSED]
    assert await bench.kept.all() == []


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("look", "changes nothing"),
        ("tear door", "deletes data"),
        ('schedule add "0 1 * * *" paint door', "bot’s own work"),
        ("schedule remove abcd", "bot’s own work"),
        ("polish door", "There is no command “polish”"),
        ("paint", "needs a what"),
        ("paint sky --colour red", "has no --colour"),
        ('paint door --emergency "fire"', "cannot be an emergency"),
        ("x" * 500, "at most 300"),
    ],
)
async def test_what_no_schedule_may_run_is_refused_with_the_reason(bench, line, why):
    await bench.type(ADA, f'schedule add "0 19 * * *" {line}')
    assert why in bench.room.shown.title
    assert bench.outcomes == [Outcome.INVALID]
    assert await bench.kept.all() == []


async def test_the_same_is_not_scheduled_twice(bench):
    schedule = await bench.schedule()
    await bench.type(OLGA, 'schedule add "0 19 * * *" paint door')
    assert f"already scheduled: {schedule}" in bench.room.shown.title


# Running


async def test_it_is_announced_and_runs_once_without_asking(bench):
    schedule = await bench.schedule()
    await bench.at(*DAY, 18, 44)
    assert bench.cards("At 19:00") == []
    await bench.at(*DAY, 18, 45)
    (card,) = bench.cards("At 19:00 Europe/Berlin: /jhub paint door")
    assert "by Olu Operator" in card.views[-1].text
    assert [button.title for button in card.views[-1].buttons] == ["Postpone 1 h", "Skip this run"]
    await bench.at(*DAY, 18, 59)
    assert bench.house.painted == []
    await bench.at(*DAY, 19, 0)
    await bench.at(*DAY, 19, 1)
    assert bench.house.painted == ["door"]
    assert card.views[-1].title == "Ended: /jhub paint door"
    assert card.finished
    (run,) = [change for change in await bench.changes.ended(9) if change.schedule]
    assert (run.requester, run.schedule, run.outcome) == (OLU, schedule, "done")
    assert run.title.startswith("Scheduled: ")
    assert schedule in str(bench.cards("Painted")[0].views[-1].sections)
    assert [event for event, _ in await bench.events()][-7:] == [
        "schedule run",
        "asked",
        "asked",
        "intent",
        "step",
        "step",
        "ended",
    ]
    assert all(f"schedule: {schedule}" in line.detail for line in await bench.told("schedule run"))


async def test_it_comes_again_the_next_day(bench):
    await bench.schedule(line="dab door")
    for day in (23, 24, 25):
        await bench.at(2026, 11, day, 18, 50)
        await bench.at(2026, 11, day, 19, 0)
    assert bench.house.mixed == 3
    assert len(await bench.told("schedule run")) == 3


async def test_a_schedule_made_shortly_before_its_time_is_announced_at_once(bench):
    bench.clock.forward(timedelta(hours=8, minutes=55))
    await bench.schedule()
    await bench.at(*DAY, 18, 56)
    assert len(bench.cards("At 19:00")) == 1


async def test_approved_once_it_runs_in_the_name_of_who_agreed(bench):
    reopened(bench, paint={"approvals": 1})
    await bench.approved("paint door")
    await bench.at(*DAY, 18, 50)
    assert "approved by Abe Approver" in bench.room.shown.text
    await bench.at(*DAY, 19, 0)
    assert bench.house.painted == ["door"]
    assert "Abe Approver" in str(bench.cards("Painted")[0].views[-1])


async def test_a_run_is_planned_anew_and_no_plan_binds_it(bench):
    await bench.schedule()
    bench.house.colour = "green"
    await bench.at(*DAY, 19, 0)
    assert bench.house.painted == ["door"]


async def test_a_run_whose_plan_makes_no_sense_says_so_and_the_schedule_goes_on(bench):
    await bench.schedule(line="paint sky")
    await bench.at(*DAY, 19, 0)
    assert bench.cards("The sky cannot be painted")
    assert "invalid" in str(bench.cards("Ended")[0].views[-1])
    assert (await bench.kept.all())[0].state is ScheduleState.ACTIVE


async def test_a_policy_tightened_since_has_the_run_ask_for_what_is_missing(bench):
    reopened(bench, paint={"approvals": 1})
    await bench.approved("paint door")
    reopened(bench, paint={"approvals": 2})
    await bench.at(*DAY, 18, 50)
    bench.clock.forward(timedelta(minutes=10))
    await bench.scheduler.look()
    await bench.settle()
    assert bench.house.painted == []
    (asked,) = await bench.changes.open()
    assert len(asked.approvals) == 1
    assert "decided" not in str(await bench.decide(OLU, "approve"))
    await bench.decide(ABE, "approve")
    assert bench.house.painted == []
    await bench.decide(ANN, "approve")
    await bench.settle()
    assert bench.house.painted == ["door"]


async def test_a_run_asks_anew_about_what_nobody_could_know_of_when_it_was_agreed_to(bench):
    reopened(bench, mend={"approvals": 1})
    await bench.approved("mend attic")
    bench.house.onlookers = 1
    await bench.at(*DAY, 18, 50)
    bench.clock.forward(timedelta(minutes=10))
    await bench.scheduler.look()
    await bench.settle()
    (asked,) = await bench.changes.open()
    assert asked.votes == ()
    assert bench.house.painted == []
    await bench.decide(ABE, "approve")
    await bench.settle()
    assert bench.house.painted == ["attic"]


async def test_a_reason_that_the_policy_wants_since_ends_the_run(bench):
    await bench.schedule()
    reopened(bench, paint={"reason": True})
    await bench.at(*DAY, 19, 0)
    assert bench.house.painted == []
    assert bench.cards("needs a reason")


async def test_somebody_elses_change_in_the_same_moment_has_the_run_ask_like_any_other(bench):
    await bench.schedule()
    bench.house.trouble = Conflict("it was changed meanwhile")
    await bench.at(*DAY, 19, 0)
    assert bench.cards("Plan out of date")
    (asked,) = await bench.changes.open()
    assert (asked.confirm, asked.schedule) == (True, "")
    assert bench.house.painted == []


# Losing the level


async def test_a_creator_who_lost_the_level_stops_the_schedule(bench):
    schedule = await bench.schedule()
    bench.directory.drop(OLU)
    await bench.at(*DAY, 19, 0)
    assert bench.house.painted == []
    assert bench.cards("Not allowed")
    assert "is suspended" in bench.cards("Ended")[0].views[-1].text
    (kept,) = await bench.kept.all()
    assert kept.state is ScheduleState.STILL
    await bench.at(2026, 11, 24, 19, 0)
    assert len(await bench.told("schedule run")) == 1
    assert schedule in (await bench.told("schedule stands still"))[0].detail
    await bench.type(VERA, "schedule list")
    assert "suspended" in str(bench.room.shown)


async def test_an_approver_who_lost_the_level_stops_it_as_well(bench):
    reopened(bench, paint={"approvals": 1})
    await bench.approved("paint door")
    bench.directory.drop(ABE)
    await bench.at(*DAY, 19, 0)
    assert bench.house.painted == []
    assert (await bench.kept.all())[0].state is ScheduleState.STILL


async def test_a_directory_that_is_out_ends_the_run_and_not_the_schedule(bench):
    await bench.schedule()
    await bench.at(*DAY, 18, 50)
    bench.directory.trouble = Unavailable("Microsoft Graph", "does not answer")
    await bench.at(*DAY, 19, 0)
    assert bench.house.painted == []
    assert (await bench.kept.all())[0].state is ScheduleState.ACTIVE


# Buttons


async def test_whoever_may_postpones_for_all_again_and_again_but_not_up_to_the_next_time(bench):
    await bench.schedule("0 19,22 * * *")
    await bench.at(*DAY, 18, 50)
    (card,) = bench.cards("At 19:00")
    await bench.press(OLGA, "Postpone 1 h", card=card)
    assert card.views[-1].title == "At 20:00 Europe/Berlin: /jhub paint door"
    assert "Olga Operator postponed it" in card.views[-1].text
    await bench.at(*DAY, 19, 0)
    assert bench.house.painted == []
    await bench.press(ADA, "Postpone 1 h", card=card)
    assert "At 21:00" in card.views[-1].title
    refused = await bench.press(OLU, "Postpone 1 h", card=card)
    assert "The next run is at 22:00 Europe/Berlin" in refused.text
    await bench.at(*DAY, 21, 0)
    assert bench.house.painted == ["door"]
    assert len(await bench.told("schedule postponed")) == 2


async def test_skipping_skips_this_time_only(bench):
    await bench.schedule(line="dab door")
    await bench.at(*DAY, 18, 50)
    (card,) = bench.cards("At 19:00")
    await bench.press(OLGA, "Skip this run", card=card)
    assert card.views[-1].title == "Skipped: /jhub dab door"
    assert "Olga Operator skipped the run at 19:00 Europe/Berlin" in card.views[-1].text
    assert card.views[-1].buttons == ()
    await bench.at(*DAY, 19, 0)
    assert bench.house.mixed == 0
    (told,) = await bench.told("schedule skipped")
    assert told.name == OLGA.name
    await bench.at(2026, 11, 24, 19, 0)
    assert bench.house.mixed == 1


async def test_a_button_passes_the_same_check_as_typing(bench):
    await bench.schedule("0 19 * * *", "raze house", ADA)
    await bench.at(*DAY, 18, 50)
    for who in (VERA, OLU):
        for button in ("Skip this run", "Postpone 1 h"):
            answer = await bench.press(who, button)
            assert "Only admins can" in answer.text
    assert len([line for line in await bench.told("refused") if "schedule" in line.detail]) == 4
    bench.directory.trouble = Unavailable("Microsoft Graph", "does not answer")
    assert "could not be checked" in (await bench.press(ADA, "Skip this run")).text
    bench.directory.trouble = None
    await bench.at(*DAY, 19, 0)
    assert bench.house.painted == ["house"]


async def test_of_a_hundred_clicks_at_once_one_counts(bench):
    await bench.schedule("0 19 * * *")
    await bench.at(*DAY, 18, 50)
    (card,) = bench.cards("At 19:00")
    clicks = [bench.press(who, "Postpone 1 h", card=card) for who in (OLU, OLGA, ABE, ANN, ADA) for _ in range(20)]
    await asyncio.gather(*clicks)
    assert "At 20:00" in card.views[-1].title
    assert len(await bench.told("schedule postponed")) == 1


async def test_an_old_copy_of_the_card_postpones_nothing_twice(bench):
    await bench.schedule()
    await bench.at(*DAY, 18, 50)
    (card,) = bench.cards("At 19:00")
    first = card.views[0].buttons[0]
    for _ in range(2):
        click = Click("again", OLU, first.verb, dict(first.data), bench.room, card.id)
        answer = await bench.pipeline.on_click(click)
    assert "Olu Operator has already decided" in answer.text
    assert "At 20:00" in card.views[-1].title


@pytest.mark.parametrize("data", [{}, {"schedule": "x"}, {"due": "x"}, {"due": "2026-11-23T18:00:00"}, {"at": "x"}])
async def test_a_forged_click_changes_nothing(bench, data):
    await bench.schedule()
    await bench.at(*DAY, 18, 50)
    its = dict(bench.room.shown.buttons[1].data)
    answer = await bench.pipeline.on_click(Click("x", OLU, "skip", {**its, **data} if data else {}, bench.room))
    assert isinstance(answer, Notice)
    await bench.at(*DAY, 19, 0)
    assert bench.house.painted == ["door"]


async def test_after_it_has_begun_no_button_holds_it_back(bench):
    await bench.schedule()
    await bench.at(*DAY, 18, 50)
    (card,) = bench.cards("At 19:00")
    await bench.at(*DAY, 19, 0)
    button = card.views[0].buttons[1]
    answer = await bench.pipeline.on_click(Click("x", OLU, button.verb, dict(button.data), bench.room, card.id))
    assert "too late" in answer.text
    assert bench.house.painted == ["door"]


# Holidays, and times that were missed


async def test_on_a_holiday_nothing_runs_and_the_channel_hears_why(database):
    holidays = (Holidays(date(2026, 11, 23), date(2026, 11, 24)),)
    bench = Timed(database, timetable=Timetable("Europe/Berlin", holidays))
    await bench.schedule()
    await bench.at(*DAY, 18, 45)
    (card,) = bench.cards("Not today: /jhub paint door")
    assert "Monday, 23 November 2026 is a holiday" in card.views[-1].text
    await bench.at(*DAY, 19, 0)
    await bench.at(2026, 11, 24, 19, 0)
    assert bench.house.painted == []
    assert len(await bench.told("schedule on a holiday")) == 2
    await bench.at(2026, 11, 25, 19, 0)
    assert bench.house.painted == ["door"]


async def test_a_holiday_is_one_of_the_time_zone(database):
    # 00:30 of the 24th in Berlin is still the 23rd in UTC.
    bench = Timed(database, timetable=Timetable("Europe/Berlin", (Holidays(date(2026, 11, 24), date(2026, 11, 24)),)))
    await bench.schedule("30 0 * * *")
    await bench.at(2026, 11, 24, 0, 30)
    assert bench.cards("Not today")


async def test_up_to_an_hour_late_it_runs_and_says_how_late(bench):
    await bench.schedule()
    await bench.at(*DAY, 19, 50)
    assert bench.house.painted == ["door"]
    (card,) = bench.cards("Ended")
    assert any("It starts 50 min late" in view.text for view in card.views)


async def test_later_it_does_not_run_and_is_told_of(bench):
    await bench.schedule(line="dab door")
    await bench.at(*DAY, 20, 1)
    assert bench.house.mixed == 0
    (card,) = bench.cards("Missed: /jhub dab door")
    assert "was not running at Mon 2026-11-23 19:00 Europe/Berlin" in card.views[-1].text
    await bench.at(2026, 11, 28, 21, 0)
    assert "4 runs before it were missed too" in bench.room.shown.text
    assert len(bench.cards("Missed")) == 2
    assert len(await bench.told("schedule missed")) == 2
    await bench.at(2026, 11, 29, 19, 0)
    assert bench.house.mixed == 1


async def test_what_was_announced_and_is_then_missed_is_told_on_its_card(bench):
    await bench.schedule()
    await bench.at(*DAY, 18, 50)
    (card,) = bench.cards("At 19:00")
    await bench.at(*DAY, 20, 30)
    assert card.views[-1].title == "Missed: /jhub paint door"
    assert bench.house.painted == []


async def test_of_several_late_times_the_last_one_runs(bench):
    await bench.schedule("*/15 19 * * *", "dab door")
    await bench.at(*DAY, 19, 50)
    assert bench.house.mixed == 1
    assert "2 runs before it" in bench.cards("Missed")[0].views[-1].text


async def test_a_year_without_the_bot_is_one_card(bench):
    await bench.schedule("*/15 * * * *", "dab door")
    await bench.at(2027, 11, 23, 9, 5)
    assert "At least 50 runs" in bench.cards("Missed")[0].views[-1].text
    assert len(bench.cards("Missed")) == 1
    assert bench.house.mixed == 1


# Removing


async def test_what_a_removed_schedule_announced_does_not_run(bench):
    schedule = await bench.schedule()
    await bench.at(*DAY, 18, 50)
    (card,) = bench.cards("At 19:00")
    await bench.type(OLGA, f"schedule remove {schedule[:4]}")
    await bench.press(OLGA, "Remove the schedule")
    await bench.settle()
    await bench.at(*DAY, 19, 0)
    assert bench.house.painted == []
    assert card.views[-1].title == "Will not run at 19:00 Europe/Berlin: /jhub paint door"
    assert "Olga Operator removed it" in card.views[-1].text
    (told,) = await bench.told("schedule removed")
    assert (told.name, schedule in told.detail) == (OLGA.name, True)
    await bench.type(VERA, "schedule list")
    assert "No schedules" in bench.room.shown.title


async def test_a_schedule_that_is_removed_while_it_is_due_does_not_begin(bench):
    schedule = await bench.schedule()
    await bench.at(*DAY, 18, 50)
    (known,) = await bench.kept.unfinished()
    assert await bench.house.schedules.remove(schedule, OLU.object_id, OLU.name)
    entry = bench.scheduler._entry((await bench.kept.get(schedule)), known, OccurrenceState.BEGINNING)
    assert not await bench.kept.begin(known, bench.clock(), entry)
    assert await bench.house.schedules.remove(schedule, OLU.object_id, OLU.name), "asked again after a crash"
    assert not await bench.house.schedules.remove(schedule, OLGA.object_id, OLGA.name)


async def test_the_list_shows_the_next_time_also_where_it_was_postponed(bench):
    await bench.schedule("0 19 * * 1-5")
    await bench.type(VERA, "schedule list")
    assert "Mon 2026-11-23 19:00 Europe/Berlin" in str(bench.room.shown)
    await bench.at(*DAY, 18, 50)
    await bench.press(OLU, "Postpone 1 h", card=bench.cards("At 19:00")[0])
    await bench.type(VERA, "schedule list")
    assert "Mon 2026-11-23 20:00 Europe/Berlin (postponed)" in str(bench.room.shown)


async def test_a_command_that_is_no_more_lets_the_schedule_stand_still(bench):
    schedule = await bench.schedule()
    bench.scheduler._commands = [one for one in bench.house.commands if one.name != "paint"]
    await bench.at(*DAY, 19, 0)
    assert (await bench.kept.get(schedule)).state is ScheduleState.STILL
    assert "There is no command “paint”" in bench.cards("Ended")[0].views[-1].text


async def test_one_schedules_trouble_is_not_the_others(bench, caplog):
    await bench.schedule()
    (kept,) = await bench.kept.all()
    broken = replace(kept, id="broken", cron="nonsense", line="paint roof")
    entry = bench.scheduler._entry(broken, Occurrence("broken", broken.created, broken.created), OccurrenceState.MISSED)
    await bench.kept.add(broken, entry)
    await bench.at(*DAY, 19, 0)
    assert bench.house.painted == ["door"]
    assert "schedule broken cannot go on" in caplog.text
