"""The verdict on a view: its tone, a word for it, and the headline."""

from collections.abc import Sequence
from dataclasses import dataclass

from cards.tone_styles import SYMBOLS, WORDS
from cards.views import (
    Chart,
    Facts,
    Failure,
    Help,
    Notice,
    Plan,
    Progress,
    Request,
    Section,
    Status,
    StepState,
    Table,
    Tone,
    View,
)

_OVER = frozenset({StepState.DONE, StepState.SKIPPED})


@dataclass(frozen=True)
class Verdict:
    """A verdict. `word` is symbol and word ("✖ Problem"), empty for plain notes; `title` is as the view has it."""

    tone: Tone
    word: str
    title: str


def verdict(view: View) -> Verdict:  # noqa: PLR0911 - one for each kind of view
    """Return the verdict on `view`, with which card and text begin."""
    match view:
        case Notice():
            tone = honest(view.tone, view.sections)
            return Verdict(tone, _word(tone, "Done"), view.title)
        case Status():
            tone = honest(view.tone, view.sections)
            return Verdict(tone, _word(tone, "Healthy"), view.headline)
        case Plan():
            return Verdict(Tone.WORKING, "☐ Plan", view.title)
        case Request():
            tone = Tone.WARNING if view.emergency else Tone.WORKING
            return Verdict(tone, f"{'⚠' if view.emergency else '☐'} {view.state}", view.plan.title)
        case Progress():
            tone = _stage(states(view))
            return Verdict(tone, "✖ Failed" if tone is Tone.BAD else _word(tone, "Done"), view.title)
        case Failure():
            return Verdict(Tone.BAD, "✖ Failed", view.title)
        case Help():
            return Verdict(Tone.NOTE, "", view.title)


def honest(tone: Tone, sections: Sequence[Section]) -> Tone:
    """Return the tone that a view may have: a warning instead of good news while any of its parts is bad news."""
    return Tone.WARNING if tone is Tone.GOOD and any(Tone.BAD in _tones(one) for one in sections) else tone


def _tones(section: Section) -> set[Tone]:
    match section:
        case Facts():
            return {fact.tone for fact in section.facts}
        case Table():
            return {cell.tone for row in section.rows for cell in row}
        case Chart():
            return {part.tone for part in section.slices if part.value}
    return set()


def states(view: Progress) -> Sequence[StepState]:
    """Return the states of all steps, those on other pages included."""
    return (*(step.state for step in view.steps), *view.elsewhere)


def over(steps: Sequence[StepState]) -> int:
    """Return the number of steps that are done or skipped."""
    return sum(state in _OVER for state in steps)


def _stage(steps: Sequence[StepState]) -> Tone:
    if StepState.FAILED in steps:
        return Tone.BAD
    return Tone.GOOD if steps and over(steps) == len(steps) else Tone.WORKING


def _word(tone: Tone, good: str) -> str:
    if tone is Tone.NOTE:
        return ""
    return f"{SYMBOLS[tone]} {good if tone is Tone.GOOD else WORDS[tone]}"
