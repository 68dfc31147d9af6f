"""The elements that cards are built of, in the few variants used here.

Only elements of Adaptive Cards 1.5 and earlier stand without a `fallback`. Prose goes through `escaping.markdown`;
fixed-width text is a `TextRun`, which no client reads as Markdown.
"""

import re
from collections.abc import Sequence

from cards import escaping
from cards import schema as ac
from cards.limits import Limits
from cards.times import timed
from cards.tone_styles import marked
from cards.views import Button, Tone

# Teams' yellow is unreadable on white in some of its clients: a warning is told by symbol, word and weight.
COLORS: dict[Tone, ac.TextColor | None] = {
    Tone.GOOD: "Good",
    Tone.NOTE: None,
    Tone.WORKING: "Accent",
    Tone.WARNING: None,
    Tone.BAD: "Attention",
}
STYLES: dict[Tone, ac.ContainerStyle] = {
    Tone.GOOD: "good",
    Tone.NOTE: "emphasis",
    Tone.WORKING: "accent",
    Tone.WARNING: "warning",
    Tone.BAD: "attention",
}
# Clients fill in {{DATE(…)}} within a run, but not across two.
_DATE = re.compile(r"(?<=\{)(?=\{)")
# Teams shows six buttons in a row; the others it keeps behind "…".
_BUTTONS_SHOWN = 6
# As many characters as half of a phone's width has room for.
_UNBROKEN = 20


def prose(
    text: str,
    limits: Limits,
    *,
    tone: Tone = Tone.NOTE,
    bold: bool = False,
    subtle: bool = False,
    small: bool = False,
    spacing: ac.Spacing | None = None,
) -> ac.TextBlock:
    """Return one paragraph that wraps; a tone adds its symbol and colour."""
    return ac.TextBlock(
        text=escaping.markdown(marked(escaping.shorten(escaping.clean(text), limits.chars), tone)),
        wrap=True,
        color=COLORS[tone],
        weight="Bolder" if bold else None,
        is_subtle=subtle or None,
        size="Small" if small else None,
        spacing=spacing,
    )


def heading(text: str, limits: Limits, *, size: ac.TextSize = "Default", first: bool = False) -> ac.TextBlock:
    """Return a title: of the card when `first`, of a section otherwise."""
    return ac.TextBlock(
        text=escaping.markdown(escaping.shorten(escaping.clean(text), limits.title)),
        wrap=True,
        size=size,
        weight="Bolder",
        style="heading",
        spacing="None" if first else "Medium",
    )


def bullets(texts: Sequence[str], limits: Limits) -> list[ac.CardElement]:
    """Return one line for each text, close together. Not Markdown's lists: Teams gives those a margin of their own."""
    return [prose(timed("• ", escaping.clean(text)), limits, spacing="Small") for text in texts]


def fixed_width(lines: Sequence[str], limits: Limits) -> ac.Container:
    """Return lines of code or output on a background of their own, read literally by every client."""
    return ac.Container(style="emphasis", spacing="Small", items=[mono(line, limits) for line in lines])


def path(text: str, limits: Limits) -> ac.RichTextBlock:
    """Return a dotted path in a fixed-width face; a long one may break after its dots, as on a phone it has to."""
    shown = escaping.shorten(escaping.code(text), limits.chars)
    return _mono(shown.replace(".", ".\u200b") if len(shown) > _UNBROKEN else shown)


def mono(text: str, limits: Limits, *, bold: bool = False, spacing: ac.Spacing = "None") -> ac.RichTextBlock:
    """Return one line in a fixed-width face. Two blanks and more are kept as they are."""
    return _mono(escaping.shorten(escaping.code(text), limits.chars), bold=bold, spacing=spacing)


def _mono(text: str, *, bold: bool = False, spacing: ac.Spacing = "None") -> ac.RichTextBlock:
    shown = text.replace("  ", "\u00a0 ") or "\u00a0"
    runs = [
        ac.TextRun(text=part, font_type="Monospace", size="Small", weight="Bolder" if bold else None)
        for part in _DATE.split(shown)
    ]
    return ac.RichTextBlock(spacing=spacing, inlines=runs)


def row(*cells: ac.CardElement) -> ac.TableRow:
    """Return a table's row with one element in each cell."""
    return ac.TableRow(cells=[ac.TableCell(items=[cell]) for cell in cells])


def grid(rows: Sequence[ac.TableRow], *widths: float, headed: bool) -> ac.Table:
    """Return a table without lines; `widths` are weights."""
    return ac.Table(
        columns=[ac.ColumnDefinition(width=float(width)) for width in widths],
        rows=list(rows),
        first_row_as_headers=headed,
        show_grid_lines=False,
        spacing="Small",
    )


def actions(buttons: Sequence[Button], limits: Limits) -> list[ac.Action] | None:
    """Return the card's buttons; `verb` and `data` are sent back exactly as they are."""
    return [_action(number, button, limits) for number, button in enumerate(buttons)] or None


def _action(number: int, button: Button, limits: Limits) -> ac.Action:
    title, name = escaping.shorten(escaping.clean(button.title), limits.title), f"button-{number}"
    mode: ac.ActionMode | None = "secondary" if number >= _BUTTONS_SHOWN else None
    if button.url:
        return ac.OpenUrlAction(id=name, title=title, url=button.url, mode=mode)
    return ac.ExecuteAction(
        id=name, title=title, verb=button.verb, data=dict(button.data), style=button.style.value, mode=mode
    )
