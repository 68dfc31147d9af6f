"""Changes carried over from one layout of a YAML text to another."""

import difflib
from collections.abc import Iterator, Sequence


def carried_over(text: str, plain: str, changed: str) -> str:
    """Apply to `text` what turns `plain` into `changed`; ruamel's two differ from it in layout alone.

    Return the result. Raise ValueError where a line that changes is not found in the text.
    """
    lines, old, new = text.splitlines(keepends=True), plain.splitlines(keepends=True), changed.splitlines(keepends=True)
    places = _places(lines, old)
    made: list[str] = []
    done = 0
    for tag, first, last, begin, end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        start = places[first] if first < last else places[first - 1] + 1 if first else 0
        stop = places[last - 1] + 1 if first < last else start
        if -1 in places[first:last] or start < done or stop - start != last - first or (first and start <= 0):
            raise ValueError("long lines, or odd blank lines")
        made += lines[done:start]
        made += _shifted(lines[start:] or lines[-1:], old[first:] or old[-1:], new[begin:end])
        done = stop
    return "".join((*made, *lines[done:]))


def _places(lines: Sequence[str], old: Sequence[str]) -> list[int]:
    """Return the index in the text of each of ruamel's lines; -1 for one that is laid out otherwise there."""
    if len(lines) == len(old):
        return list(range(len(old)))
    found = [-1] * len(old)
    stripped = [line.strip() for line in old], [line.strip() for line in lines]
    for there, here, size in difflib.SequenceMatcher(None, *stripped, autojunk=False).get_matching_blocks():
        found[there : there + size] = range(here, here + size)
    return found


def _shifted(lines: Sequence[str], old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    """Yield the new lines, indented by as much as the text differs from ruamel's writing there."""
    by = _margin(lines[0]) - _margin(old[0]) if lines else 0
    for line in new:
        yield " " * by + line if by > 0 else line[min(-by, _margin(line)) :]


def _margin(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
