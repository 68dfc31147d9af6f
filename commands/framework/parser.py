"""Parsing of a typed line into a command with checked arguments. Everything typed is untrusted until then."""

import re
import shlex
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from clients.secret_patterns import unshaped
from commands.framework.command import AnyChange, Change, Command, Query, rehearsal
from commands.framework.errors import SecretTyped, Suggestion, UserError
from commands.framework.suggestions import Offers, commands_like, help_on, members, repairs
from commands.framework.usage import Parameter, common, example, paging, parameters, quoted, usage
from commands.text.redaction import SECRETS_BELONG

# Far above any command there is; below what would make an answer unreadable when quoted back.
MAX_LENGTH = 1_000

# What people and their phones quote with, in its two kinds.
_DOUBLE, _SINGLE = '"“”„«»', "'‘’‚"
_PLAIN = str.maketrans(dict.fromkeys(_DOUBLE, '"') | dict.fromkeys(_SINGLE, "'"))
# Phones turn "--all" into a dash of either length.
_SPACES = re.compile(" +")
_DASHES = re.compile(r"(?<!\S)[–—](?=[A-Za-z])")
# What is picked from Teams' slash menu may come with its slash.
_PREFIX = re.compile(r"^/?jhub(?=\s|$)|^/(?=[a-z])", re.IGNORECASE)
# What names a commit or an image, wherever it stands, and what may as an argument of its own.
_HASH = re.compile(r"\b(?:sha256:[0-9a-f]{64}|[0-9a-f]{7,40})\b")
_HEX = re.compile(r"[0-9a-f]+")
# A command that an argument's explanation points at: "see /jhub operations".
_POINTED = re.compile(r"/jhub [a-z ]+?(?= lists\b|[^a-z ]|$)")


@dataclass(frozen=True)
class Parsed:
    """A command and its arguments, an instance of `command.args`.

    A change that is only asked about is its rehearsal, a query. `reason` and `emergency` come with any change; both
    are empty unless given. `line` is what was typed, cleaned: parsed again, it gives the same. `page` is which page of
    a query's answer is asked for.
    """

    command: Command
    args: Any
    line: str = ""
    reason: str = ""
    emergency: str = ""
    page: int = 1

    @property
    def first_page(self) -> str:
        """The line that asks for the first page of the same answer."""
        words = iter(words_of(self.line))
        kept = [word for word in words if not (_is_page(word) and ("=" in word or next(words, "")))]
        return " ".join(("/jhub", *map(quoted, kept)))


def _is_page(word: str) -> bool:
    return word.partition("=")[0].lower() == "--page"


def clean(text: str) -> str:
    """What a person meant to type: plain spaces, quotation marks and dashes, on one line.

    What stands within quotation marks is left as it was typed, line breaks included; only characters that no terminal
    shows (controls) are gone there, too.
    """
    found: list[str] = []
    for part, is_quoted in _parts(text.replace("\r\n", "\n")):
        found.append(_kept(part) if is_quoted else _outside(part))
    return "".join(found).strip()


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """The text in turns: what stands outside of quotation marks, and what stands within, with plain marks around it."""
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
    """Whether a quotation may begin here; a curved single mark within a word is an apostrophe."""
    mark = text[here]
    if mark in _DOUBLE or mark == "'":
        return True
    return mark in _SINGLE and (here == 0 or text[here - 1].isspace() or text[here - 1] == "=")


def _closing(text: str, here: int) -> int:
    """Where the quotation ends that begins here; -1 where it never does."""
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


def parse(text: str, catalogue: Sequence[Command]) -> Parsed | None:
    """The command in `text`; None for an empty one. Raises UserError with what to type instead."""
    line = _PREFIX.sub("", clean(text)).strip()
    if not line:
        return None
    if len(line) > MAX_LENGTH:
        message = f"That is {len(line):,} characters, and a command has at most {MAX_LENGTH:,}. Type a shorter one."
        raise UserError(message, suggestions=[help_on()])
    words = words_of(line)
    command, rest = _command(words, catalogue)
    try:
        args, given = _arguments(command, rest)
    except _Mistake as mistake:
        raise _explained(mistake, command, rest, catalogue) from None
    if isinstance(command, Change):
        _check_kept(command, args, line, catalogue)
        command = rehearsal(command) if command.only_asks is not None and command.only_asks(args) else command
    page = int(given.get("page", "1"))
    return Parsed(command, args, line, given.get("reason", ""), given.get("emergency", ""), page)


def _check_kept(command: AnyChange, args: object, line: str, catalogue: Sequence[Command]) -> None:
    """Refuse a line that must not be kept: of a change it stands on cards, on record and in the trail.

    Raises SecretTyped where it holds a secret, or the change does that it has done later.
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
    """The arguments that are names made of hexadecimal digits, as tags are; in no text is that what it is."""
    given = [one for one in vars(args).values() if isinstance(one, str) and _HEX.fullmatch(one)]
    texts = ("takes_the_line", "takes_the_rest")
    return [one for one in given if type(one) is not str and not any(getattr(one, text, False) for text in texts)]


def fits(command: Command, words: Sequence[str]) -> bool:
    """Whether the command takes these arguments."""
    try:
        _arguments(command, words)
    except (_Mistake, UserError):
        return False
    return True


def like(words: Sequence[str], catalogue: Sequence[Command], *, after: str = "") -> Offers:
    """The commands that somebody may have meant who typed these words, behind those of `after`."""
    return commands_like(words, catalogue, fits, after=after)


def with_suggestions(error: UserError, catalogue: Sequence[Command]) -> UserError:
    """The error with those of its hints that can be run as suggestions; what destroys stays a hint, to be typed."""
    found = {hint: one for hint in error.hints if (one := _suggested(hint, catalogue)) is not None}
    hints = (hint for hint in error.hints if hint not in found)
    return UserError(str(error), *hints, suggestions=(*found.values(), *error.suggestions))


def _suggested(hint: str, catalogue: Sequence[Command]) -> Suggestion | None:
    try:
        parsed = parse(hint, catalogue) if hint.startswith("/jhub ") else None
    except UserError:
        return None
    if parsed is None or (isinstance(parsed.command, Change) and parsed.command.destroys):
        return None
    return Suggestion(hint, "", parsed.command.level, complete=True)


class _Mistake(Exception):  # noqa: N818 - named after what was typed
    """The arguments do not fit the command. The message says why; `lists` are commands that list valid values."""

    def __init__(self, message: str, *lists: str) -> None:
        super().__init__(message)
        self.lists = lists


def words_of(line: str) -> list[str]:
    """The words of a line that was cleaned; what is quoted is one, without its marks. Raises UserError."""
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


def _command(words: Sequence[str], catalogue: Sequence[Command]) -> tuple[Command, list[str]]:
    """The command, and the words that are not its name."""
    by_length = sorted(catalogue, key=lambda command: -len(command.name.split()))
    for command in by_length:
        if (rest := _after_name(command.name, words)) is not None:
            return command, rest
    raise _unknown(words, catalogue)


def _unknown(words: Sequence[str], catalogue: Sequence[Command]) -> UserError:
    first = words[0].lower()
    group = [command for command in catalogue if command.name.split()[0] == first]
    if group:
        return _half_known(first, words[1:], group)
    offers = like(words, catalogue)
    topics = dict.fromkeys(help_on(command.topic.word) for command in offers.withheld)
    message = f"There is no command “{_shown(words[0])}”."
    return UserError(message, suggestions=(*offers.suggestions, *topics, help_on()))


def _half_known(first: str, rest: Sequence[str], group: Sequence[Command]) -> UserError:
    """The first word is that of some commands, and none of them goes on like this."""
    near = like(rest, group, after=first).suggestions or members(group, fits)
    if not rest:
        message = f"“{first}” is only the beginning of a command."
        return UserError(message, suggestions=(*near, help_on(first)))
    message = f"There is no command “{first} {_shown(rest[0])}”."
    return UserError(message, suggestions=(*near, help_on(first)))


def _explained(mistake: _Mistake, command: Command, words: Sequence[str], catalogue: Sequence[Command]) -> UserError:
    """What is wrong, how it is typed, and what was perhaps meant: with other arguments, or a command that is longer."""
    longer = [other for other in catalogue if other.name.startswith(f"{command.name} ")] if words else []
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
    """The command's own arguments, and what any command takes."""
    declared, shared = parameters(command.args), (*common(command), *paging(command))
    positionals = [p for p in declared if not p.flag]
    last = positionals[-1].kind if positionals else str
    whole = getattr(last, "takes_the_line", False)
    after = len(positionals) - 1 if whole else None
    typed_flags, typed = _split(command, (*declared, *shared), words, whole_after=after)
    if whole or getattr(last, "takes_the_rest", False):
        first, rest = typed[: len(positionals) - 1], typed[len(positionals) - 1 :]
        typed = [*first, *filter(None, [" ".join(map(quoted, rest) if whole else rest)])]
    if len(typed) > len(positionals):
        raise _Mistake(_too_many(command, positionals, typed))
    given = {p.field: _value(p, word) for p, word in zip(positionals, typed, strict=False)}
    given |= {p.field: True if text is None else _value(p, text) for p, text in typed_flags}
    missing = [p for p in declared if p.required and p.field not in given]
    if missing:
        raise _needs(command, missing[0])
    apart = {p.field: str(given.pop(p.field)) for p in shared if p.field in given}
    args = command.args(**given)
    if "page" in apart and isinstance(command, Change) and not (command.only_asks and command.only_asks(args)):
        raise _Mistake(_no_flag(command, "--page"))
    return args, apart


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
            raise _Mistake(_no_flag(command, name))
        if any(flag is given for given, _ in flags):
            raise _Mistake(f"{flag.flag} is given twice. Type it once.")
        if not flag.takes_value and has_value:
            raise _Mistake(f"{flag.flag} takes no value: it is there or it is not.")
        if flag.takes_value and not has_value:
            if not queue:
                raise _Mistake(f"{flag.flag} needs {flag.noun} behind it{_such(flag)}.")
            value = queue.pop(0)
        flags.append((flag, value if flag.takes_value else None))
    return flags, typed


def _value(parameter: Parameter, text: str) -> object:
    try:
        if hasattr(parameter.kind, "parse"):
            return parameter.kind.parse(text)
        return parameter.kind(text)
    except ValueError as error:
        said = f"“{_shown(text)}”" if text.strip() else "An empty text"
        raise _Mistake(f"{said} is not {parameter.noun}: {error}.", *_pointed_at(parameter)) from None


def _pointed_at(parameter: Parameter) -> list[str]:
    """The commands that an argument's explanation names, which list what may be typed for it."""
    return [line.strip() for line in _POINTED.findall(parameter.spec.help)]


def _too_many(command: Command, positionals: Sequence[Parameter], typed: Sequence[str]) -> str:
    extra = _shown(typed[len(positionals)])
    if not positionals:
        return f"“{extra}” is one word too many: “{command.name}” takes no argument{_besides(command)}."
    names = " and ".join(f"one {p.label}" for p in positionals)
    return f"“{extra}” is one word too many: “{command.name}” takes {names}{_besides(command)}."


def _besides(command: Command) -> str:
    flags = [p.flag for p in parameters(command.args) if p.flag]
    return f" besides {_listed(flags)}" if flags else ""


def _no_flag(command: Command, name: str) -> str:
    """Why there is no such flag: for those that any change takes, because this changes nothing."""
    changes = {"--reason": "reason", "--emergency": "emergency"}
    if name.lower() in changes and isinstance(command, Query):
        return f"“{command.name}” changes nothing, so it has no {_shown(name)}. Leave it out."
    if name.lower() in changes:
        return f"“{command.name}” has no {_shown(name)}: it runs at once, and asks nobody. Leave it out."
    flags = [p.flag for p in (*parameters(command.args), *common(command)) if p.flag]
    return f"“{command.name}” has no {_shown(name)}{f'. It has {_listed(flags)}' if flags else ' and no other flag'}."


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _needs(command: Command, parameter: Parameter) -> _Mistake:
    return _Mistake(f"“{command.name}” needs {parameter.noun}{_such(parameter)}.", *_pointed_at(parameter))


def _such(parameter: Parameter) -> str:
    return f", such as {parameter.spec.example}" if parameter.spec.example else ""


def _shown(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"  # noqa: PLR2004 - long enough to recognise one's own typo
