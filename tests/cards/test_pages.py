"""A long view in pages: nothing is lost, everything stands once, each page is a card that people can read."""

import json
import re
import time
from dataclasses import replace
from itertools import chain

import pytest
from hypothesis import given

from cards import adaptive, text
from cards.pages import Pages
from cards.sections import counts
from cards.verdict import over, states, verdict
from cards.views import (
    Button,
    Cell,
    Chart,
    Column,
    Difference,
    Fact,
    Facts,
    Failure,
    Help,
    Lines,
    Notice,
    Plan,
    Progress,
    Request,
    Slice,
    Status,
    StepLine,
    StepState,
    Table,
    Tone,
)
from tests.cards.samples import SAMPLES
from tests.cards.strategies import PATIENT, VIEWS

CUT = re.compile(r"… and [\d,]+ more")
PEOPLE = Table(
    (Column("User", 6), Column("Server", 4), Column("Last active", 3)),
    tuple((Cell(f"u{n:04}@example.org"), Cell("ready", Tone.GOOD), Cell(f"{n} h ago")) for n in range(5_000)),
)


def typed(page: int) -> tuple[tuple[str, str], ...]:
    return (("line", f"/jhub users --page {page}"),)


def every(view, line: str = "") -> list:
    pages = Pages(view, typed, line)
    return [pages.page(number) for number in range(1, pages.count + 1)]


def plan_of(view):
    return view.plan if isinstance(view, Request) else view


def lists(view) -> dict[str, list]:
    """What stands in lists, by what it is; a chart of too many parts is a list."""
    plan = plan_of(view)
    sections = getattr(plan, "sections", ())
    found = {
        "rows": [row for part in sections if isinstance(part, Table) for row in part.rows],
        "lines": [line for part in sections if isinstance(part, Lines) for line in part.lines],
    }
    names = ("problems", "warnings", "differences", "consequences", "details", "now", "advice", "allowed", "others")
    return found | {name: list(getattr(plan, name, ())) for name in (*names, "examples")}


def values(view) -> list:
    """Labelled values, of charts that no card draws as well."""
    sections = getattr(plan_of(view), "sections", ())
    long = [counts(part.slices) for part in sections if isinstance(part, Chart) and len(part.slices) > 40]
    return [*chain(*(part.facts for part in sections if isinstance(part, Facts))), *chain(*long)]


def charts(view) -> list:
    sections = getattr(plan_of(view), "sections", ())
    return [part for part in sections if isinstance(part, Chart) and len(part.slices) <= 40]


def once(whole, parts) -> bool:
    """Whether the parts are the whole, cut; or each of them is, because it sums things up."""
    return list(chain(*parts)) == whole or all(part == whole for part in parts)


@PATIENT
@given(VIEWS)
def test_every_row_of_any_view_stands_on_one_page_and_every_page_is_a_whole_card(view):
    shown = every(view, "/jhub users")
    for name, whole in lists(view).items():
        assert list(chain(*(lists(page)[name] for page in shown))) == whole
    assert set(chain(*map(values, shown))) == set(values(view))
    assert once(charts(view), list(map(charts, shown)))
    for number, page in enumerate(shown, 1):
        card = adaptive.render(page)
        assert not CUT.search(json.dumps(card, ensure_ascii=False))
        assert titles(card)[len(view.buttons) :] == beside(number, len(shown))
        assert (page.page is None) == (len(shown) == 1)


@PATIENT
@given(VIEWS)
def test_a_page_of_several_rows_fits_at_full_legibility(view):
    for page in every(view):
        if sum(map(len, lists(page).values())) > 1:
            assert adaptive.size(page) <= adaptive.MAX_CHARACTERS


def titles(card) -> list[str]:
    return [action["title"] for action in card.get("actions", [])]


def beside(number: int, count: int) -> list[str]:
    return ["Next page"] * (number < count) + ["Previous page"] * (number > 1)


def test_what_fits_stays_as_it_is():
    for view in SAMPLES.values():
        assert every(view) == [view]


def test_five_thousand_users_are_walked_to_the_end_in_order():
    shown = every(Status("Users", "5,000 users", Tone.NOTE, ("The hub is slow.",), (PEOPLE,)))
    assert [row for page in shown for row in page.sections[0].rows] == list(PEOPLE.rows)
    assert {len(page.sections[0].rows) for page in shown[:-1]} == {40}
    assert [page.problems for page in shown] == [("The hub is slow.",)] + [()] * (len(shown) - 1)
    assert {page.headline for page in shown} == {"5,000 users"}


def test_the_text_says_what_to_type_for_the_next_page():
    pages = Pages(Status("Users", "5,000 users", Tone.NOTE, (), (PEOPLE,)), typed, "/jhub users --active")
    assert "Page 1 of 125; /jhub users --active --page 2 shows the next." in text.render(pages.page(1))
    assert "[Next page]" in text.render(pages.page(1))
    assert "Page 125 of 125." in text.render(pages.page(125))
    assert "shows the next" not in text.render(pages.page(125))


@pytest.mark.parametrize("number", [-1, 0, 126])
def test_there_are_no_other_pages(number):
    with pytest.raises(IndexError):
        Pages(Status("Users", "5,000 users", Tone.NOTE, (), (PEOPLE,)), typed).page(number)


def test_what_sums_things_up_stands_on_every_page():
    chart, totals = Chart("Users", (Slice("active", 12), Slice("idle", 4_988))), Facts((Fact("Homes", "9 TiB"),))
    shown = every(Notice("Users", "All of them.", sections=(totals, chart, PEOPLE)))
    assert len(shown) == 125
    assert all(page.sections[:2] == (totals, chart) and page.text == "All of them." for page in shown)


def test_pages_walk_through_all_sections_and_leave_none_empty():
    parts = tuple(Lines(tuple(f"{name} {n}" for n in range(65)), name) for name in ("First", "Second", "Third"))
    shown = every(Notice("Three", sections=parts))
    assert all(part.lines for page in shown for part in page.sections)
    assert [line for page in shown for part in page.sections for line in part.lines] == [
        line for part in parts for line in part.lines
    ]


def test_what_is_wrong_comes_before_what_would_change():
    values = tuple(Difference(f"a.b{n}", "1", "2") for n in range(90))
    plan = Plan("Deploy", "", values, ("It restarts.",), ("Danger.",))
    shown = every(Request(plan, "Waits", 1, buttons=(Button("Approve", "approve"),)))
    assert [len(page.plan.differences) for page in shown] == [40, 40, 10]
    assert [page.plan.warnings for page in shown] == [("Danger.",), (), ()]
    assert [page.plan.consequences for page in shown] == [(), (), ("It restarts.",)]
    assert all(page.buttons[0].verb == "approve" for page in shown)


def test_a_way_out_stays_with_what_it_is_the_way_out_of():
    lines = tuple(chain(*((f"{n} is wrong", f"→ /jhub mend {n}") for n in range(60))))
    shown = every(Notice("Doctor", sections=(Lines(("one more", *lines)),)))
    assert all(not page.sections[0].lines[0].startswith("→") for page in shown)


def test_work_is_counted_whole_and_the_first_page_has_its_newest_steps():
    steps = tuple(StepLine(f"Ask u{n}", StepState.DONE) for n in range(99))
    view = Progress("Ask", steps=(StepLine("Begin", StepState.FAILED), *steps, StepLine("Ask x", StepState.RUNNING)))
    shown = every(view)
    assert shown[0].steps == view.steps[-40:]
    assert shown[-1].steps == view.steps[: len(shown[-1].steps)]
    assert {verdict(page) for page in shown} == {verdict(view)}
    assert {(over(states(page)), len(states(page))) for page in shown} == {(99, 101)}


def test_one_cell_beyond_measure_is_cut_and_its_row_stands():
    rows = (tuple(Cell('"' * 5_000) for _ in range(9)), *PEOPLE.rows[:3])
    table = Table(tuple(Column(str(n)) for n in range(9)), tuple((*row, *[Cell("")] * (9 - len(row))) for row in rows))
    first, second = every(Notice("Long", sections=(table,)))
    assert len(first.sections[0].rows) == 1
    assert json.dumps(adaptive.render(first)).count('"TableRow"') == 2
    assert len(second.sections[0].rows) == 3


def test_a_part_of_a_chart_beyond_what_is_drawn_is_a_value():
    chart = Chart("Tags", tuple(Slice(f"tag {n}", n) for n in range(100)))
    shown = every(Failure("Many", "Too many tags.", sections=(chart,)))
    assert list(chain(*map(values, shown))) == list(counts(chart.slices))


def test_finding_the_pages_is_no_matter_of_drawing_them_all():
    view = Status("Users", "Many", Tone.NOTE, (), (PEOPLE,))
    pages, finding = taking(lambda: Pages(view, typed))
    _, drawing = taking(lambda: adaptive.render(pages.page(1)))
    assert finding < pages.count / 4 * drawing


def taking(work):
    began = time.process_time()
    return work(), time.process_time() - began


def test_help_is_paged_like_everything_else():
    help_ = SAMPLES["help"]
    view = replace(help_, allowed=help_.allowed * 60)
    assert isinstance(view, Help)
    assert tuple(chain(*(page.allowed for page in every(view)))) == view.allowed


def test_no_sample_hides_rows_without_a_button_to_them():
    for view in SAMPLES.values():
        for page in every(view):
            card = adaptive.render(page)
            assert not CUT.search(json.dumps(card, ensure_ascii=False))
