"""The secret patterns of detect-secrets, which others maintain, for the keys of many services. Pure.

Only its patterns are used: nothing is read from files, requested from a network or kept. They are loaded once a text
has a word in it that some of them could match, since loading them takes longer than all else at the start.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

# Of those that are left out ours find more (`clients.secret_patterns`), but for public addresses, which are no secrets.
_OURS: Final = frozenset(
    {
        "BasicAuthDetector",
        "IPPublicDetector",
        "JwtTokenDetector",
        "NpmDetector",
        "OpenAIDetector",
        "PrivateKeyDetector",
    }
)
# As long as the keys that they know, with a capital letter and a digit in it. What has none is found by ours.
_WORD: Final = re.compile(r"[\w+/=-]{17,}")
_AROUND: Final = 80
# Their patterns are looked for in pieces of this length, so that a line of any length takes a time in proportion.
_PIECE, _OVERLAP = 1024, 256


def ruled(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of the text that are secrets by these rules."""
    for begin, end in _pieces(text):
        piece = text[begin:end]
        for rule in _rules():
            for match in rule.finditer(piece):
                yield begin + match.start(), begin + match.end()


def load() -> None:
    """Load the rules ahead of the first use. It takes a while; run it in a thread."""
    _rules()


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of the text in which there may be any."""
    for begin, end in _stretches(text):
        for at in range(begin, max(begin + 1, end - _OVERLAP), _PIECE - _OVERLAP):
            yield at, min(at + _PIECE, end)


def _stretches(text: str) -> Iterator[tuple[int, int]]:
    begin = end = 0
    for match in _WORD.finditer(text):
        word = match[0]
        if not (any(map(str.isdigit, word)) and any(map(str.isupper, word))):
            continue
        if end and match.start() - _AROUND > end:
            yield begin, end
            end = 0
        begin = begin if end else max(0, match.start() - _AROUND)
        end = match.end() + _AROUND
    if end:
        yield begin, end


@cache
def _rules() -> tuple[re.Pattern[str], ...]:
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class  # noqa: PLC0415 - see above
    from detect_secrets.plugins.base import RegexBasedDetector  # noqa: PLC0415 - the same

    kinds: list[Any] = list(get_mapping_from_secret_type_to_class().values())
    used = [one for one in kinds if issubclass(one, RegexBasedDetector) and one.__name__ not in _OURS]
    return tuple(rule for one in used for rule in one.denylist)
