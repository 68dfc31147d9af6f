"""Typed text made plain: spaces, quotation marks and dashes as a terminal has them, and its words."""

import re
import shlex
import unicodedata
from collections.abc import Iterator

from commands.framework.errors import UserError
from commands.framework.suggestions import help_on
from commands.framework.usage import quoted

# What people and their phones quote with, in its two kinds.
_DOUBLE, _SINGLE = '"“”„«»', "'‘’‚"
_PLAIN = str.maketrans(dict.fromkeys(_DOUBLE, '"') | dict.fromkeys(_SINGLE, "'"))
# Phones turn "--all" into a dash of either length.
_SPACES = re.compile(" +")
_DASHES = re.compile(r"(?<!\S)[–—](?=[A-Za-z])")


def clean(text: str) -> str:
    """Return the text with plain spaces, quotation marks and dashes, on one line.

    Text within quotation marks is left as it was typed, line breaks included; only characters that no terminal shows
    (controls) are removed there, too.
    """
    found: list[str] = []
    for part, is_quoted in _parts(text.replace("\r\n", "\n")):
        found.append(_kept(part) if is_quoted else _outside(part))
    return "".join(found).strip()


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the text in turns: outside of quotation marks, and within, with plain marks around it."""
    begun = here = 0
    # A mark that is never closed is a letter, and so are all that follow it.
    open_for_ever: set[str] = set()
    while here < len(text):
        mark, end = text[here], -1
        if mark not in open_for_ever and _begins(text, here):
            end = _closing(text, here)
            if end < 0:
                open_for_ever.add(mark)
        if end < 0:
            here += 1
            continue
        # Between curved marks, plain ones may stand; and a single one would pair with an apostrophe elsewhere.
        plain, inside = "'" if mark == "'" else '"', text[here + 1 : end]
        yield text[begun:here], False
        yield quoted(inside) if plain in inside else f"{plain}{inside}{plain}", True
        begun = here = end + 1
    yield text[begun:], False


def _begins(text: str, here: int) -> bool:
    """Return True if a quotation may begin here; a curved single mark within a word is an apostrophe."""
    mark = text[here]
    if mark in _DOUBLE or mark == "'":
        return True
    return mark in _SINGLE and (here == 0 or text[here - 1].isspace() or text[here - 1] == "=")


def _closing(text: str, here: int) -> int:
    """Return the end of the quotation that begins here; -1 where it has none."""
    mark = text[here]
    if mark in "\"'":
        return text.find(mark, here + 1)
    return _first(text, "“”„«»" if mark in _DOUBLE else "‘’‚", here + 1)


def _first(text: str, marks: str, start: int) -> int:
    return min((place for mark in marks if (place := text.find(mark, start)) >= 0), default=-1)


def _outside(text: str) -> str:
    spaced = "".join(" " if unicodedata.category(c) in ("Zs", "Zl", "Zp") or c in "\r\n\t" else c for c in text)
    shown = "".join(c for c in spaced if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    return _DASHES.sub("--", _SPACES.sub(" ", shown.translate(_PLAIN)))


def _kept(text: str) -> str:
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))


def words_of(line: str) -> list[str]:
    """Return the words of a cleaned line; a quotation is one, without its marks. Raise UserError."""
    reader = shlex.shlex(line, posix=True, punctuation_chars=False)
    reader.whitespace_split, reader.commenters, reader.escape = True, "", ""
    try:
        return list(reader)
    except ValueError:
        # An apostrophe alone is a letter of a name (o'brien@…), not a quotation that somebody forgot to end.
        if "'" in line and line.count('"') % 2 == 0:
            reader = shlex.shlex(line, posix=True, punctuation_chars=False)
            reader.whitespace_split, reader.commenters, reader.escape, reader.quotes = True, "", "", '"'
            return list(reader)
        message = "A quotation mark is opened and never closed. Add the second one."
        raise UserError(message, suggestions=[help_on()]) from None
