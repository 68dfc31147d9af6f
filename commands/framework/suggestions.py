"""Suggestions for a line that is no command, or has arguments that the command does not take. Pure.

A command that destroys is offered only where its whole name was typed, and no line that looks as if it contained a
secret.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import permutations
from typing import Final

from commands.framework.command import Change, Command, Level, Query, Topic
from commands.framework.errors import Suggestion
from commands.framework.matching import Match, matches
from commands.framework.usage import common, least, line_of, parameters
from commands.text.redaction import Redactor

Fits = Callable[[Command, Sequence[str]], bool]
"""Whether a command takes these arguments."""

_MOST: Final = 8
# Arguments that fit tell as much as a word of the name; those that there is no place for tell against it.
_FITTING: Final = 0.15
_PLACELESS: Final = 0.1
# Of more arguments there are too many orders to try, and no command has as many.
_MOST_MOVED: Final = 4
_MOST_REPAIRS: Final = 2


@dataclass(frozen=True)
class Offers:
    """The suggestions, best first; `withheld` are commands too dangerous to be offered on a guess."""

    suggestions: tuple[Suggestion, ...]
    withheld: tuple[Command, ...] = ()


def commands_like(words: Sequence[str], catalogue: Sequence[Command], fits: Fits, *, after: str = "") -> Offers:
    """Return commands whose names are like the typed words, with the typed arguments where those fit.

    With `after`, a name's first words, return those commands whose names continue like the typed words.
    """
    begin = f"{after} " if after else ""
    by_name = {one.name.removeprefix(begin): one for one in catalogue if one.name.startswith(begin)}
    found = [(by_name[match.name], match) for match in matches(words, by_name)]
    found.sort(key=lambda one: _order(one[0], one[1], fits))
    safe = [(command, match) for command, match in found if match.strong or not _destroys(command)]
    withheld = tuple(command for command, match in found if _destroys(command) and not match.strong)
    return Offers(tuple(_offer(command, match, fits) for command, match in safe[:_MOST]), withheld)


def repairs(command: Command, words: Sequence[str], fits: Fits) -> tuple[Suggestion, ...]:
    """Return the command with arguments that it takes, one mistake away from those typed; none if it destroys."""
    if _destroys(command):
        return ()
    for kind in (_with_other_flags, _together, _in_another_order, _with_less):
        found = dict.fromkeys(tuple(tried) for tried in kind(command, words) if fits(command, tried))
        offered = [_complete(command, tried) for tried in found if not _secret(command, tried)]
        if offered:
            return tuple(offered[: 1 if kind is _in_another_order else _MOST_REPAIRS])
    return ()


def members(commands: Sequence[Command], fits: Fits) -> tuple[Suggestion, ...]:
    """Return all of these commands, the most used first: queries that need no arguments as they are typed."""
    return tuple(
        _complete(command, ()) if isinstance(command, Query) and fits(command, ()) else _to_fill_in(command)
        for command in sorted(commands, key=lambda command: (command.rank, command.name))
    )


def help_on(name: str = "") -> Suggestion:
    """Return the suggestion of help on a command, a topic or the first word of some; without one, of all help."""
    title = f"Help on {name}" if name else "All commands"
    return Suggestion(f"/jhub help {name}".strip(), "", Level.ANYONE, complete=True, title=title)


def _order(command: Command, match: Match, fits: Fits) -> tuple[float, int, int]:
    """Return the sort key: the best score first, then the order of help."""
    fitting = any(rest and fits(command, rest) for rest in (match.rest, match.kept))
    placeless = bool(match.kept) and not any(not parameter.flag for parameter in parameters(command.args))
    score = match.score + _FITTING * fitting - _PLACELESS * (placeless and not fitting)
    return -round(score, 3), list(Topic).index(command.topic), command.rank


def _offer(command: Command, match: Match, fits: Fits) -> Suggestion:
    """Return the command with the typed arguments where those fit; else a query that needs none; else its usage."""
    guarded = isinstance(command, Change) and (command.approvals or command.effects.always) and not match.strong
    for rest in () if guarded else (match.rest, match.kept):
        if fits(command, rest) and not _secret(command, rest):
            return _complete(command, rest)
    if isinstance(command, Query) and fits(command, ()):
        return _complete(command, ())
    return _to_fill_in(command)


def _complete(command: Command, words: Sequence[str]) -> Suggestion:
    return Suggestion(line_of(command.name, words), command.summary, command.level, complete=True)


def _to_fill_in(command: Command) -> Suggestion:
    return Suggestion(least(command), command.summary, command.level, complete=False)


def _destroys(command: Command) -> bool:
    return isinstance(command, Change) and command.destroys


def _secret(command: Command, words: Sequence[str]) -> bool:
    line = line_of(command.name, words)
    return Redactor().line(line) != line


# Lines that are one mistake away. Whether they are any better is for the parser to say.


def _with_other_flags(command: Command, words: Sequence[str]) -> Iterator[list[str]]:
    """Yield the words with a flag spelled correctly, with its dashes, or a switch without its value."""
    flags = {p.flag: p for p in (*parameters(command.args), *common(command)) if p.flag}
    for place, word in enumerate(words):
        before, after = words[:place], words[place + 1 :]
        name, has_value, value = word.lower().partition("=")
        if name in flags and has_value:
            yield [*before, name, *after]
        meant = get_close_matches(f"--{name.lstrip('-')}", flags, n=2, cutoff=0.7)
        for flag in meant if name not in flags else ():
            yield [*before, f"{flag}{has_value}{value}", *after]


def _together(command: Command, words: Sequence[str]) -> Iterator[list[str]]:
    """Yield the words with an argument that has spaces in one, where its quotation marks were forgotten."""
    for parameter in parameters(command.args)[:1]:
        if count := getattr(parameter.kind, "spread", 0):
            yield [" ".join(words[:count]), *words[count:]]


def _in_another_order(command: Command, words: Sequence[str]) -> Iterator[list[str]]:
    """Yield the words with the arguments in other orders; a flag keeps the value that it was given."""
    takes_value = {p.flag for p in (*parameters(command.args), *common(command)) if p.flag and p.takes_value}
    behind = ["", *(word.lower() for word in words)]
    places = [
        place for place, word in enumerate(words) if not word.startswith("--") and behind[place] not in takes_value
    ]
    for order in permutations(places) if 1 < len(places) <= _MOST_MOVED else ():
        moved = list(words)
        for place, origin in zip(places, order, strict=True):
            moved[place] = words[origin]
        yield moved


def _with_less(command: Command, words: Sequence[str]) -> Iterator[list[str]]:
    """Yield a query's words without one, or without a flag and its value, or without all: none matters there."""
    if isinstance(command, Query):
        takes_value = {p.flag: p.takes_value for p in parameters(command.args) if p.flag}
        for place, word in enumerate(words):
            # Of a flag that there is not nobody knows whether it was to have a value.
            lengths = {True: (2,), False: (1,), None: (1, 2)}[
                takes_value.get(word.lower()) if word[:2] == "--" else False
            ]
            yield from ([*words[:place], *words[place + length :]] for length in lengths)
        yield []
