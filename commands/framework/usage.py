"""The syntax of a command, derived from its declaration: usage line, example, descriptions of arguments."""

import re
from collections.abc import Hashable, Sequence
from dataclasses import MISSING, dataclass, fields
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from commands.framework.argument_types import Reason
from commands.framework.command import Arg, Change, Command, Flag
from commands.framework.pagination import PageNumber

# What is read as one word without quotation marks around it; a dash may be a phone's.
_BARE = re.compile(r"[^\s\"'“”„«»‘’‚–—]+")


@dataclass(frozen=True)
class Parameter:
    """A parameter of a command. `kind` is the value's type without None; `flag` is empty for positionals."""

    field: str
    label: str
    kind: type
    spec: Arg | Flag
    required: bool

    @property
    def flag(self) -> str:
        """The flag as it is typed, with its dashes."""
        return f"--{self.label}" if isinstance(self.spec, Flag) else ""

    @property
    def is_shown(self) -> bool:
        """True for a flag that the command's example has, since it would not work without."""
        return isinstance(self.spec, Flag) and self.spec.in_example

    @property
    def takes_value(self) -> bool:
        """True if a value follows: for all but plain switches."""
        return not (isinstance(self.spec, Flag) and self.kind is bool)

    @property
    def noun(self) -> str:
        """The name of a value in a sentence, with its article: "an image tag"."""
        own: str = getattr(self.kind, "noun", "")
        return own or f"{'an' if self.label[0] in 'aeiou' else 'a'} {self.label}"

    @property
    def usage(self) -> str:
        """The usage: `<tag>`, `[component]`, `[--since <time>]` or `[--all]`."""
        text = self.flag or self._place
        if self.flag and self.takes_value:
            text = f"{self.flag} <{self._place}>"
        if not self.required:
            return f"[{text}]"
        return text if self.flag else f"<{text}>"

    @property
    def _place(self) -> str:
        """The placeholder: of a flag its type, of others the field, unless that only repeats the type."""
        kind: str = getattr(self.kind, "placeholder", self.label)
        return kind if self.flag or self.label == self.kind.__name__.lower() else self.label


def parameters(args: type) -> tuple[Parameter, ...]:
    """Return the parameters that the dataclass of arguments declares, in order. Raise TypeError for a bare field."""
    return _parameters(args)


# Each help, mistake and suggestion asks for those of many commands.
@cache
def _parameters(args: Hashable) -> tuple[Parameter, ...]:
    assert isinstance(args, type)  # noqa: S101 - classes can be hashed, which typing does not know of type[Any]
    hints = get_type_hints(args, include_extras=True)
    return tuple(
        _parameter(f.name, hints[f.name], required=f.default is MISSING and f.default_factory is MISSING)
        for f in fields(args)
    )


def common(command: Command) -> tuple[Parameter, ...]:
    """Return the parameters that every change takes besides its own."""
    if not isinstance(command, Change):
        return ()
    why = Flag("why you want it, for those who approve and for the audit trail", '"disk is full"')
    alone = Flag("go on alone after a delay in which any approver can stop it (admins only)", '"hub is down"')
    reason = Parameter("reason", "reason", Reason, why, required=False)
    emergency = Parameter("emergency", "emergency", Reason, alone, required=False)
    return (reason, emergency) if command.in_emergencies else (reason,)


def paging(command: Command) -> tuple[Parameter, ...]:
    """Return the parameter that selects a page of the answer, for commands that answer."""
    if isinstance(command, Change) and command.only_asks is None:
        return ()
    page = Parameter("page", "page", PageNumber, Flag("which page, where there are several", "2"), required=False)
    return (page,) if all(one.field != page.field for one in parameters(command.args)) else ()


def _parameter(name: str, hint: Any, *, required: bool) -> Parameter:  # noqa: ANN401 - a type hint is any object
    if get_origin(hint) is not Annotated:
        raise TypeError(f"the argument {name} needs Annotated[type, Arg(…) or Flag(…)]")
    kind, spec = get_args(hint)
    return Parameter(name, name.replace("_", "-"), _without_none(kind), spec, required)


def _without_none(kind: Any) -> type:  # noqa: ANN401 - a type hint is any object
    if get_origin(kind) in (Union, UnionType):
        (kind,) = (part for part in get_args(kind) if part is not NoneType)
    if not isinstance(kind, type):
        raise TypeError(f"an argument's type is a class, not {kind!r}")
    return kind


def quoted(word: str) -> str:
    """Return the word with quotation marks where it needs them to be read as the same word again."""
    if word and _BARE.fullmatch(word) and word.isprintable():
        return word
    return "'\"'".join(f'"{part}"' for part in word.split('"'))


def line_of(name: str, words: Sequence[str] = ()) -> str:
    """Return the line to type for the command of this name with these arguments."""
    return " ".join((f"/jhub {name}", *map(quoted, words)))


@cache
def usage(command: Command) -> str:
    """Return the usage line, e.g. `/jhub deploy <tag>`."""
    return " ".join([f"/jhub {command.name}", *(p.usage for p in parameters(command.args))])


def example(command: Command) -> str:
    """Return a line that would work, e.g. `/jhub deploy 7c1d2e9`."""
    wanted = [one for one in parameters(command.args) if one.required or not one.flag or one.is_shown]
    given = [" ".join(filter(None, (one.flag, one.spec.example))) for one in wanted if one.spec.example]
    return " ".join([f"/jhub {command.name}", *given])


@cache
def least(command: Command) -> str:
    """Return the shortest usage, with a sign that there is more: `/jhub logs <target> …`."""
    given = parameters(command.args)
    needed = [parameter.usage for parameter in given if parameter.required]
    return " ".join([f"/jhub {command.name}", *needed, *(["…"] if len(needed) < len(given) else [])])
