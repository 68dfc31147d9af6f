"""The bodies of Adaptive Cards, by kind of view: the verdict first, the numbers after it."""

from collections.abc import Sequence
from itertools import groupby

from cards import escaping
from cards import schema as ac
from cards.approval_facts import WHAT, WHY, terms
from cards.elements import STYLES, bullets, fixed_width, grid, heading, mono, path, prose, row
from cards.limits import Limits, cut, more
from cards.sections import facts, sections
from cards.times import timed
from cards.tone_styles import STEP_SYMBOLS, STEP_TONES, step_word
from cards.verdict import over, states, verdict
from cards.views import (
    LONGEST_WHY,
    Difference,
    Failure,
    Help,
    HelpEntry,
    Notice,
    Plan,
    Progress,
    Request,
    Status,
    StepLine,
    StepState,
    Tone,
    View,
)
from cards.views import WHY as WHY_TYPED

_Elements = list[ac.CardElement]

_BAR_COLORS: dict[Tone, ac.ProgressBarColor] = {
    Tone.BAD: "Attention",
    Tone.GOOD: "Good",
    Tone.WORKING: "Accent",
}
_STEP_COLORS: dict[Tone, ac.TextColor] = {Tone.WORKING: "Accent", Tone.BAD: "Attention"}


def body(view: View, limits: Limits) -> _Elements:
    """Return the elements of the card of `view`, cut to `limits`; the number of the page comes last."""
    page = [prose(view.page.words, limits, subtle=True, small=True, spacing="Medium")] if view.page else []
    return [*_body(view, limits), *page]


def _body(view: View, limits: Limits) -> _Elements:  # noqa: PLR0911 - one for each kind of view
    match view:
        case Notice():
            return _notice(view, limits)
        case Status():
            return _status(view, limits)
        case Plan():
            return _plan(view, limits)
        case Request():
            return _request(view, limits)
        case Progress():
            return _progress(view, limits)
        case Failure():
            return _failure(view, limits)
        case Help():
            return _help(view, limits)


def _notice(view: Notice, limits: Limits) -> _Elements:
    return [_banner(view, "", limits), *_text(view.text, limits), *sections(view.sections, limits)]


def _status(view: Status, limits: Limits) -> _Elements:
    banner = _banner(view, view.title, limits, _list(view.problems, limits))
    as_of = (
        [prose(timed("As of ", view.as_of), limits, subtle=True, small=True, spacing="Medium")] if view.as_of else []
    )
    return [banner, *sections(view.sections, limits), *as_of]


def _plan(view: Plan, limits: Limits) -> _Elements:
    question = [heading(view.question, limits)] if view.question else []
    return [_banner(view, _asked(view.requester), limits), *_planned(view, limits, WHAT), *question]


def _planned(view: Plan, limits: Limits, effects: str) -> _Elements:
    return [
        *_titled(effects, _list(view.effects, limits), limits),
        *_differences(view.differences, limits),
        *_titled("What it means", _list(view.consequences, limits), limits),
        *_warnings(view.warnings, limits),
        *sections(view.sections, limits),
    ]


def _request(view: Request, limits: Limits) -> _Elements:
    note = [prose(view.note, limits, bold=True, spacing="Medium")] if view.note else []
    return [
        _banner(view, _asked(view.plan.requester), limits, _why(view.reason, limits)),
        *_planned(view.plan, limits, WHAT if view.emergency else WHY),
        ac.Container(items=facts(terms(view), limits), separator=True, spacing="Medium"),
        *note,
        *([ac.TextInput(id=WHY_TYPED, label=view.asks_why, max_length=LONGEST_WHY)] if view.asks_why else []),
    ]


def _why(reason: str, limits: Limits) -> _Elements:
    return [prose(timed("Why: ", escaping.clean(reason)), limits, spacing="Small")] if reason else []


def _asked(requester: str) -> str:
    return f"asked by {requester}" if requester else ""


def _progress(view: Progress, limits: Limits) -> _Elements:
    return [
        _banner(view, " · ".join(part for part in (_asked(view.requester), view.elapsed) if part), limits),
        *_bar(view),
        *_warnings(view.warnings, limits),
        *_steps(view.steps, limits),
        *_details(view.details, limits),
    ]


def _failure(view: Failure, limits: Limits) -> _Elements:
    reference = [mono(f"Reference: {view.reference}", limits, spacing="Medium")] if view.reference else []
    return [
        _banner(view, "", limits, _text(view.cause, limits)),
        *(_titled("What is true now", facts(view.now, limits), limits) if view.now else []),
        *_titled("What to do", _list(view.advice, limits), limits),
        *sections(view.sections, limits),
        *reference,
    ]


def _help(view: Help, limits: Limits) -> _Elements:
    examples, left_off = cut(view.examples, limits.items)
    shown: _Elements = [fixed_width(examples, limits)] if examples else []
    footer = [prose(view.footer, limits, subtle=True, small=True, spacing="Medium")] if view.footer else []
    return [
        _banner(view, "", limits),
        *_text(view.text, limits),
        *_titled("You can type", _entries(view.allowed, limits), limits),
        *_others(view.others, limits),
        *_titled("Examples", shown + _left_off(left_off, limits), limits),
        *sections(view.sections, limits),
        *footer,
    ]


def _others(entries: Sequence[HelpEntry], limits: Limits) -> _Elements:
    shown, left_off = cut(entries, limits.rows)
    groups = [(who, tuple(members)) for who, members in groupby(shown, key=lambda entry: entry.who)]
    named = [part for who, members in groups for part in _titled(who, _entries(members, limits), limits)]
    return [*named, *_left_off(left_off, limits)]


def _banner(view: View, aside: str, limits: Limits, within: Sequence[ac.CardElement] = ()) -> ac.Container:
    """Return the top of a card: state in symbol and word, the headline, and what belongs to it."""
    news = verdict(view)
    over_it = " · ".join(part for part in (news.word, escaping.shorten(escaping.clean(aside), limits.title)) if part)
    items: _Elements = [prose(over_it, limits, bold=True, small=True)] if over_it else []
    items += [heading(news.title, limits, size="Large", first=True), *_whole(news.title, limits), *within]
    if news.tone is Tone.NOTE:
        return ac.Container(items=items)
    return ac.Container(style=STYLES[news.tone], bleed=True, items=items)


def _whole(title: str, limits: Limits) -> _Elements:
    """Return the title in full where the heading had to cut it, so that nothing of it is lost."""
    return [prose(title, limits, spacing="Small")] if len(escaping.clean(title)) > limits.title else []


def _text(text: str, limits: Limits) -> _Elements:
    shown, left_off = cut(escaping.paragraphs(text), max(1, limits.items))
    return [*(prose(line, limits, spacing="Small") for line in shown), *_left_off(left_off, limits)]


def _list(texts: Sequence[str], limits: Limits) -> _Elements:
    shown, left_off = cut(texts, limits.items)
    return [*bullets(shown, limits), *_left_off(left_off, limits)]


def _left_off(count: int, limits: Limits) -> _Elements:
    return [prose(more(count), limits, subtle=True, spacing="Small")] if count else []


def _titled(title: str, elements: _Elements, limits: Limits) -> _Elements:
    return [heading(title, limits), *elements] if elements else []


def _differences(differences: Sequence[Difference], limits: Limits) -> _Elements:
    shown, left_off = cut(differences, limits.rows)
    if not shown:
        return _left_off(left_off, limits)
    header = row(*(prose(word, limits, bold=True) for word in ("Value", "Now", "Then")))
    rows = [difference_row(one, limits) for one in shown]
    return [grid([header, *rows], 2, 1, 1, headed=True), *_left_off(left_off, limits)]


def difference_row(one: Difference, limits: Limits) -> ac.TableRow:
    """Return a value's path, its present value, and the new one as a row."""
    return row(path(one.path, limits), *(mono(text or "–", limits) for text in (one.before, one.after)))


def _warnings(warnings: Sequence[str], limits: Limits) -> _Elements:
    if not warnings:
        return []
    shown, left_off = cut(warnings, limits.items)
    items: _Elements = [prose(timed("⚠ Warning: ", escaping.clean(text)), limits, spacing="Small") for text in shown]
    return [ac.Container(style="warning", spacing="Medium", items=items + _left_off(left_off, limits))]


def _bar(view: Progress) -> _Elements:
    done, steps = over(states(view)), len(states(view))
    if not steps:
        return []
    in_words = ac.TextBlock(text=f"{done} of {steps} steps done", is_subtle=True, spacing="Medium")
    color = _BAR_COLORS[verdict(view).tone]
    return [ac.ProgressBar(value=float(done), max=float(steps), color=color, spacing="Medium", fallback=in_words)]


def _steps(steps: Sequence[StepLine], limits: Limits) -> _Elements:
    shown, left_off = cut(steps, limits.items)
    if not shown:
        return _left_off(left_off, limits)
    table = ac.Container(spacing="Medium", items=[grid([step_row(step, limits) for step in shown], 3, 2, headed=False)])
    return [table, *_left_off(left_off, limits)]


def step_row(step: StepLine, limits: Limits) -> ac.TableRow:
    """Return a step and its state as a row."""
    tone, waiting = STEP_TONES[step.state], step.state in (StepState.WAITING, StepState.SKIPPED)
    title = f"{STEP_SYMBOLS[step.state]} {escaping.clean(step.title)}"
    remark = prose(step_word(step.state, step.remark), limits, subtle=True)
    named = prose(title, limits, bold=step.state is StepState.RUNNING, subtle=waiting)
    named.color = _STEP_COLORS.get(tone)
    return row(named, remark)


def _details(details: Sequence[str], limits: Limits) -> _Elements:
    shown, left_off = cut(details, limits.items)
    return [*([fixed_width(shown, limits)] if shown else []), *_left_off(left_off, limits)]


def _entries(entries: Sequence[HelpEntry], limits: Limits) -> _Elements:
    shown, left_off = cut(entries, limits.rows)
    if not shown:
        return _left_off(left_off, limits)
    return [grid([entry_row(entry, limits) for entry in shown], 2, 3, headed=False), *_left_off(left_off, limits)]


def entry_row(entry: HelpEntry, limits: Limits) -> ac.TableRow:
    """Return a command and its summary as a row."""
    return row(mono(entry.usage, limits, bold=True), prose(entry.summary, limits))
