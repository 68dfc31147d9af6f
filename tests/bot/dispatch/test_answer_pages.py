"""Long answers, plans and results: whoever presses “Next page” gets to the end of them, in the card's place."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Annotated

import pytest

from bot.chat.platform import Click
from bot.instrumentation.outcomes import Outcome
from cards.views import Cell, Column, Difference, Lines, Request, Status, Table, Tone
from commands.framework.command import Flag, Level, Query, Topic
from tests.bot.house import Bench, House
from tests.bot.people import ABE, NOBODY, OLU, VERA, altered

COLUMNS = (Column("Who", 3), Column("Where", 2))


@dataclass(frozen=True)
class Which:
    """Nothing that would make it shorter."""

    grep: Annotated[str, Flag("with this in their name", "a")] = ""


@dataclass
class Crowded(House):
    """A house that five thousand people are in."""

    people: list[str] = field(default_factory=lambda: [f"u{n:04}" for n in range(5_000)])
    counted: int = 0

    async def crowd(self, args, _reads):
        self.counted += 1
        rows = tuple((Cell(one), Cell("inside")) for one in self.people if args.grep in one)
        return Status("People", f"{len(rows):,} people", Tone.NOTE, (), (Table(COLUMNS, rows),))

    def preview(self, plan):
        rooms = tuple(Difference(f"rooms.room{n}", plan.colour, plan.what) for n in range(99))
        return replace(super().preview(plan), differences=rooms)

    async def apply(self, plan, do):
        done = await super().apply(plan, do)
        return replace(done, sections=(Lines(tuple(f"room {n} is painted" for n in range(99))),))

    @property
    def commands(self):
        crowd = Query("crowd", "List who is in it.", Level.VIEWER, self.crowd, Which, topic=Topic.STATUS)
        return (*super().commands, crowd)


@pytest.fixture
async def bench(database):
    made = Bench(database, Crowded())
    yield made
    await made.memory.crash()


def names(view) -> list[str]:
    return [row[0].text for part in view.sections if isinstance(part, Table) for row in part.rows]


def button(view, title):
    return next((one for one in view.buttons if one.title == title), None)


async def turn(bench, view, who=VERA, title="Next page"):
    """What the person sees who presses the button on the card that shows `view`."""
    pressed = button(view, title)
    number = f"click-{next(numbers)}"
    return await bench.pipeline.on_click(Click(number, who, pressed.verb, dict(pressed.data), bench.room, "card-0"))


numbers = iter(range(10**6))


async def test_five_thousand_people_are_walked_to_the_end_and_back_by_pressing(bench):
    await bench.type(VERA, "crowd")
    view, seen = bench.room.shown, []
    while True:
        seen += names(view)
        if button(view, "Next page") is None:
            break
        view = await turn(bench, view)
    assert seen == bench.house.people
    assert view.page.number == view.page.count == 125
    while button(view, "Previous page") is not None:
        view = await turn(bench, view, title="Previous page")
    assert view == bench.room.shown
    # Each page came in the card's place: nothing more was posted.
    assert len(bench.room.cards) == 1
    assert bench.house.counted == 1


async def test_nobody_is_missed_who_moves_while_somebody_reads(bench):
    await bench.type(VERA, "crowd")
    first = bench.room.shown
    del bench.house.people[:10]
    assert names(await turn(bench, first))[0] == "u0040"
    bench.clock.forward(timedelta(minutes=11))
    assert names(await turn(bench, first))[0] == "u0050"


async def test_another_persons_page_is_of_their_own_answer_and_level(bench):
    await bench.type(VERA, "crowd")
    first = bench.room.shown
    assert names(await turn(bench, first, OLU))[0] == "u0040"
    assert bench.house.counted == 2
    refused = await turn(bench, first, NOBODY)
    assert refused.title == "Not allowed"
    assert (await bench.trail.page())[0].outcome == "refused"


async def test_a_page_can_be_typed_and_one_beyond_the_last_is_refused_with_the_last(bench):
    await bench.type(VERA, "crowd --grep u00 --page 2")
    assert names(bench.room.shown)[0] == "u0040"
    assert bench.room.shown.page.following == "/jhub crowd --grep u00 --page 3"
    await bench.type(VERA, "crowd --page=4 --grep u00")
    assert bench.outcomes[-1] is Outcome.INVALID
    assert "3 pages" in bench.room.shown.title
    assert "/jhub crowd --grep u00 --page 3" in str(bench.room.shown)
    await bench.type(VERA, "look --page 2")
    assert "one page" in bench.room.shown.title
    for text in ("crowd --page 0", "crowd --page x", "crowd --page", "crowd --page 1 --page 2", "paint door --page 2"):
        await bench.type(OLU, text)
        assert bench.outcomes[-1] is Outcome.INVALID
    assert bench.house.painted == []


async def test_what_was_typed_comes_back_in_the_button_whatever_is_in_it(bench):
    bench.house.people = [f'{n} o\'neil <b> "q" & co' for n in range(99)]
    await bench.type(VERA, """crowd --grep "o'neil <b>" """)
    second = await turn(bench, bench.room.shown)
    assert names(second) == bench.house.people[40:80]


async def test_what_takes_too_long_for_a_click_is_answered_below(bench, monkeypatch):
    monkeypatch.setattr("bot.dispatch.clicks._ANSWER_WITHIN", 0.01)
    slow = Click("slow", VERA, "page", {"line": "/jhub stare"}, bench.room, "card-0")
    told = await bench.pipeline.on_click(slow)
    assert "answered below" in told.text
    bench.house.may_dry.set()
    await bench.settle()
    assert bench.room.shown.title == "The house"


async def test_who_approves_can_see_all_of_what_they_approve_and_approve_it_there(bench):
    await bench.type(OLU, "tear door")
    asked = bench.room.shown
    view, seen = await bench.look(ABE), []
    while True:
        assert isinstance(view, Request)
        assert {"Approve", "Reject"} <= {one.title for one in view.buttons}
        seen += [one.path for one in view.plan.differences]
        if button(view, "Next page") is None:
            break
        view = await turn(bench, view, ABE)
    assert seen == [f"rooms.room{n}" for n in range(99)]
    # The card that everybody sees is as it was, and has its button, too.
    assert bench.room.shown == asked
    assert button(asked, "Next page")
    bench.house.may_dry.set()
    approve = button(view, "Approve")
    await bench.pipeline.on_click(Click("yes", ABE, approve.verb, dict(approve.data), bench.room, "card-0"))
    await bench.settle()
    assert bench.house.painted == ["door"]


async def test_a_result_is_read_to_its_end(bench):
    bench.house.may_dry.set()
    await bench.type(OLU, "dab door")
    view, seen = bench.room.shown, []
    while True:
        assert button(view, "Tear it down")
        seen += [line for part in view.sections for line in part.lines]
        if button(view, "Next page") is None:
            break
        view = await turn(bench, view)
    assert seen == [f"room {n} is painted" for n in range(99)]
    assert bench.room.cards[-1].finished


async def test_who_may_not_answer_can_still_read_on(bench):
    await bench.type(OLU, "tear door")
    told = await bench.decide(VERA, "approve")
    assert "Nothing was done." in told.note
    second = await turn(bench, told)
    assert second.page.number == 2
    assert second.plan.differences[0].path == "rooms.room40"


@pytest.mark.parametrize("page", ["", "0", "-1", "x", "1e9", "9" * 50, "3 ", "\u0663"])
async def test_a_page_that_there_is_not_is_the_nearest(bench, page):
    await bench.type(OLU, "tear door")
    second = await turn(bench, bench.room.shown)
    back = next(one for one in second.buttons if one.title == "Previous page")
    press = Click(f"odd {page!r}", VERA, back.verb, dict(back.data), bench.room, "card-0")
    told = await bench.pipeline.on_click(altered(press, page=page))
    assert told.page.number in (1, told.page.count)


async def test_a_button_with_a_line_that_changes_something_asks_as_if_it_was_typed(bench):
    await bench.pipeline.on_click(Click("odd", OLU, "page", {"line": "/jhub paint door"}, bench.room, "card-0"))
    await bench.settle()
    assert bench.house.painted == []
    assert bench.room.shown.title == "Paint the door"
    await bench.pipeline.on_click(Click("odd2", VERA, "page", {"line": "/jhub paint door"}, bench.room, "card-0"))
    await bench.settle()
    assert bench.outcomes[-1] is Outcome.REFUSED


async def test_a_few_long_answers_are_kept_and_no_more(bench):
    for number in range(20):
        await bench.type(VERA, f"crowd --grep u{number:03}")
    assert bench.house.counted == 20
    await bench.type(VERA, "crowd")
    kept = bench.pipeline.messages.queries.answers._answers
    assert sum(pages.count for pages, _ in kept.values()) <= 600
