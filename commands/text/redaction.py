"""Redaction of text for a chat: secrets that are known, and what has the shape of one. Pure.

All places are found in the original text, and only then hidden: two secrets that overlap are hidden as a whole, and no
piece of one is left beside the mark.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from math import log2
from typing import Final

from clients.secret_patterns import MARK, hidden, shaped

__all__ = ["MARK", "SECRETS_BELONG", "Redactor", "holds_secret"]

SECRETS_BELONG: Final = (
    "Everybody in this conversation can read what is typed here: if it is a secret, renew it. A client secret is "
    "renewed by /jhub auth rotate; other secrets go into what values.secrets names, or into a Kubernetes Secret that "
    "the values name."
)
# A word of which nobody can tell what it means: as long as keys are, of small and capital letters and digits.
_OPAQUE: Final = re.compile(r"(?<![\w~+=/.-])[\w~+=-]{20,}(?![\w~+=/.-])")

# A secret of fewer characters is hidden where it stands as a word of its own; of fewer than the second, never: it
# would hide half of every line, and is none.
_ANYWHERE: Final = 8
_SHORTEST: Final = 4
# Bits a character: random words of twenty characters have about four, names that people give rarely three and a half.
_RANDOM: Final = 3.6
_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY")
_END = re.compile(r"-----END [A-Z0-9 ]*PRIVATE KEY-{0,5}")


def holds_secret(text: str) -> bool:
    """Return True if any of it looks like a secret; stricter than redaction, since asking again costs little."""
    if Redactor().line(text) != text:
        return True
    return any(_is_opaque(word) for word in _OPAQUE.findall(text))


def _is_opaque(word: str) -> bool:
    kinds = (any(map(kind, word)) for kind in (str.islower, str.isupper, str.isdigit))
    return all(kinds) and _entropy(word) >= _RANDOM


def _entropy(word: str) -> float:
    """Return Shannon's entropy of the characters, in bits for each."""
    shares = [word.count(one) / len(word) for one in set(word)]
    return -sum(share * log2(share) for share in shares)


class Redactor:
    """A filter that hides secrets in consecutive lines, `known` ones and what looks like some.

    Lines are examined as they are shown: invisible characters must have been removed before.
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        wanted = {one for one in known if len(one) >= _SHORTEST and one not in MARK}
        self._long = sorted(one for one in wanted if len(one) >= _ANYWHERE)
        short = "|".join(re.escape(one) for one in sorted(wanted - set(self._long), key=lambda one: (-len(one), one)))
        self._short = re.compile(rf"(?<![A-Za-z0-9])(?:{short})(?![A-Za-z0-9])") if short else None
        self._in_key = False

    def line(self, text: str) -> str:
        """Return the line without secrets. A private key is hidden from its beginning to its end, over many lines."""
        shown = hidden(text, self.spans(text))
        # The mark itself may have completed one: text around it is people's, and people can be clever.
        return MARK if any(one in shown for one in self._long) else shown

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return the places of what is hidden in the line; `line` does more, for text that people can shape."""
        return [*self.known_spans(text), *shaped(text), *self._of_key(text)]

    def lines(self, texts: Sequence[str]) -> list[str]:
        """Return each of the lines without secrets."""
        return [self.line(text) for text in texts]

    def known_spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield the places of known secrets."""
        for secret in self._long:
            at = text.find(secret)
            while at >= 0:
                yield at, at + len(secret)
                at = text.find(secret, at + 1)
        if self._short:
            yield from (match.span() for match in self._short.finditer(text))

    def _of_key(self, text: str) -> Iterator[tuple[int, int]]:
        begin = 0 if self._in_key else -1
        for match in re.finditer(f"{_BEGIN.pattern}|{_END.pattern}", text):
            if _BEGIN.match(match[0]):
                begin = match.start() if begin < 0 else begin
            elif begin >= 0:
                yield begin, match.end()
                begin = -1
        self._in_key = begin >= 0
        if begin >= 0:
            yield begin, len(text)
