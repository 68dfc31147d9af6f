"""What a command is: one frozen declaration that parser, help, permission, consent and audit all read.

A `Query` reads and answers. A `Change` plans (reads only), previews (pure) and applies (the only place that is
handed anything that writes). mypy holds the difference: `Reads` has no writing half.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, IntEnum
from typing import Any, Generic, ParamSpec, Protocol, TypeVar

from cards.views import Failure, Notice, Plan, View
from commands.reads import Caller, Reads
from commands.writes import Writes


class Level(IntEnum):
    """What a person may do; each level includes those below it."""

    ANYONE = 0
    VIEWER = 1
    OPERATOR = 2
    APPROVER = 3
    ADMIN = 4

    @property
    def title(self) -> str:
        """The level as a word in a sentence: "operator"."""
        return self.name.lower()

    @property
    def held(self) -> str:
        """What to say to somebody who has this level and no higher one."""
        if self is Level.ANYONE:
            return "You are in none of the bot's groups."
        return f"You are {'an' if self.title[0] in 'aeiou' else 'a'} {self.title}."


class Consent(Enum):
    """Whose agreement a change needs once its plan is shown."""

    NONE = "none"
    CALLER = "caller"


@dataclass(frozen=True)
class Arg:
    """A positional argument: what it is, in a few words, and one example that would work."""

    help: str
    example: str = ""


@dataclass(frozen=True)
class Flag:
    """A `--flag`: what it does, in a few words, and an example value if it takes one."""

    help: str
    example: str = ""


@dataclass(frozen=True)
class NoArgs:
    """For commands that take none."""


ArgsT = TypeVar("ArgsT")
PlanT = TypeVar("PlanT")
ResultT = TypeVar("ResultT")
P = ParamSpec("P")


class Steps(Protocol):
    """What `apply` works with: steps that are recorded, progress that is shown, and everything that can write.

    `caller` is who asked and `operation` the id under which the audit trail knows this change.
    """

    caller: Caller
    operation: str
    reads: Reads
    writes: Writes

    async def step(
        self, title: str, action: Callable[P, Awaitable[ResultT]], *args: P.args, **kwargs: P.kwargs
    ) -> ResultT:
        """Run one step and record its result, which is what `action`'s return annotation says, as JSON.

        After a crash the work goes on at the first step that is not recorded, so a step may run twice: it looks
        first and acts second, and "already so" is success. What it returns is stored: never a secret. Raises what
        `action` raises; UserError, Unavailable, NotFound, Conflict and Rejected are recorded as they are. A Conflict
        that `apply` lets through voids the consent, and the change is planned and asked for again.
        """

    def tell(self, *details: str) -> None:
        """Show what happens inside the running step, instead of what was told before."""

    def warn(self, warning: str) -> None:
        """Show something that is wrong but does not end the work. Said once however often it is called."""

    async def announce(self, view: Notice) -> None:
        """Post a message of its own where the change was asked for, for all who are there."""

    @property
    def stopping(self) -> bool:
        """Whether somebody asked to stop."""

    async def stopped(self) -> None:
        """Return once somebody asks to stop."""


@dataclass(frozen=True)
class Query(Generic[ArgsT]):
    """A command that only reads. `run` may raise UserError, Unavailable, NotFound.

    `in_menu` puts it among the at most twelve commands that Teams lists behind a mention of the bot and behind a slash.
    """

    name: str
    summary: str
    level: Level
    run: Callable[[ArgsT, Reads], Awaitable[View]]
    args: type[ArgsT] = field(default=NoArgs)  # type: ignore[assignment] # a default cannot depend on ArgsT
    details: str = ""
    in_menu: bool = False


@dataclass(frozen=True)
class Change(Generic[ArgsT, PlanT]):
    """A command that changes something.

    `plan` reads only and raises UserError where the change makes no sense; its result is a frozen dataclass that
    `commands.digest` can digest; it is stored as JSON and read back by the annotation of `plan`. `apply` returns a
    Notice for done and a Failure for not done. Every change can be stopped between its steps, and within one where
    `apply` heeds `Steps.stopping`.

    `approvals` others must agree (by Level.APPROVER) before it runs; with 0, `consent` says whether the caller must
    confirm. `destroys` marks what deletes data: no emergency lets one person do that alone. What is not `exclusive`
    does not wait for its turn at the hub. The configuration may ask for more approvals, never for fewer.

    `only_asks` says of arguments that they only ask what would happen: what was typed is a query then, answered with
    the plan (see `rehearsal`).

    `approvals_for` is for a change whose plan decides how many others must agree: at least as many as it says. Pure.

    `ruled_by` is for a change that has another one done later: of the catalogue it names that one, whose level,
    consent and policy count on top of its own; it raises UserError where that may not be. `schedulable` says whether
    it may be such a later one itself, and `in_emergencies` whether an admin may ever go on with it alone.
    `in_menu` is as in `Query`.
    """

    name: str
    summary: str
    level: Level
    plan: Callable[[ArgsT, Reads], Awaitable[PlanT]]
    preview: Callable[[PlanT], Plan]
    apply: Callable[[PlanT, Steps], Awaitable[Notice | Failure]]
    args: type[ArgsT] = field(default=NoArgs)  # type: ignore[assignment] # see Query.args
    consent: Consent = Consent.CALLER
    approvals: int = 0
    destroys: bool = False
    exclusive: bool = True
    details: str = ""
    schedulable: bool = True
    in_emergencies: bool = True
    only_asks: "Callable[[ArgsT], bool] | None" = None
    approvals_for: Callable[[PlanT], int] | None = None
    in_menu: bool = False
    ruled_by: "Callable[[ArgsT, Sequence[Command]], AnyChange] | None" = None


# A catalogue holds commands with all kinds of arguments and plans; each command's own file is checked strictly.
AnyQuery = Query[Any]
AnyChange = Change[Any, Any]
Command = AnyQuery | AnyChange


def ruling(change: AnyChange, args: object, catalogue: Sequence[Command]) -> tuple[AnyChange, ...]:
    """The changes whose rules all count for this one. Raises UserError where it has none done that may be."""
    return (change,) if change.ruled_by is None else (change, change.ruled_by(args, catalogue))


def rehearsal(change: AnyChange) -> AnyQuery:
    """The change as a query: its plan, shown to whoever may have it done. There is nothing in it to be confirmed."""

    async def run(args: object, reads: Reads) -> View:
        shown = change.preview(await change.plan(args, reads))
        return replace(shown, title=f"Would happen: {shown.title}", question="", buttons=())

    return Query(change.name, change.summary, change.level, run, change.args, change.details)
