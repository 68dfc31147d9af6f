"""Text from people and systems, made safe to show: one line, no invisible characters, no markup that acts.

A name such as `**x**` or `[a](http://b)` reaches a reader exactly so, neither bold nor as a link.
"""

import re
import unicodedata

# Controls and terminal escapes (Cc), bidirectional and zero-width marks (Cf), halves of characters (Cs), and what
# no font has (Co, Cn).
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_SPACES = frozenset({"Zs", "Zl", "Zp"})

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
    """`text` in one line: runs of blanks become one space, characters that cannot be seen are gone."""
    return " ".join(_visible(text).split())


def paragraphs(text: str) -> list[str]:
    """The lines of `text` that hold something, each clean."""
    return [line for line in map(clean, text.splitlines()) if line]


def code(text: str) -> str:
    """A line of fixed-width text: blanks stay as many as they are, tabs become four."""
    return _visible(text.replace("\t", "    ")).rstrip()


def markdown(text: str) -> str:
    """`text`, cleaned, as card Markdown that reads as `text` does: nothing in it is bold, a list or a link."""
    escaped = _ACTS.sub(lambda match: "\\" + match[0], clean(text))
    return _STARTS_BLOCK.sub(lambda match: f"{match[0][:-1]}\\{match[0][-1]}", escaped)


def shorten(text: str, limit: int) -> str:
    """At most `limit` (2 or more) characters: prose loses its end, a single long word its middle."""
    if len(text) <= limit:
        return text
    if " " in text[:limit]:
        return text[: limit - 1].rstrip() + "…"
    head = limit // 2
    return f"{text[:head]}…{text[len(text) - (limit - head - 1) :]}"


def _visible(text: str) -> str:
    # Most text is: nothing in it is one of the invisible, and of the blanks it has the space alone. A long card has
    # thousands of characters, and fifty people may ask for it at once.
    if text.isprintable():
        return text
    return "".join(map(_seen, text))


def _seen(character: str) -> str:
    category = unicodedata.category(character)
    if category in _SPACES or character in "\r\n\t":
        return " "
    return "" if category in _INVISIBLE else character
