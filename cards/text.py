"""Views as plain text: for notifications, for terminals, for clients that cannot show cards.

No colours and no escape sequences: symbols and words carry the state. Nothing of the text can act on a terminal.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby

from cards import escaping
from cards.approval_facts import WHAT, WHY, terms
from cards.columns import align, wrap
from cards.tone_styles import STEP_SYMBOLS, marked, step_word
from cards.verdict import verdict
from cards.views import (
    Button,
    Chart,
    Fact,
    Facts,
    Failure,
    Help,
    HelpEntry,
    Lines,
    Notice,
    Page,
    Plan,
    Progress,
    Request,
    Section,
    Status,
    Table,
    Tone,
    View,
)

# What Teams shows of a message in its list of activities; longer ones it cuts itself.
MAX_SUMMARY = 200
_NARROWEST = 40
_MAX_VALUE = 500
_BAR = 30
_INDENT = "  "

_Block = list[str]


def summary(view: View) -> str:
    """Return the card in one line of at most 200 characters, the verdict first."""
    aside = view.title if isinstance(view, Status) else view.cause if isinstance(view, Failure) else ""
    parts = (_headline(view), escaping.clean(aside))
    return escaping.shorten(" – ".join(part for part in parts if part), MAX_SUMMARY)


def render(view: View, width: int = 100) -> str:
    """Return the whole card as lines of at most `width` columns (40 or more); fixed-width lines stay as they are."""
    room = max(_NARROWEST, width)
    blocks = [_head(view, room), *_blocks(view, room), _page(view.page, room), _buttons(view.buttons, room)]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _headline(view: View) -> str:
    news = verdict(view)
    return ": ".join(part for part in map(escaping.clean, (news.word, news.title)) if part)


def _head(view: View, room: int) -> _Block:
    head = _wrap(_headline(view), room)
    match view:
        case Status():
            return [*head, *_wrap(view.title, room)]
        case Plan():
            return [*head, *_asked(view.requester, "", room)]
        case Request():
            why = _wrap(f"Why: {escaping.clean(view.reason)}", room) if view.reason else []
            return [*head, *_asked(view.plan.requester, "", room), *why]
        case Progress():
            return [*head, *_asked(view.requester, view.elapsed, room)]
        case _:
            return head


def _asked(requester: str, elapsed: str, room: int) -> _Block:
    asked = f"Asked by {escaping.clean(requester)}" if requester else ""
    return _wrap(" · ".join(part for part in (asked, elapsed) if part), room)


def _blocks(view: View, room: int) -> list[_Block]:  # noqa: PLR0911 - one for each kind of view
    match view:
        case Notice():
            return [_text(view.text, room), *_sections(view.sections, room)]
        case Status():
            as_of = _wrap(f"As of {view.as_of}", room) if view.as_of else []
            return [_list(view.problems, room), *_sections(view.sections, room), as_of]
        case Plan():
            return [*_plan(view, room, WHAT), _wrap(view.question, room)]
        case Request():
            terms_and_note = [_facts(terms(view), room), _wrap(view.note, room)]
            return [*_plan(view.plan, room, WHAT if view.emergency else WHY), *terms_and_note]
        case Progress():
            return _progress(view, room)
        case Failure():
            return _failure(view, room)
        case Help():
            return _help(view, room)


def _plan(view: Plan, room: int, effects: str) -> list[_Block]:
    rows = [[escaping.clean(text) or "–" for text in (d.path, d.before, d.after)] for d in view.differences]
    return [
        _titled(effects, _list(view.effects, room)),
        align([["Value", "Now", "Then"], *rows], room) if rows else [],
        _titled("What it means", _list(view.consequences, room)),
        _warnings(view.warnings, room),
        *_sections(view.sections, room),
    ]


def _progress(view: Progress, room: int) -> list[_Block]:
    steps = [
        [f"{STEP_SYMBOLS[step.state]} {escaping.clean(step.title)}", escaping.clean(step_word(step.state, step.remark))]
        for step in view.steps
    ]
    return [
        align(steps, room),
        _warnings(view.warnings, room),
        _indented(view.details),
    ]


def _failure(view: Failure, room: int) -> list[_Block]:
    return [
        _text(view.cause, room),
        _titled("What is true now", _facts(view.now, room)),
        _titled("What to do", _list(view.advice, room)),
        *_sections(view.sections, room),
        _wrap(f"Reference: {view.reference}", room) if view.reference else [],
    ]


def _help(view: Help, room: int) -> list[_Block]:
    return [
        _text(view.text, room),
        _titled("You can type", _entries(view.allowed, room)),
        *(
            _titled(escaping.clean(who), _entries(list(its), room))
            for who, its in groupby(view.others, key=lambda entry: entry.who)
        ),
        _titled("Examples", _indented(view.examples)),
        *_sections(view.sections, room),
        _wrap(view.footer, room),
    ]


def _sections(parts: Iterable[Section], room: int) -> list[_Block]:
    return [_titled(escaping.clean(part.title), _section(part, room)) for part in parts]


def _section(part: Section, room: int) -> _Block:
    match part:
        case Facts():
            return _facts(part.facts, room)
        case Table():
            return _table(part, room)
        case Chart():
            return _chart(part, room)
        case Lines():
            return _lines(part, room)


def _facts(facts: Sequence[Fact], room: int) -> _Block:
    rows = [[escaping.clean(fact.label), _value(fact.value, fact.tone)] for fact in facts]
    return [_INDENT + line for line in align(rows, room - len(_INDENT))]


def _table(table: Table, room: int) -> _Block:
    if not table.rows:
        return [_INDENT + "None."]
    header = [escaping.clean(column.title).upper() for column in table.columns]
    rows = [[_value(cell.text, cell.tone) or "–" for cell in row] for row in table.rows]
    numeric = [column.numeric for column in table.columns]
    return [_INDENT + line for line in align([header, *rows], room - len(_INDENT), numeric)]


def _value(text: str, tone: Tone) -> str:
    return marked(escaping.shorten(escaping.clean(text), _MAX_VALUE), tone)


def _chart(chart: Chart, room: int) -> _Block:
    total = sum(part.value for part in chart.slices)
    rows = [
        [
            marked(escaping.clean(part.label), part.tone),
            f"{part.value:,}",
            "█" * round(_BAR * part.value / (total or 1)),
        ]
        for part in chart.slices
    ]
    return [_INDENT + line for line in align(rows, room - len(_INDENT), (False, True))]


def _lines(lines: Lines, room: int) -> _Block:
    return _indented(lines.lines) if lines.code else _text("\n".join(lines.lines), room)


def _entries(entries: Sequence[HelpEntry], room: int) -> _Block:
    rows = [[escaping.clean(entry.usage), escaping.clean(entry.summary)] for entry in entries]
    return [_INDENT + line for line in align(rows, room - len(_INDENT))]


def _list(texts: Iterable[str], room: int) -> _Block:
    return [line for text in texts for line in _wrap(f"• {escaping.clean(text)}", room, hang="  ")]


def _warnings(texts: Iterable[str], room: int) -> _Block:
    return [line for text in texts for line in _wrap(f"⚠ Warning: {escaping.clean(text)}", room, hang="  ")]


def _text(text: str, room: int) -> _Block:
    return [line for paragraph in escaping.paragraphs(text) for line in _wrap(paragraph, room)]


def _indented(lines: Iterable[str]) -> _Block:
    return [(_INDENT + escaping.code(line)).rstrip() for line in lines]


def _page(page: Page | None, room: int) -> _Block:
    if page is None:
        return []
    return _wrap(f"{page.words}; {page.following} shows the next." if page.following else f"{page.words}.", room)


def _buttons(buttons: Sequence[Button], room: int) -> _Block:
    pressed = "  ".join(f"[{escaping.clean(button.title)}]" for button in buttons if not button.url)
    opened = (f"{escaping.clean(button.title)}: {button.url}" for button in buttons if button.url)
    return [*_wrap(pressed, room), *opened]


def _titled(title: str, block: _Block) -> _Block:
    return [title, *block] if title and block else block


def _wrap(text: str, room: int, hang: str = "") -> _Block:
    return wrap(escaping.clean(text), room, hang)
