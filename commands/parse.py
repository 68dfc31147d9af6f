"""From what a person typed to a command with checked arguments. Everything typed is hostile until it left here."""

import html
import re
import shlex
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from commands.errors import UserError
from commands.spec import Change, Command, rehearsal
from commands.usage import Parameter, common, example, parameters, usage

# Far above any command there is; below what would make an answer unreadable when quoted back.
MAX_LENGTH = 1_000

_LEADING_MENTION = re.compile(r"^(?:\s|</?(?!at\b)[a-z][^<>]*>)*(?:<at\b[^<>]*>[^<>]*</at>\s*)+", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'"})
# Phones turn "--all" into a dash of either length.
_DASHES = re.compile(r"(?<!\S)[–—](?=[A-Za-z])")
# What is picked from Teams' slash menu may come with its slash.
_PREFIX = re.compile(r"^/?jhub(?=\s|$)|^/(?=[a-z])", re.IGNORECASE)


@dataclass(frozen=True)
class Parsed:
    """A command and its arguments, an instance of `command.args`.

    A change that is only asked about is its rehearsal, a query. `reason` and `emergency` come with any change; both
    are empty unless given. `line` is what was typed, cleaned: parsed again, it gives the same.
    """

    command: Command
    args: Any
    line: str = ""
    reason: str = ""
    emergency: str = ""


def clean(text: str) -> str:
    """What a person meant to type: no mention of the bot, no markup, one line, plain quotes and spaces.

    Teams writes a channel message as `<at>Name</at> /jhub status`, with `&nbsp;` at times.
    """
    text = html.unescape(_TAG.sub(" ", _LEADING_MENTION.sub("", text.replace("&nbsp;", " "))))
    text = "".join(" " if unicodedata.category(c) in ("Zs", "Zl", "Zp") or c in "\r\n\t" else c for c in text)
    text = "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    return _DASHES.sub("--", " ".join(text.translate(_QUOTES).split()))


def parse(text: str, catalogue: Sequence[Command]) -> Parsed | None:
    """The command in `text`; None for an empty one. Raises UserError with what to type instead."""
    line = _PREFIX.sub("", clean(text)).strip()
    if not line:
        return None
    if len(line) > MAX_LENGTH:
        raise UserError(f"That is {len(line):,} characters; a command has at most {MAX_LENGTH:,}.", "/jhub help")
    words = _words(line)
    command, rest = _command(words, catalogue)
    args, given = _arguments(command, rest)
    if isinstance(command, Change) and command.only_asks is not None and command.only_asks(args):
        command = rehearsal(command)
    return Parsed(command, args, line, given.get("reason", ""), given.get("emergency", ""))


def nearest(words: Sequence[str], catalogue: Iterable[Command]) -> list[str]:
    """The names of up to three commands that look like what was typed, best first."""
    names = [command.name for command in catalogue]
    typed = [word.lower() for word in words[:3]]
    tries = [" ".join(typed[:count]) for count in range(len(typed), 0, -1)]
    close = [name for text in tries for name in get_close_matches(text, names, n=3, cutoff=0.6)]
    starts = [name for name in names if typed and name.startswith(typed[0][:3]) and len(typed[0]) > 1]
    return list(dict.fromkeys(close + starts))[:3]


def _words(line: str) -> list[str]:
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
        raise UserError("A quotation mark is opened and never closed.", "/jhub help") from None


def _command(words: Sequence[str], catalogue: Sequence[Command]) -> tuple[Command, list[str]]:
    """The command, and the words that are not its name."""
    by_length = sorted(catalogue, key=lambda command: -len(command.name.split()))
    for command in by_length:
        if (rest := _after_name(command.name, words)) is not None:
            return command, rest
    names = nearest(words, catalogue)
    hints = [usage(c) for name in names for c in catalogue if c.name == name]
    raise UserError(f"There is no command “{_shown(words[0])}”.", *hints, "/jhub help")


def _after_name(name: str, words: Sequence[str]) -> list[str] | None:
    """What follows the name in `words`; None where they are another command's.

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


def _arguments(command: Command, words: Sequence[str]) -> tuple[object, dict[str, str]]:
    """The command's own arguments, and what any change takes."""
    declared, shared = parameters(command.args), common(command)
    positionals = [p for p in declared if not p.flag]
    last = positionals[-1].kind if positionals else str
    whole = getattr(last, "takes_the_line", False)
    after = len(positionals) - 1 if whole else None
    typed_flags, typed = _split(command, (*declared, *shared), words, whole_after=after)
    if whole or getattr(last, "takes_the_rest", False):
        first, rest = typed[: len(positionals) - 1], typed[len(positionals) - 1 :]
        typed = [*first, *filter(None, [" ".join(map(quoted, rest) if whole else rest)])]
    if len(typed) > len(positionals):
        raise _wrong(command, _too_many(positionals, typed))
    given = {p.field: _value(command, p, word) for p, word in zip(positionals, typed, strict=False)}
    given |= {p.field: True if text is None else _value(command, p, text) for p, text in typed_flags}
    missing = [p for p in declared if p.required and p.field not in given]
    if missing:
        raise _wrong(command, f"“{command.name}” needs {_named(missing[0])}.")
    apart = {p.field: str(given.pop(p.field)) for p in shared if p.field in given}
    return command.args(**given), apart


def typed(command: str, *words: str) -> str:
    """A line for a button: the command with these arguments, each read as exactly this word again."""
    # As it would come from a chat: there, these would be markup.
    return html.escape(" ".join((f"/jhub {command}", *map(quoted, words))), quote=False)


def quoted(word: str) -> str:
    """The word so that it is read as the same one again."""
    if word and not any(char in word for char in " \"'"):
        return word
    return "'\"'".join(f'"{part}"' for part in word.split('"'))


def _split(
    command: Command, declared: Sequence[Parameter], words: Sequence[str], *, whole_after: int | None = None
) -> tuple[list[tuple[Parameter, str | None]], list[str]]:
    """Flags with their values, and the rest; after so many of the rest, flags that are not known are of the rest."""
    flags: list[tuple[Parameter, str | None]] = []
    typed: list[str] = []
    known = {p.flag: p for p in declared if p.flag}
    queue = list(words)
    while queue:
        word = queue.pop(0)
        if not word.startswith("--") or len(word) == len("--"):
            typed.append(word)
            continue
        name, has_value, value = word.partition("=")
        flag = known.get(name.lower())
        if flag is None and whole_after is not None and len(typed) >= whole_after:
            typed.append(word)
            continue
        if flag is None:
            raise _wrong(command, f"“{command.name}” has no {_shown(name)}.")
        if any(flag is given for given, _ in flags):
            raise _wrong(command, f"{flag.flag} is there twice.")
        if not flag.takes_value and has_value:
            raise _wrong(command, f"{flag.flag} takes no value.")
        if flag.takes_value and not has_value:
            if not queue:
                raise _wrong(command, f"{flag.flag} needs a value.")
            value = queue.pop(0)
        flags.append((flag, value if flag.takes_value else None))
    return flags, typed


def _value(command: Command, parameter: Parameter, text: str) -> object:
    try:
        if hasattr(parameter.kind, "parse"):
            return parameter.kind.parse(text)
        return parameter.kind(text)
    except ValueError as error:
        raise _wrong(command, f"“{_shown(text)}” is no {parameter.label}: {error}.") from None


def _too_many(positionals: Sequence[Parameter], typed: Sequence[str]) -> str:
    extra = _shown(typed[len(positionals)])
    if not positionals:
        return f"“{extra}” is more than this command takes: it takes nothing."
    names = " and ".join(f"one {p.label}" for p in positionals)
    return f"“{extra}” is more than this command takes: it takes {names}."


def _wrong(command: Command, message: str) -> UserError:
    hints = (f"Usage: {usage(command)}", f"Example: {example(command)}")
    return UserError(message, *(hints if usage(command) != example(command) else hints[:1]))


def _named(parameter: Parameter) -> str:
    article = "an" if parameter.spec.help[:1] in "aeiou" else "a"
    return f"{article} {parameter.label}: {parameter.spec.help}"


def _shown(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"  # noqa: PLR2004 - long enough to recognise one's own typo
