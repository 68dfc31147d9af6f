"""How a command is typed, read off its declaration: the usage line, an example, what each argument is."""

from collections.abc import Hashable
from dataclasses import MISSING, dataclass, fields
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from commands.spec import Arg, Change, Command, Flag
from commands.values import Reason


@dataclass(frozen=True)
class Parameter:
    """One thing a command takes. `kind` is the value's type without None; `flag` is empty for positionals."""

    field: str
    label: str
    kind: type
    spec: Arg | Flag
    required: bool

    @property
    def flag(self) -> str:
        """How the flag is typed, with its dashes."""
        return f"--{self.label}" if isinstance(self.spec, Flag) else ""

    @property
    def takes_value(self) -> bool:
        """Whether something follows: all but plain switches."""
        return not (isinstance(self.spec, Flag) and self.kind is bool)

    @property
    def usage(self) -> str:
        """`<tag>`, `[component]`, `[--since <since>]` or `[--all]`."""
        text = self.flag or self.label
        if self.flag and self.takes_value:
            text = f"{self.flag} <{self.label}>"
        if not self.required:
            return f"[{text}]"
        return text if self.flag else f"<{text}>"


def parameters(args: type) -> tuple[Parameter, ...]:
    """What the dataclass of a command's arguments declares, in order. Raises TypeError for a bare field."""
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
    """What every change takes besides its own arguments."""
    if not isinstance(command, Change):
        return ()
    why = Flag("why, for those who approve and for the audit trail", '"disk is full"')
    alone = Flag("go on alone after a delay in which any approver can stop it; admins only", '"hub is down"')
    reason = Parameter("reason", "reason", Reason, why, required=False)
    emergency = Parameter("emergency", "emergency", Reason, alone, required=False)
    return (reason, emergency) if command.in_emergencies else (reason,)


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


@cache
def usage(command: Command) -> str:
    """The usage line, e.g. `/jhub deploy <tag>`."""
    return " ".join([f"/jhub {command.name}", *(p.usage for p in parameters(command.args))])


def example(command: Command) -> str:
    """A line that would work, e.g. `/jhub deploy 7c1d2e9`."""
    given = [p.spec.example for p in parameters(command.args) if isinstance(p.spec, Arg) and p.spec.example]
    return " ".join([f"/jhub {command.name}", *given])
