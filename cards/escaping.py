"""Escaping of untrusted text: one line, no invisible characters, no active markup.

A name such as `**x**` or `[a](http://b)` reaches a reader exactly so, neither bold nor as a link.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from cards.times import Moment, Part, Timed, each, parts, timed

# Controls and terminal escapes (Cc), bidirectional and zero-width marks (Cf), halves of characters (Cs), and what
# no font has (Co, Cn).
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_SPACES = frozenset({"Zs", "Zl", "Zp"})
# What joins emojis into one, and stands between others than ASCII.
_JOINER = "\u200d"

# CommonMark 0.31 lets a backslash precede any ASCII punctuation. Only where it would act, though: Teams on phones
# has a parser of its own (microsoft/AdaptiveCards, source/shared/cpp/ObjectModel/MarkDownBlockParser.cpp) that knows
# the backslash before * and _ only, and that takes "](" for a link whatever precedes it.
_ACTS = re.compile(
    r"""
      [\\`*\[~|]                      # escapes, code, emphasis, links, strikethrough, tables
    | <(?=[A-Za-z/!?])                # tags, autolinks, <at>
    | &(?=\#?\w+;)                    # entities
    | (?<=\])\(                       # the second half of a link
    | (?<![^\W_])_ | _(?![^\W_])      # emphasis; not inside a word such as user_name
    | (?<=\{)\{                       # {{DATE(…)}} of Adaptive Cards
    """,
    re.VERBOSE,
)
# What makes a line a heading, a quotation, a list or a rule. Teams' own parsers read "- " and "1. " too.
_STARTS_BLOCK = re.compile(r"^(?:\#(?=[#\s]|$)|>|\+(?=\s|$)|-(?=\s|[\s-]*$)|\d+[.)](?=\s|$))")


def clean(text: str) -> str:
    """Return `text` on one line: runs of blanks become one space, invisible characters are removed."""
    if isinstance(text, Timed):
        return _stripped(each(text, _one_line))
    return " ".join(_visible(text).split())


def paragraphs(text: str) -> list[str]:
    """Return the lines of `text` that are not empty, each clean."""
    return [line for line in map(clean, _lines(text)) if line]


def code(text: str) -> str:
    """Return a line of fixed-width text: blanks are kept, a tab becomes four."""
    return _visible(text.replace("\t", "    ")).rstrip()


def markdown(text: str) -> str:
    """Return `text`, cleaned, as card Markdown that reads as `text` does: nothing in it is bold, a list or a link.

    Its moments are shown in the reader's time zone. A moment is recognised by its type, never by its text.
    """
    pieces = [part.local if isinstance(part, Moment) else _escaped(part) for part in parts(clean(text))]
    if pieces and not isinstance(parts(text)[0], Moment):
        pieces[0] = _STARTS_BLOCK.sub(lambda match: f"{match[0][:-1]}\\{match[0][-1]}", pieces[0])
    return "".join(pieces)


def _escaped(text: str) -> str:
    return _ACTS.sub(lambda match: "\\" + match[0], text)


def shorten(text: str, limit: int) -> str:
    """Return at most `limit` (2 or more) characters: prose loses its end, a single long word its middle."""
    if len(text) <= limit:
        return text
    if isinstance(text, Timed):
        return timed(*_first(text, limit - 1), "…")
    if " " in text[:limit]:
        return text[: limit - 1].rstrip() + "…"
    head = limit // 2
    return f"{text[:head]}…{text[len(text) - (limit - head - 1) :]}"


def _first(text: Timed, room: int) -> Iterator[str]:
    """Yield the first parts, the last of them cut unless it is a moment."""
    for part in text.parts:
        size = len(part.plain if isinstance(part, Moment) else part)
        if size > room:
            yield "" if isinstance(part, Moment) else part[:room].rstrip()
            return
        yield Timed.of(part)
        room -= size


def _one_line(text: str) -> str:
    """Return the text cleaned, but with a blank kept at either end: a moment may stand there."""
    shown = _visible(text)
    front, back = shown[:1].isspace(), shown[-1:].isspace()
    return f"{' ' * front}{' '.join(shown.split())}{' ' * back}" if shown.strip() else " " * (front or back)


def _stripped(text: str) -> str:
    first, *others = parts(text)
    pieces = [first.lstrip() if isinstance(first, str) else first, *others]
    last = pieces[-1]
    return Timed.of(*pieces[:-1], last.rstrip() if isinstance(last, str) else last)


def _lines(text: str) -> list[str]:
    if not isinstance(text, Timed):
        return text.splitlines()
    lines: list[list[Part]] = [[]]
    for part in text.parts:
        first, *others = [part] if isinstance(part, Moment) else part.splitlines(keepends=True) or [""]
        lines[-1].append(first)
        lines += [[one] for one in others]
        if isinstance(lines[-1][-1], str) and lines[-1][-1].endswith("\n"):
            lines.append([])
    # What ends with the end of a line has nothing behind it.
    return [Timed.of(*line) for line in lines if line]


def _visible(text: str) -> str:
    # Most text is: nothing in it is one of the invisible, and of the blanks it has the space alone. A long card has
    # thousands of characters, and fifty people may ask for it at once.
    if text.isprintable():
        return text
    return "".join(map(_seen, text))


# A text has few different ones; Unicode has a million.
@lru_cache(4096)
def _seen(character: str) -> str:
    category = unicodedata.category(character)
    if category in _SPACES or character in "\r\n\t":
        return " "
    return "" if category in _INVISIBLE else character


def invisible(text: str) -> list[str]:
    """Return the characters that are left out wherever the text is shown, each once, as in “U+202E”.

    Line breaks and tabs are visible, and so is the joiner of two emojis.
    """
    joined = {
        index
        for index, character in enumerate(text)
        if character == _JOINER and not text[index - 1 : index + 2].replace(_JOINER, "").isascii()
    }
    found = (
        f"U+{ord(character):04X}"
        for index, character in enumerate(text)
        if character not in "\n\t" and unicodedata.category(character) in _INVISIBLE and index not in joined
    )
    return list(dict.fromkeys(found))
