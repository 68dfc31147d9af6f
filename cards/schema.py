"""Adaptive Cards' elements, limited to those used here, by the names and in the order of Microsoft's own classes.

`microsoft-teams-cards` has all of Teams' schema as pydantic models, and takes longer to load than the rest of a start
of the bot; the tests hold every card against it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, ClassVar, Literal

ActionMode = Literal["primary", "secondary"]
Alignment = Literal["Left", "Center", "Right"]
ChartColor = Literal[
    "good",
    "warning",
    "attention",
    "neutral",
    "categoricalPurple",
    "categoricalLavender",
    "categoricalBlue",
    "categoricalLightBlue",
    "categoricalTeal",
    "divergingGray",
]
ContainerStyle = Literal["default", "emphasis", "accent", "good", "attention", "warning"]
FontType = Literal["Default", "Monospace"]
ProgressBarColor = Literal["Accent", "Good", "Warning", "Attention"]
Spacing = Literal["None", "ExtraSmall", "Small", "Default", "Medium", "Large", "ExtraLarge", "Padding"]
TextColor = Literal["Default", "Dark", "Light", "Accent", "Good", "Warning", "Attention"]
TextSize = Literal["Small", "Default", "Medium", "Large", "ExtraLarge"]
TextWeight = Literal["Lighter", "Default", "Bolder"]
VerticalAlignment = Literal["Top", "Center", "Bottom"]


class Part:
    """A piece of a card. What is None is left out of it; `type` is the schema's name where it has one."""

    type: ClassVar[str] = ""


class CardElement(Part):
    """A piece that can stand in a card's body."""


class Action(Part):
    """A button."""


# Nobody compares or prints them: a class that can do neither is made in a fifth of the time.
@dataclass(kw_only=True, eq=False, repr=False)
class TextBlock(CardElement):
    """A paragraph."""

    type = "TextBlock"
    horizontal_alignment: Alignment | None = None
    spacing: Spacing | None = None
    text: str
    size: TextSize | None = None
    weight: TextWeight | None = None
    color: TextColor | None = None
    is_subtle: bool | None = None
    wrap: bool | None = None
    style: Literal["default", "columnHeader", "heading"] | None = None


@dataclass(kw_only=True, eq=False, repr=False)
class TextRun(CardElement):
    """A stretch of a RichTextBlock."""

    type = "TextRun"
    text: str
    size: TextSize | None = None
    weight: TextWeight | None = None
    font_type: FontType | None = None


@dataclass(kw_only=True, eq=False, repr=False)
class RichTextBlock(CardElement):
    """A paragraph of runs, none of which is read as Markdown."""

    type = "RichTextBlock"
    spacing: Spacing | None = None
    inlines: Sequence[TextRun]


@dataclass(kw_only=True, eq=False, repr=False)
class Container(CardElement):
    """Elements below one another."""

    type = "Container"
    separator: bool | None = None
    spacing: Spacing | None = None
    style: ContainerStyle | None = None
    bleed: bool | None = None
    items: Sequence[CardElement]


@dataclass(kw_only=True, eq=False, repr=False)
class Column(CardElement):
    """A column of a ColumnSet."""

    type = "Column"
    vertical_content_alignment: VerticalAlignment | None = None
    width: str | float | None = None
    items: Sequence[CardElement]


@dataclass(kw_only=True, eq=False, repr=False)
class ColumnSet(CardElement):
    """Columns beside one another."""

    type = "ColumnSet"
    spacing: Spacing | None = None
    columns: Sequence[Column]


@dataclass(kw_only=True, eq=False, repr=False)
class TableCell(CardElement):
    """A cell of a TableRow."""

    type = "TableCell"
    items: Sequence[CardElement]


@dataclass(kw_only=True, eq=False, repr=False)
class TableRow(CardElement):
    """A row of a Table."""

    type = "TableRow"
    cells: Sequence[TableCell]


@dataclass(kw_only=True, eq=False, repr=False)
class ColumnDefinition(Part):
    """The width of a Table's column, as a weight."""

    width: float


@dataclass(kw_only=True, eq=False, repr=False)
class Table(CardElement):
    """Rows of cells."""

    type = "Table"
    spacing: Spacing | None = None
    columns: Sequence[ColumnDefinition]
    first_row_as_headers: bool | None = None
    show_grid_lines: bool | None = None
    rows: Sequence[TableRow]


@dataclass(kw_only=True, eq=False, repr=False)
class Fact(Part):
    """A name and a value of a FactSet."""

    title: str
    value: str


@dataclass(kw_only=True, eq=False, repr=False)
class FactSet(CardElement):
    """Names with values beside them."""

    type = "FactSet"
    spacing: Spacing | None = None
    facts: Sequence[Fact]


@dataclass(kw_only=True, eq=False, repr=False)
class DonutChartData(Part):
    """A slice of a DonutChart."""

    legend: str
    value: float
    color: ChartColor | None = None


@dataclass(kw_only=True, eq=False, repr=False)
class DonutChart(CardElement):
    """A doughnut with `value` in its middle; Teams' own."""

    type = "Chart.Donut"
    data: Sequence[DonutChartData]
    value: str
    fallback: CardElement


@dataclass(kw_only=True, eq=False, repr=False)
class ProgressBar(CardElement):
    """A progress bar; Teams' own."""

    type = "ProgressBar"
    spacing: Spacing | None = None
    value: float
    max: float
    color: ProgressBarColor | None = None
    fallback: CardElement


@dataclass(kw_only=True, eq=False, repr=False)
class TextInput(CardElement):
    """A field to type a text into, which comes with the press of a button."""

    type = "Input.Text"
    id: str
    spacing: Spacing | None = None
    label: str | None = None
    max_length: int | None = None
    placeholder: str | None = None


@dataclass(kw_only=True, eq=False, repr=False)
class ExecuteAction(Action):
    """A button that is sent back to the bot."""

    type = "Action.Execute"
    id: str | None = None
    title: str | None = None
    style: str | None = None
    mode: ActionMode | None = None
    data: dict[str, Any]
    verb: str


@dataclass(kw_only=True, eq=False, repr=False)
class OpenUrlAction(Action):
    """A button that opens a page."""

    type = "Action.OpenUrl"
    id: str
    title: str
    mode: ActionMode | None = None
    url: str


@dataclass(kw_only=True, eq=False, repr=False)
class RefreshDefinition(Part):
    """The users who get a card of their own, and the action that requests it."""

    action: ExecuteAction
    user_ids: Sequence[str] | None = None


@dataclass(kw_only=True, eq=False, repr=False)
class TeamsCardProperties(Part):
    """The properties of a card that only Teams has."""

    width: Literal["full"]


@dataclass(kw_only=True, eq=False, repr=False)
class AdaptiveCard(Part):
    """A whole card."""

    type = "AdaptiveCard"
    version: str
    fallback_text: str
    refresh: RefreshDefinition | None = None
    msteams: TeamsCardProperties
    body: Sequence[CardElement]
    actions: Sequence[Action] | None = None


def as_json(card: Any) -> dict[str, Any]:  # noqa: ANN401 - any of the dataclasses above
    """Return the element as JSON values, its fields under the schema's names."""
    named = {"type": card.type} if card.type else {}
    told = ((name, getattr(card, field)) for field, name in _named(card.__class__))
    return named | {name: _value(value) for name, value in told if value is not None}


def _value(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, Part):
        return as_json(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_value(one) for one in value]
    return value


@cache
def _named(kind: Any) -> tuple[tuple[str, str], ...]:  # noqa: ANN401 - see as_json
    """Return the fields of an element's class, and the schema's names for them."""
    return tuple((field.name, _camel(field.name)) for field in fields(kind))


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
