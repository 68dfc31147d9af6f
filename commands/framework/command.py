"""The declaration of a command: one frozen value that parser, help, permission, approval and audit all read.

A `Query` reads and answers. A `Change` plans (reads only), previews (pure) and applies (the only place that is handed
anything that writes). mypy enforces the difference: `Reads` has no method that writes.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, IntEnum
from typing import Any, Generic, ParamSpec, Protocol, TypeVar

from cards.views import Failure, Notice, Plan, View
from commands.framework.effects import Effect, Effects, in_words
from commands.ports.context import Caller, Reads, Writes


class Level(IntEnum):
    """The permission levels of people; each includes those below it."""

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
        """The sentence for somebody who has this level and no higher one."""
        if self is Level.ANYONE:
            return "You are in none of the bot's groups."
        return f"You are {self.one}."

    @property
    def can_type(self) -> str:
        """The heading of the commands that take this level."""
        return f"{self.title.capitalize()}s can type"

    @property
    def and_above(self) -> str:
        """The people with at least this level: "operators and above"."""
        return f"{self.title}s" if self is max(Level) else f"{self.title}s and above"

    @property
    def one(self) -> str:
        """A person with this level: "an operator"."""
        return f"{'an' if self.title[0] in 'aeiou' else 'a'} {self.title}"


class Topic(Enum):
    """The subject of a command, in the order in which help lists them: what people need first comes first.

    A topic has the `word` that is typed for it, a `title`, and a sentence that says what is found there.
    """

    STATUS = ("status", "Status and users", "See how the hub is doing, and help the people on it.")
    RELEASES = ("releases", "Releases and images", "Change what users get, and go back.")
    STORAGE = ("storage", "Storage", "Look after users’ homes.")
    NODES = ("nodes", "Nodes and cost", "Give the hub more machines or fewer.")
    LOGIN = ("login", "Login and certificate", "Keep logging in working, and the browser content.")
    ALERTS = ("alerts", "Alerts", "Choose which trouble the bot tells you about, and where.")
    BOT = ("bot", "The bot", "See what the bot is doing, for whom, and who may ask for it.")

    def __init__(self, word: str, title: str, about: str) -> None:
        self.word = word
        self.title = title
        self.about = about


class Consent(Enum):
    """The agreement that a change needs once its plan is shown."""

    NONE = "none"
    CALLER = "caller"


@dataclass(frozen=True)
class Arg:
    """A positional argument: a short description, and one example that would work."""

    help: str
    example: str = ""


@dataclass(frozen=True)
class Flag:
    """A `--flag`: a short description, and an example value if it takes one.

    `in_example` puts it into the command's example, which would not work without.
    """

    help: str
    example: str = ""
    in_example: bool = field(default=False, kw_only=True)


@dataclass(frozen=True)
class NoArgs:
    """The arguments of commands that take none."""


ArgsT = TypeVar("ArgsT")
PlanT = TypeVar("PlanT")
ResultT = TypeVar("ResultT")
P = ParamSpec("P")


@dataclass(frozen=True)
class Renamed:
    """A step's new title, and the one it was first given, under which it stays recorded.

    Work in flight is found again by the recorded titles of its steps, so those never change.
    """

    title: str
    record: str


class Steps(Protocol):
    """The context of `apply`: steps that are recorded, progress that is shown, and everything that can write.

    `caller` is the requester and `operation` the id of this change in the audit trail.
    """

    caller: Caller
    operation: str
    reads: Reads
    writes: Writes

    def now(self) -> datetime:
        """Return the time, in UTC. `reads.now` is that at which the work was begun, which may be long ago."""

    async def step(
        self, title: str | Renamed, action: Callable[P, Awaitable[ResultT]], *args: P.args, **kwargs: P.kwargs
    ) -> ResultT:
        """Run one step and record its result, of the type of `action`'s return annotation, as JSON.

        After a crash the work continues at the first step that is not recorded, so a step may run twice: it looks first
        and acts second, and "already so" is success. Its result is stored: never a secret. Raise what `action` raises;
        UserError, Unavailable, NotFound, Conflict and Rejected are recorded as they are. A Conflict that `apply` lets
        through voids the approval, and the change is planned and asked for again.
        """

    async def cleanup(
        self, title: str, action: Callable[P, Awaitable[ResultT]], *args: P.args, **kwargs: P.kwargs
    ) -> ResultT:
        """Run a step that puts back what others did, as `step` does, also once somebody has asked to stop."""

    def tell(self, *details: str) -> None:
        """Show these lines for the running step, instead of those shown before."""

    def warn(self, warning: str) -> None:
        """Show a warning that does not end the work. It is shown once however often it is called."""

    async def announce(self, view: Notice) -> None:
        """Post a separate message where the change was requested, for everybody there."""

    @property
    def stopping(self) -> bool:
        """True once somebody has asked to stop."""

    async def stopped(self) -> None:
        """Return once somebody asks to stop."""


@dataclass(frozen=True)
class Query(Generic[ArgsT]):
    """A command that only reads. `run` may raise UserError, Unavailable, NotFound.

    `in_menu` puts it among the at most twelve commands that Teams lists behind a mention of the bot and behind a slash.
    `topic` is where help lists it, `rank` its place there: the most used first, no two alike. `reveals`
    returns True for arguments that ask for what is hidden otherwise: that takes an admin and a place where nobody else
    reads the answer, and is audited before the answer is made. `level_for` is for a `run` that refuses some arguments
    to some levels: it returns the level that they take, by which lines are suggested.
    """

    name: str
    summary: str
    level: Level
    run: Callable[[ArgsT, Reads], Awaitable[View]]
    args: type[ArgsT] = field(default=NoArgs)  # type: ignore[assignment] # a default cannot depend on ArgsT
    details: str = ""
    in_menu: bool = False
    reveals: "Callable[[ArgsT], bool] | None" = field(default=None, kw_only=True)
    level_for: "Callable[[ArgsT], Level] | None" = field(default=None, kw_only=True)
    topic: Topic = field(kw_only=True)
    rank: int = field(default=100, kw_only=True)


@dataclass(frozen=True)
class Change(Generic[ArgsT, PlanT]):
    """A command that changes something.

    `plan` reads only and raises UserError where the change makes no sense; its result is a frozen dataclass that
    `commands.framework.plan_digest` can digest; it is stored as JSON and read back by the annotation of `plan`. `apply`
    returns a Notice for done and a Failure for not done. Every change can be stopped between its steps, and within one
    where `apply` heeds `Steps.stopping`.

    `effects` are its consequences, from a closed list; their rules decide who has to agree. `approvals` is the number
    of other people who must agree (by `approved_by`) before it runs, whatever its effects; where nobody must, `consent`
    is CALLER if the requester has to confirm. A change that is not `exclusive` does not wait for its turn at the hub.
    The configuration may ask for more approvals, never for fewer.

    `policy_of` names the change whose policy counts as well, for one that asks others to do that. `answer_within` is
    how long its question waits where that is not `approvals.expiry`; who waits so long is told the end in a message of
    its own, and whoever rejects it can say why. `is_list` returns True for a plan that is a list to be agreed to as a
    whole: it is not planned again right before it is applied, and `apply` looks at each item before it acts.

    `only_asks` returns True for arguments that only ask what would happen: the line is a query then, answered with the
    plan (see `rehearsal`), or, where there is an `answer`, with that.

    `ruled_by` is for a change that has another one done later: it returns that one from the catalogue, whose level,
    consent and policy count on top of its own, and raises UserError where that may not be. `schedulable` is True if the
    change may be such a later one itself, and `in_emergencies` if an admin may ever go on with it alone. One that is
    `testable` changes what servers start with: a test of the hub may follow it (the setting `test.after`). `in_freeze`
    is True if it goes on while changes are frozen: it touches the bot's own records alone, helps one person, or brings
    back what is away. Where that depends on the arguments, it returns True for those.

    `in_menu`, `topic` and `rank` are as in `Query`. `button` is the title of the button that confirms it: an imperative
    of at most 25 characters.
    """

    name: str
    summary: str
    level: Level
    plan: Callable[[ArgsT, Reads], Awaitable[PlanT]]
    preview: Callable[[PlanT], Plan]
    apply: Callable[[PlanT, Steps], Awaitable[Notice | Failure]]
    args: type[ArgsT] = field(default=NoArgs)  # type: ignore[assignment] # see Query.args
    effects: Effects[PlanT] = field(kw_only=True)
    button: str = field(kw_only=True)
    consent: Consent = Consent.CALLER
    approvals: int = 0
    approved_by: Level = field(default=Level.APPROVER, kw_only=True)
    policy_of: str = field(default="", kw_only=True)
    answer_within: timedelta | None = field(default=None, kw_only=True)
    is_list: Callable[[PlanT], bool] = field(default=lambda _plan: False, kw_only=True)
    exclusive: bool = True
    details: str = ""
    schedulable: bool = True
    in_emergencies: bool = True
    testable: bool = False
    in_freeze: "bool | Callable[[ArgsT], bool]" = False
    only_asks: "Callable[[ArgsT], bool] | None" = None
    answer: "Callable[[ArgsT, Reads], Awaitable[View]] | None" = None
    in_menu: bool = False
    ruled_by: "Callable[[ArgsT, Sequence[Command]], AnyChange] | None" = None
    topic: Topic = field(kw_only=True)
    rank: int = field(default=100, kw_only=True)

    @property
    def destroys(self) -> bool:
        """True if it deletes data whatever its plan."""
        return Effect.DELETES_DATA in self.effects.always

    def goes_on_in_freeze(self, args: ArgsT) -> bool:
        """Return True if it goes on while changes are frozen."""
        return self.in_freeze(args) if callable(self.in_freeze) else self.in_freeze


# A catalogue holds commands with all kinds of arguments and plans; each command's own file is checked strictly.
AnyQuery = Query[Any]
AnyChange = Change[Any, Any]
Command = AnyQuery | AnyChange


def ruling(change: AnyChange, args: object, catalogue: Sequence[Command]) -> tuple[AnyChange, ...]:
    """Return the changes whose rules all apply to this one. Raise UserError for one that may not be done later."""
    return (change,) if change.ruled_by is None else (change, change.ruled_by(args, catalogue))


def rehearsal(change: AnyChange) -> AnyQuery:
    """Return the change as a query for its plan, for anybody who may request it. There is nothing in it to confirm.

    One with an `answer` of its own is a query for that.
    """

    async def run(args: object, reads: Reads) -> View:
        plan = await change.plan(args, reads)
        shown = change.preview(plan)
        told = in_words(change.effects.found(plan))
        return replace(shown, effects=told, title=f"Would happen: {shown.title}", question="", buttons=())

    return Query(
        change.name,
        change.summary,
        change.level,
        change.answer or run,
        change.args,
        change.details,
        topic=change.topic,
        rank=change.rank,
    )
