"""A view's sections as card elements: facts, tables, charts, lines."""

import re
from collections.abc import Sequence

from cards import escaping
from cards import schema as ac
from cards.columns import width
from cards.elements import COLORS, fixed_width, grid, heading, prose, row
from cards.limits import Limits, cut, more
from cards.times import each
from cards.tone_styles import marked
from cards.views import Cell, Chart, Column, Fact, Facts, Lines, Section, Slice, Table, Tone

_CHART_COLORS: dict[Tone, ac.ChartColor] = {
    Tone.GOOD: "good",
    Tone.WORKING: "categoricalBlue",
    Tone.WARNING: "warning",
    Tone.BAD: "attention",
}
# For parts that are neither good nor bad: told apart, and not taken for a verdict.
_PLAIN_COLORS: tuple[ac.ChartColor, ...] = (
    "categoricalBlue",
    "divergingGray",
    "categoricalTeal",
    "categoricalPurple",
    "categoricalLavender",
    "categoricalLightBlue",
)
_CHART_WIDTH = "170px"
# About as many characters stand side by side in a table. Longer words than the second break whatever the column.
_ACROSS = 72
_WHOLE = 30
_BREAKS = re.compile(r"[\s-]+")
# Longer words do not wrap in a FactSet or a table: they would be clipped.
_WORD = 64


def sections(parts: tuple[Section, ...], limits: Limits) -> list[ac.CardElement]:
    """Return all elements of all sections, in order; none where `limits` leaves sections out."""
    if not limits.sections:
        return [prose("Too long to be shown here.", limits, subtle=True)] if parts else []
    shown, left_off = cut(parts, limits.items)
    elements = [element for part in shown for element in _section(part, limits)]
    return elements + _rest(left_off, "", limits)


def facts(given: tuple[Fact, ...], limits: Limits) -> list[ac.CardElement]:
    """Return labels and values beside each other."""
    shown, left_off = cut(given, limits.items)
    if not shown:
        return _rest(left_off, "", limits)
    pairs = [
        ac.Fact(title=_words(fact.label, limits.title), value=_words(fact.value, limits.chars, fact.tone))
        for fact in shown
    ]
    return [ac.FactSet(facts=pairs, spacing="Small"), *_rest(left_off, "", limits)]


def _section(part: Section, limits: Limits) -> list[ac.CardElement]:
    elements = _content(part, limits)
    if part.title:
        return [heading(part.title, limits), *elements]
    return [ac.Container(items=elements, spacing="Medium")] if elements else []


def _content(part: Section, limits: Limits) -> list[ac.CardElement]:
    match part:
        case Facts():
            return facts(part.facts, limits)
        case Table():
            return _table(part, limits)
        case Chart():
            return _chart(part, limits)
        case Lines():
            return _lines(part, limits)


def _table(table: Table, limits: Limits) -> list[ac.CardElement]:
    shown, left_off = cut(table.rows, limits.rows)
    if not table.rows:
        return [prose("None.", limits, subtle=True, spacing="Small")]
    header = row(*(_header(column, limits) for column in table.columns))
    rows = [row(*map(cell, cells, table.columns, [limits] * len(cells))) for cells in shown]
    drawn = grid([header, *rows], *_shares(table.columns, shown), headed=True)
    return [drawn, *_rest(left_off, table.rest, limits)]


def _shares(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> list[float]:
    """Return the columns' shares of the width: their weights, widened for the longest words where others have room."""
    given = [_ACROSS * column.weight / sum(each.weight for each in columns) for column in columns]
    needed = [_longest(column, [cells[index] for cells in rows]) for index, column in enumerate(columns)]
    pairs = list(zip(given, needed, strict=True))
    lacking = sum(max(0.0, need - share) for share, need in pairs)
    spare = sum(max(0.0, share - need) for share, need in pairs)
    if not lacking or not spare:
        return [column.weight for column in columns]
    moved = min(lacking, spare)
    return [round(share + (need - share) * moved / (lacking if need > share else spare), 1) for share, need in pairs]


def _longest(column: Column, cells: Sequence[Cell]) -> int:
    words = (word for text in (column.title, *(one.text for one in cells)) for word in _BREAKS.split(text))
    return max([1, *(width(word) for word in words if len(word) <= _WHOLE)])


def _header(column: Column, limits: Limits) -> ac.TextBlock:
    return ac.TextBlock(
        text=_words(column.title, limits.title),
        weight="Bolder",
        wrap=True,
        horizontal_alignment="Right" if column.numeric else None,
    )


def cell(shown: Cell, column: Column, limits: Limits) -> ac.TextBlock:
    """Return one value of a table."""
    return ac.TextBlock(
        text=_words(shown.text, limits.chars, shown.tone) or "–",
        wrap=True,
        color=COLORS[shown.tone],
        weight="Bolder" if shown.tone in (Tone.WARNING, Tone.BAD) else None,
        horizontal_alignment="Right" if column.numeric else None,
    )


def _chart(chart: Chart, limits: Limits) -> list[ac.CardElement]:
    shown, left_off = cut(chart.slices, limits.items)
    total = sum(part.value for part in chart.slices)
    in_words = facts(counts(tuple(shown)), limits)
    if not total or not shown:
        return in_words + _rest(left_off, "", limits)
    drawn = ac.DonutChart(
        data=[_slice(index, part, limits) for index, part in enumerate(shown)],
        value=f"{total:,}",
        fallback=ac.TextBlock(text=f"{total:,}", size="ExtraLarge", weight="Bolder", horizontal_alignment="Center"),
    )
    # A doughnut takes all the width it gets, and as much height. Its legend is folded away where it is narrow.
    columns = [
        ac.Column(width=_CHART_WIDTH, vertical_content_alignment="Center", items=[drawn]),
        ac.Column(width="stretch", vertical_content_alignment="Center", items=in_words),
    ]
    return [ac.ColumnSet(columns=columns, spacing="Small"), *_rest(left_off, "", limits)]


def _slice(index: int, part: Slice, limits: Limits) -> ac.DonutChartData:
    label = escaping.shorten(escaping.clean(part.label), limits.title)
    return ac.DonutChartData(
        legend=marked(label, part.tone),
        value=float(part.value),
        color=_CHART_COLORS.get(part.tone, _PLAIN_COLORS[index % len(_PLAIN_COLORS)]),
    )


def counts(slices: tuple[Slice, ...]) -> tuple[Fact, ...]:
    """Return a chart's parts in words."""
    return tuple(Fact(marked(part.label, part.tone), f"{part.value:,}") for part in slices)


def _lines(lines: Lines, limits: Limits) -> list[ac.CardElement]:
    shown, left_off = cut(lines.lines, limits.items)
    rest = _rest(left_off, lines.rest, limits)
    if not shown:
        return rest
    if lines.code:
        return [fixed_width(shown, limits), *rest]
    return [*(_line(line, limits) for line in shown if escaping.clean(line)), *rest]


def _line(line: str, limits: Limits) -> ac.TextBlock:
    return prose(line, limits, spacing="None" if line.startswith("→") else "Small")


def _rest(left_off: int, rest: str, limits: Limits) -> list[ac.CardElement]:
    if not left_off:
        return []
    return [prose(more(left_off, escaping.clean(rest)), limits, subtle=True, spacing="Small")]


def _words(text: str, limit: int, tone: Tone = Tone.NOTE) -> str:
    words = each(escaping.clean(text), _unbroken)
    return escaping.markdown(marked(escaping.shorten(words, limit), tone))


def _unbroken(text: str) -> str:
    return " ".join(escaping.shorten(word, _WORD) for word in text.split(" "))
