"""Instructions for a change that the bot cannot make in a file without changing other values with it."""

import json
from collections.abc import Sequence

from clients.values.changes import ValueChange, dotted
from clients.values.document import parse
from clients.values.repetitions import repetitions


def by_hand(text: str, changes: Sequence[ValueChange], *, shown: bool) -> str:
    """Return the reason why the first obstructed change cannot be made in place, and the lines to type.

    The values themselves are included only if `shown`: some may be secrets.
    """
    found = [one for one in (_obstacle(text, change) for change in changes) if one]
    lines = "; ".join(f"“{_typed(change, shown=shown)}”" for change in changes)
    where = ", ".join(f"{dotted(change.path)} (line {parse(text).line(change.path)})" for change in changes)
    why = found[0] if found else f"{where} cannot be changed without rewriting the lines around it."
    return f"{why} Change the file by hand. What to write: {lines}."


def _obstacle(text: str, change: ValueChange) -> str:
    """Return the repetition that stands in the way of the change, as a sentence; empty where there is none."""
    for one in repetitions(text, change.path):
        name = dotted(one.path)
        if one.merged:
            return f"{name} comes from line {one.source} by a merge key (“<<”), which others may use too."
        if one.source < one.line:
            return f"{name} (line {one.line}) repeats what begins in line {one.source} (“*”): both would change."
        return f"{name} (line {one.line}) is repeated elsewhere (“*”): that would change too."
    return ""


def _typed(change: ValueChange, *, shown: bool) -> str:
    """Return the change as it is written in a file: JSON is YAML, and unambiguous."""
    name = change.path[-1]
    if change.removed:
        return f"remove {name}"
    value = json.dumps(change.after, ensure_ascii=False) if shown else "…"
    return f"{name}: {value}" if isinstance(name, str) else f"- {value}"
