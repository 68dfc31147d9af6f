"""The arguments of a command, parsed and checked by its declaration."""

import re
from collections.abc import Sequence

from commands.framework.argument_types import Reason
from commands.framework.command import Change, Command, Query
from commands.framework.typed_text import clean
from commands.framework.usage import Parameter, common, paging, parameters, quoted

# A command that an argument's explanation points at: "see /jhub operations".
_POINTED = re.compile(r"/jhub [a-z ]+?(?= lists\b|[^a-z ]|$)")


class Mistake(Exception):  # noqa: N818 - named after what was typed
    """The arguments do not fit the command. The message says why; `lists` are commands that list valid values.

    `of_flag` is True for a flag's value: then the words before it are no part of another command's name.
    """

    def __init__(self, message: str, *lists: str, of_flag: bool = False) -> None:
        super().__init__(message)
        self.lists = lists
        self.of_flag = of_flag


def arguments(command: Command, words: Sequence[str]) -> tuple[object, dict[str, str]]:
    """Return the command's own arguments, and those that any command takes. Raise Mistake."""
    declared, shared = parameters(command.args), (*common(command), *paging(command))
    positionals = [p for p in declared if not p.flag]
    last = positionals[-1].kind if positionals else str
    whole = getattr(last, "takes_the_line", False)
    after = len(positionals) - 1 if whole else None
    typed_flags, typed = _split(command, (*declared, *shared), words, whole_after=after)
    if whole or getattr(last, "takes_the_rest", False):
        first, rest = typed[: len(positionals) - 1], typed[len(positionals) - 1 :]
        typed = [*first, *filter(None, [_joined(rest, last, whole=whole)])]
    if len(typed) > len(positionals):
        raise Mistake(_too_many(command, positionals, typed))
    given = {p.field: _value(p, word) for p, word in zip(positionals, typed, strict=False)}
    given |= {p.field: True if text is None else _value(p, text) for p, text in typed_flags}
    if "reason" in given and any(p.kind is Reason and p.field in given for p in positionals):
        raise Mistake(f"“{command.name}” has its reason without --reason already. Type one of the two.")
    missing = [p for p in declared if p.required and p.field not in given]
    if missing:
        raise _needs(command, missing[0])
    apart = {p.field: str(given.pop(p.field)) for p in shared if p.field in given}
    args = command.args(**given)
    if "page" in apart and isinstance(command, Change) and not (command.only_asks and command.only_asks(args)):
        raise Mistake(_no_flag(command, "--page"))
    return args, apart


def _joined(words: Sequence[str], kind: type, *, whole: bool) -> str:
    """Return the rest of a line as one argument; a line that was quoted as a whole is taken out of its quotes."""
    if words and getattr(kind, "may_be_quoted", False):
        own = words[1:] if words[0].lower() in ("jhub", "/jhub") else words
        if len(own) == 1:
            return clean(own[0])
    return " ".join(map(quoted, words) if whole else words)


def _split(
    command: Command, declared: Sequence[Parameter], words: Sequence[str], *, whole_after: int | None = None
) -> tuple[list[tuple[Parameter, str | None]], list[str]]:
    """Return the flags with their values, and the rest; after `whole_after` of the rest, unknown flags belong to it."""
    flags: list[tuple[Parameter, str | None]] = []
    typed: list[str] = []
    known = {p.flag: p for p in declared if p.flag}
    queue = list(words)
    while queue:
        word = queue.pop(0)
        name, has_value, value = word.partition("=")
        flag = known.get(name.lower())
        is_flag = word.startswith("--") and len(word) > len("--")
        if not is_flag or (flag is None and whole_after is not None and len(typed) >= whole_after):
            typed.append(word)
            continue
        if flag is None:
            raise Mistake(_no_flag(command, name))
        if any(flag is given for given, _ in flags):
            raise Mistake(f"{flag.flag} is given twice. Type it once.")
        flags.append((flag, _flag_value(flag, value if has_value else None, queue)))
    return flags, typed


def _flag_value(flag: Parameter, value: str | None, following: list[str]) -> str | None:
    """Return the flag's value, taken from the words that follow where none was given with “=”; None for a switch."""
    if not flag.takes_value:
        if value is not None:
            raise Mistake(f"{flag.flag} takes no value: it is there or it is not.")
        return None
    if value is None and not following:
        raise Mistake(f"{flag.flag} needs {flag.noun} behind it{_such(flag)}.")
    return following.pop(0) if value is None else value


def _value(parameter: Parameter, text: str) -> object:
    try:
        if hasattr(parameter.kind, "parse"):
            return parameter.kind.parse(text)
        return parameter.kind(text)
    except ValueError as error:
        said = f"“{shortened(text)}”" if text.strip() else "An empty text"
        message = f"{said} is not {parameter.noun}: {error}."
        raise Mistake(message, *_pointed_at(parameter), of_flag=bool(parameter.flag)) from None


def _pointed_at(parameter: Parameter) -> list[str]:
    """Return the commands that an argument's description names, which list valid values."""
    return [line.strip() for line in _POINTED.findall(parameter.spec.help)]


def _too_many(command: Command, positionals: Sequence[Parameter], typed: Sequence[str]) -> str:
    extra = shortened(typed[len(positionals)])
    if not positionals:
        return f"“{extra}” is one word too many: “{command.name}” takes no argument{_besides(command)}."
    names = " and ".join(f"one {p.label}" for p in positionals)
    return f"“{extra}” is one word too many: “{command.name}” takes {names}{_besides(command)}."


def _besides(command: Command) -> str:
    flags = [p.flag for p in parameters(command.args) if p.flag]
    return f" besides {_listed(flags)}" if flags else ""


def _no_flag(command: Command, name: str) -> str:
    """Return the reason why there is no such flag: one of changes is missing because this command changes nothing."""
    changes = {"--reason": "reason", "--emergency": "emergency"}
    if name.lower() in changes and isinstance(command, Query):
        return f"“{command.name}” changes nothing, so it has no {shortened(name)}. Leave it out."
    if name.lower() in changes and isinstance(command, Change) and command.approvals:
        return f"“{command.name}” has no {shortened(name)}: nobody does it alone, not even then. Leave it out."
    if name.lower() in changes:
        return f"“{command.name}” has no {shortened(name)}: it runs at once, and asks nobody. Leave it out."
    flags = [p.flag for p in (*parameters(command.args), *common(command)) if p.flag]
    return (
        f"“{command.name}” has no {shortened(name)}{f'. It has {_listed(flags)}' if flags else ' and no other flag'}."
    )


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _needs(command: Command, parameter: Parameter) -> Mistake:
    return Mistake(f"“{command.name}” needs {parameter.noun}{_such(parameter)}.", *_pointed_at(parameter))


def _such(parameter: Parameter) -> str:
    return f", such as {parameter.spec.example}" if parameter.spec.example else ""


def shortened(text: str) -> str:
    """Return the text for quoting in a message, at most 40 characters of it."""
    return text if len(text) <= 40 else f"{text[:39]}…"  # noqa: PLR2004 - long enough to recognise one's own typo
