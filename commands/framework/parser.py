"""Parsing of a typed line into a command with checked arguments. Everything typed is untrusted until then."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from clients.secret_patterns import unshaped
from commands.framework.argument_types import Reason
from commands.framework.command import AnyChange, Change, Command, Level, Query, rehearsal
from commands.framework.errors import SecretTyped, Suggestion, UserError
from commands.framework.parsed_arguments import Mistake, arguments, shortened
from commands.framework.suggestions import Offers, commands_like, help_on, members, repairs
from commands.framework.typed_text import clean, words_of
from commands.framework.usage import example, quoted, usage
from commands.text.redaction import SECRETS_BELONG

# Far above any command there is; below what would make an answer unreadable when quoted back.
MAX_LENGTH = 1_000

# What is picked from Teams' slash menu may come with its slash.
_PREFIX = re.compile(r"^/?jhub(?=\s|$)|^/(?=[a-z])", re.IGNORECASE)
# What names a commit or an image, wherever it stands, and what may as an argument of its own.
_HASH = re.compile(r"\b(?:sha256:[0-9a-f]{64}|[0-9a-f]{7,40})\b")
_HEX = re.compile(r"[0-9a-f]+")
# What somebody may type who looks for a command with a longer name; a sentence or a flood of letters is none.
_LIKE_A_NAME = re.compile(r"\S{1,40}")


@dataclass(frozen=True)
class Parsed:
    """A command and its arguments, an instance of `command.args`.

    A change that is only asked about is its rehearsal, a query. `reason` and `emergency` come with any change; both are
    empty unless given, and a reason may be among the command's own arguments. `line` is the typed line, cleaned: parsed
    again, it gives the same. `page` is the requested page of a query's answer.
    """

    command: Command
    args: Any
    line: str = ""
    reason: str = ""
    emergency: str = ""
    page: int = 1

    @property
    def first_page(self) -> str:
        """The line that requests the first page of the same answer."""
        words = iter(words_of(self.line))
        kept = [word for word in words if not (_is_page(word) and ("=" in word or next(words, "")))]
        return " ".join(("/jhub", *map(quoted, kept)))


def _is_page(word: str) -> bool:
    return word.partition("=")[0].lower() == "--page"


def parse(text: str, catalogue: Sequence[Command]) -> Parsed | None:
    """Return the command in `text`; None for an empty one. Raise UserError with what to type instead."""
    line = _PREFIX.sub("", clean(text)).strip()
    if not line:
        return None
    if len(line) > MAX_LENGTH:
        message = f"That is {len(line):,} characters, and a command has at most {MAX_LENGTH:,}. Type a shorter one."
        raise UserError(message, suggestions=[help_on()])
    words = words_of(line)
    command, rest = _command(words, catalogue)
    try:
        args, given = arguments(command, rest)
    except Mistake as mistake:
        raise _explained(mistake, command, rest, catalogue) from None
    if isinstance(command, Change):
        _check_kept(command, args, line, catalogue)
        command = rehearsal(command) if command.only_asks is not None and command.only_asks(args) else command
    page = int(given.get("page", "1"))
    own = next((str(one) for one in vars(args).values() if isinstance(one, Reason)), "")
    return Parsed(command, args, line, own or given.get("reason", ""), given.get("emergency", ""), page)


def _check_kept(command: AnyChange, args: object, line: str, catalogue: Sequence[Command]) -> None:
    """Refuse a line that must not be stored: a change's line stands on cards, in records and in the audit trail.

    Raise SecretTyped where it contains a secret, or where the change that it has done later does.
    """
    for name in _names_in(args):
        line = line.replace(name, "")
    if unshaped(kept := _HASH.sub("", line)) != kept:
        raise SecretTyped(
            f"Something in this line looks like a secret, so nothing of it was kept or done. {SECRETS_BELONG}"
        )
    if command.ruled_by is not None:
        try:
            command.ruled_by(args, catalogue)
        except SecretTyped:
            raise
        except UserError:
            # Said where the change is planned, on its card.
            return


def _names_in(args: object) -> list[str]:
    """Return the arguments that are names made of hexadecimal digits, as tags are; free text is left out."""
    given = [one for one in vars(args).values() if isinstance(one, str) and _HEX.fullmatch(one)]
    texts = ("takes_the_line", "takes_the_rest")
    return [one for one in given if type(one) is not str and not any(getattr(one, text, False) for text in texts)]


def fits(command: Command, words: Sequence[str]) -> bool:
    """Return True if the command takes these arguments."""
    try:
        arguments(command, words)
    except (Mistake, UserError):
        return False
    return True


def like(words: Sequence[str], catalogue: Sequence[Command], *, after: str = "") -> Offers:
    """Return the commands that these words may stand for, behind those of `after`."""
    return commands_like(words, catalogue, fits, after=after)


def with_suggestions(error: UserError, catalogue: Sequence[Command]) -> UserError:
    """Return the error with runnable hints as suggestions; one that destroys stays a hint, to be typed."""
    found = {hint: one for hint in error.hints if (one := _suggested(hint, catalogue)) is not None}
    hints = (hint for hint in error.hints if hint not in found)
    return UserError(
        str(error), *hints, suggestions=(*found.values(), *(_levelled(one, catalogue) for one in error.suggestions))
    )


def without_forbidden(error: UserError, catalogue: Sequence[Command], level: Level) -> UserError:
    """Return the error without the hints that somebody of `level` may not type."""
    kept = [hint for hint in error.hints if (one := _suggested(hint, catalogue)) is None or one.level <= level]
    return error if len(kept) == len(error.hints) else UserError(str(error), *kept, suggestions=error.suggestions)


def _levelled(one: Suggestion, catalogue: Sequence[Command]) -> Suggestion:
    """Return the suggestion with the level that its arguments take, where they take more than the command."""
    typed = _suggested(one.line, catalogue) if one.complete and not one.title else None
    return replace(one, level=max(one.level, typed.level)) if typed else one


def _suggested(hint: str, catalogue: Sequence[Command]) -> Suggestion | None:
    try:
        parsed = parse(hint, catalogue) if hint.startswith("/jhub ") else None
    except UserError:
        return None
    if parsed is None or (isinstance(parsed.command, Change) and parsed.command.destroys):
        return None
    return Suggestion(hint, "", _level(parsed), complete=True)


def _level(parsed: Parsed) -> Level:
    command = parsed.command
    return command.level_for(parsed.args) if isinstance(command, Query) and command.level_for else command.level


def _command(words: Sequence[str], catalogue: Sequence[Command]) -> tuple[Command, list[str]]:
    """Return the command, and the words that are not its name. Raise UserError."""
    by_length = sorted(catalogue, key=lambda command: -len(command.name.split()))
    for command in by_length:
        if (rest := _after_name(command.name, words)) is not None:
            return command, rest
    raise _unknown(words, catalogue)


def _unknown(words: Sequence[str], catalogue: Sequence[Command]) -> UserError:
    first = words[0].lower()
    group = [command for command in catalogue if command.name.split()[0] == first]
    if group:
        return _half_known(first, words[1:], group, [one for one in catalogue if _is_plural(first, one.name)])
    offers = like(words, catalogue)
    topics = dict.fromkeys(help_on(command.topic.word) for command in offers.withheld)
    message = f"There is no command “{shortened(words[0])}”."
    return UserError(message, suggestions=(*offers.suggestions, *topics, help_on()))


def _is_plural(word: str, name: str) -> bool:
    return name in (f"{word}s", word.removesuffix("s"))


def _half_known(first: str, rest: Sequence[str], group: Sequence[Command], alike: Sequence[Command]) -> UserError:
    """Return the error for a first word of some commands, none of which continues like this.

    `alike` are commands that have the word for a name, but for an s.
    """
    near = like(rest, group, after=first).suggestions or members(group, fits)
    if not rest:
        message = f"“{first}” is only the beginning of a command."
        return UserError(message, suggestions=(*members(alike, fits), *near, help_on(first)))
    message = f"There is no command “{first} {shortened(rest[0])}”."
    return UserError(message, suggestions=(*near, help_on(first)))


def _explained(mistake: Mistake, command: Command, words: Sequence[str], catalogue: Sequence[Command]) -> UserError:
    """Return the error for a mistake, with the usage, and suggestions: other arguments, or a longer command."""
    may_go_on = bool(words) and not mistake.of_flag and _LIKE_A_NAME.fullmatch(words[0])
    longer = [other for other in catalogue if other.name.startswith(f"{command.name} ")] if may_go_on else []
    near = like(words, longer, after=command.name).suggestions or members(longer, fits)
    lists = [other for other in catalogue if f"/jhub {other.name}" in mistake.lists]
    return UserError(
        str(mistake),
        *_how(command),
        suggestions=(*repairs(command, words, fits), *near, *members(lists, fits), help_on(command.name)),
    )


def _how(command: Command) -> tuple[str, ...]:
    lines = (f"Usage: {usage(command)}", f"Example: {example(command)}")
    return lines if usage(command) != example(command) else lines[:1]


def _after_name(name: str, words: Sequence[str]) -> list[str] | None:
    """Return what follows the name in `words`; None where they are another command's.

    The name may end in a flag (`logs --follow`): that may stand anywhere behind the words before it.
    """
    plain, _, flag = name.partition(" --")
    begin = plain.split()
    lowered = [word.lower() for word in words]
    if lowered[: len(begin)] != begin:
        return None
    rest = list(words[len(begin) :])
    if flag:
        places = [place for place, word in enumerate(lowered[len(begin) :]) if word == f"--{flag}"]
        if not places:
            return None
        del rest[places[0]]
    return rest
