"""What a view comes down to: how good the news is, in a word, and the sentence that matters."""

from collections.abc import Sequence
from dataclasses import dataclass

from cards.tones import SYMBOLS, WORDS
from cards.views import Failure, Help, Notice, Plan, Progress, Request, Status, StepLine, StepState, Tone, View

_OVER = frozenset({StepState.DONE, StepState.SKIPPED})


@dataclass(frozen=True)
class Verdict:
    """`word` is symbol and word, e.g. "✖ Problem", and empty for plain notes; `title` is as the view has it."""

    tone: Tone
    word: str
    title: str


def verdict(view: View) -> Verdict:  # noqa: PLR0911 - one for each kind of view
    """The verdict on `view`: what card and text begin with."""
    match view:
        case Notice():
            return Verdict(view.tone, _word(view.tone, "Done"), view.title)
        case Status():
            return Verdict(view.tone, _word(view.tone, "Healthy"), view.headline)
        case Plan():
            return Verdict(Tone.WORKING, "☐ Plan", view.title)
        case Request():
            tone = Tone.WARNING if view.emergency else Tone.WORKING
            return Verdict(tone, f"{'⚠' if view.emergency else '☐'} {view.state}", view.plan.title)
        case Progress():
            tone = _stage(view.steps)
            return Verdict(tone, "✖ Failed" if tone is Tone.BAD else _word(tone, "Done"), view.title)
        case Failure():
            return Verdict(Tone.BAD, "✖ Failed", view.title)
        case Help():
            return Verdict(Tone.NOTE, "", view.title)


def over(steps: Sequence[StepLine]) -> int:
    """How many steps need nothing more."""
    return sum(step.state in _OVER for step in steps)


def _stage(steps: Sequence[StepLine]) -> Tone:
    if any(step.state is StepState.FAILED for step in steps):
        return Tone.BAD
    return Tone.GOOD if steps and over(steps) == len(steps) else Tone.WORKING


def _word(tone: Tone, good: str) -> str:
    if tone is Tone.NOTE:
        return ""
    return f"{SYMBOLS[tone]} {good if tone is Tone.GOOD else WORDS[tone]}"
