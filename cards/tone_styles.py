"""The symbols and words of tones and step states: state is never carried by colour alone."""

from cards.times import timed
from cards.views import StepState, Tone

SYMBOLS = {
    Tone.GOOD: "✔",
    Tone.NOTE: "ℹ",
    Tone.WORKING: "⟳",
    Tone.WARNING: "⚠",
    Tone.BAD: "✖",
}
WORDS = {
    Tone.GOOD: "OK",
    Tone.NOTE: "Note",
    Tone.WORKING: "Working",
    Tone.WARNING: "Warning",
    Tone.BAD: "Problem",
}
STEP_SYMBOLS = {
    StepState.WAITING: "○",
    StepState.RUNNING: "⟳",
    StepState.DONE: "✔",
    StepState.FAILED: "✖",
    StepState.SKIPPED: "–",
}
STEP_TONES = {
    StepState.WAITING: Tone.NOTE,
    StepState.RUNNING: Tone.WORKING,
    StepState.DONE: Tone.GOOD,
    StepState.FAILED: Tone.BAD,
    StepState.SKIPPED: Tone.NOTE,
}


def marked(text: str, tone: Tone) -> str:
    """Return `text` behind its tone's symbol; a text without words ("2/3") gets the tone's word too."""
    if tone is Tone.NOTE:
        return text
    if any(character.isalpha() for character in text):
        return timed(f"{SYMBOLS[tone]} ", text)
    return " ".join(part for part in (SYMBOLS[tone], text, WORDS[tone].lower()) if part)


def step_word(state: StepState, remark: str) -> str:
    """Return the words beside a step: its state and the remark, e.g. "done, 12 s"."""
    return f"{state.value}, {remark}" if remark else state.value
