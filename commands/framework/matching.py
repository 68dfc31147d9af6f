"""Fuzzy matching of command names: every word counts, in any order, misspelled, or as a synonym."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final

from commands.framework.synonyms import FILLER, SYNONYMS

_SEPARATORS: Final = re.compile(r"[-_/:,;?!…“”‘’'\"()]+")
_MOST_WORDS: Final = 12
_LEAST: Final = 0.5
_BEHIND: Final = 0.25
_BEHIND_STRONG: Final = 0.2
_ALIKE: Final = 0.75
_SURE: Final = 0.8


@dataclass(frozen=True)
class Match:
    """A match of a name with the typed words: `score` orders. `rest` are the words that are not of the name.

    `kept` are those without filler words. `strong` is True if every word of the name was typed, and no other but
    arguments.
    """

    name: str
    score: float
    rest: tuple[str, ...]
    kept: tuple[str, ...]
    strong: bool


def matches(words: Sequence[str], names: Iterable[str]) -> list[Match]:
    """Return the names that fit the typed words, best first; those far behind the best are left out."""
    tokens = list(_tokens(words[:_MOST_WORDS]))
    found = [match for name in names if (match := _match(name, words, tokens)) is not None]
    best = max(found, key=lambda match: match.score, default=None)
    if best is None:
        return []
    least = max(_LEAST, best.score - (_BEHIND_STRONG if best.strong else _BEHIND))
    return sorted((match for match in found if match.score >= least), key=lambda match: -match.score)


# The same few words are in many names.
@lru_cache(4096)
def alike(typed: str, word: str) -> float:
    """Return how like a typed word is to one of a name, from 0 to 1: equal, plural, abbreviated, or misspelled."""
    if typed == word:
        return 1.0
    if f"{typed}s" == word or f"{word}s" == typed:
        return 0.95
    if word in (SYNONYMS.get(typed) or SYNONYMS.get(typed.removesuffix("s"), "")).split():
        return 0.85
    if len(typed) > 2 and word.startswith(typed):  # noqa: PLR2004 - two letters begin too many words
        return 0.8
    if len(typed) < 3 or (typed[0] != word[0] and typed[:2] != word[1::-1]):  # noqa: PLR2004 - as above
        return 0.0
    ratio = SequenceMatcher(None, typed, word).ratio()
    return _SURE if ratio >= _ALIKE else 0.0


@dataclass(frozen=True)
class _Token:
    """A typed word, or a part of one, and its position."""

    text: str
    place: int


def _tokens(words: Sequence[str]) -> Iterator[_Token]:
    """Yield the words that may be of a name. An argument is skipped: it has a digit, a dot, an @ or dashes."""
    for place, word in enumerate(words):
        plain = word.lower().rstrip(".?!,;:")
        if not _is_argument(plain):
            yield from (_Token(part, place) for part in _SEPARATORS.split(plain) if part)


def _is_argument(word: str) -> bool:
    return word != "0" and (word.startswith("--") or any(char.isdigit() or char in ".@=*$<>\\" for char in word))


def _match(name: str, words: Sequence[str], tokens: Sequence[_Token]) -> Match | None:
    wanted = name.replace("--", "").split()
    if "".join(wanted) == "".join(token.text for token in tokens):
        rest = _without(words, {token.place for token in tokens})
        return Match(name, 1.0, rest, rest, strong=True)
    taken, likeness = _taken(wanted, tokens)
    if not taken:
        return None
    counted = [token for token in tokens if token in taken or token.text not in FILLER]
    recall, precision = sum(likeness) / len(wanted), len(taken) / len(counted)
    first = 0.1 if counted[0] in taken else 0.0
    strong = min(likeness) >= _SURE and len(taken) == len(counted)
    of_name = {token.place for token in taken}
    around = {token.place for token in tokens if token.text in FILLER}
    score = 0.55 * recall + 0.35 * precision + first
    return Match(name, score, _without(words, of_name), _without(words, of_name | around), strong)


def _taken(wanted: Sequence[str], tokens: Sequence[_Token]) -> tuple[list[_Token], list[float]]:
    """Return the tokens that stand for words of the name, each for one, and the similarity of each word."""
    free, taken, likeness = list(tokens), [], []
    for word in wanted:
        best = max(free, key=lambda token: alike(token.text, word), default=None)
        how = alike(best.text, word) if best else 0.0
        likeness.append(how)
        if best is not None and how:
            free.remove(best)
            taken.append(best)
    return taken, likeness


def _without(words: Sequence[str], places: set[int]) -> tuple[str, ...]:
    return tuple(word for place, word in enumerate(words) if place not in places)
