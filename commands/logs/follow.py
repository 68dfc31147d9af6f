"""New lines of a log as they are written, without secrets, on one card, for two minutes."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Final

from cards.views import Fact, Facts, Failure, Lines, Notice, Plan, Section, Tone, typing
from commands.framework.argument_types import Age
from commands.framework.command import Arg, Change, Consent, Flag, Level, Steps, Topic
from commands.framework.effects import NOTHING
from commands.framework.pagination import LineCount, pages, visible, wrapped
from commands.framework.usage import line_of
from commands.logs.arguments import ContainerName, LogTarget, Needle
from commands.logs.source import find
from commands.ports.context import Reads
from commands.text.redaction import Redactor
from commands.timing.durations import spoken
from commands.values.secrets import known_secrets

# In seconds.
FOLLOWED_FOR: Final = 120.0
# What the card shows while it runs: it is sent again with every change.
_SHOWN: Final = 20
_WIDTH: Final = 300
_FIRST: Final = 10
# From here on the client gives a line in pieces (clients/kube/logs.py).
_PIECE: Final = 2**16


@dataclass(frozen=True)
class Args:
    """The container, and the lines to begin with."""

    target: Annotated[LogTarget, Arg("a component such as hub, a pod, or a user such as ada@example.org", "hub")]
    container: Annotated[ContainerName | None, Arg("one of the pod's containers; the main one if not given")] = None
    since: Annotated[Age | None, Flag("begin with lines newer than this", "5m")] = None
    lines: Annotated[LineCount | None, Flag(f"begin with this many lines; {_FIRST} if not given", "50")] = None
    grep: Annotated[Needle | None, Flag("only lines with this text, in any case", "error")] = None


@dataclass(frozen=True)
class Following:
    """The plan. `since` is in seconds, 0 for no such limit; `needle` is empty for every line."""

    target: str
    pod: str
    container: str
    since: float
    lines: int
    needle: str


@dataclass(frozen=True)
class Followed:
    """The result: the number of lines, the last of them, and True if the container ended."""

    count: int
    last: tuple[str, ...]
    ended: bool


async def plan(args: Args, reads: Reads) -> Following:
    """Return the container to follow. Raise UserError or Unavailable."""
    source = await find(args.target, args.container, reads)
    since = args.since.length.total_seconds() if args.since else 0.0
    lines = args.lines.value if args.lines else _FIRST
    return Following(str(args.target), source.pod.name, source.container, since, lines, str(args.grep or ""))


def preview(plan: Following) -> Plan:
    """Show the container to follow."""
    return Plan(f"Follow the log of {plan.target}", "", consequences=(f"{plan.container} of {plan.pod}",))


async def apply(plan: Following, do: Steps) -> Notice | Failure:
    """Show new lines until the time is over, the container ends, or somebody stops it."""
    followed = await do.step(f"Follow {plan.container} of {plan.pod}", _follow, plan, do)
    why = "The container has ended." if followed.ended else f"Followed for {_spoken(do)}."
    facts = Facts((Fact("Lines", f"{followed.count:,}"), Fact("Container", f"{plan.container} of {plan.pod}")))
    cut = pages(wrapped(followed.last))
    sections: tuple[Section, ...] = (Lines(tuple(cut[0]), code=True), facts) if cut else (facts,)
    words = (plan.target, plan.container, *([f"--grep={plan.needle}"] if plan.needle else []))
    again = typing("Keep following", line_of("logs --follow", words))
    return Notice(
        f"Log of {plan.target}", why, Tone.NOTE, sections, (again, typing("Show newest", line_of("logs", words)))
    )


def _spoken(do: Steps) -> str:
    return "a while, and then stopped" if do.stopping else spoken(timedelta(seconds=FOLLOWED_FOR))


async def _follow(plan: Following, do: Steps) -> Followed:
    view = _View(plan.needle, Redactor(await known_secrets(do.reads)), do)
    reading = asyncio.create_task(_read(plan, view, do))
    stopping = asyncio.create_task(do.stopped())
    try:
        await asyncio.wait({reading, stopping}, timeout=FOLLOWED_FOR, return_when=asyncio.FIRST_COMPLETED)
        if reading.done():
            await reading
        return Followed(view.count, tuple(view.last), ended=reading.done())
    finally:
        for task in (reading, stopping):
            task.cancel()
        await asyncio.gather(reading, stopping, return_exceptions=True)


async def _read(plan: Following, view: "_View", do: Steps) -> None:
    since = timedelta(seconds=plan.since) if plan.since else None
    async for batch in do.reads.kube.follow_log(plan.pod, plan.container, since=since, lines=plan.lines):
        view.take(batch)


@dataclass
class _View:
    """The lines on the card: the last ones that match, without secrets."""

    needle: str
    redactor: Redactor
    do: Steps
    count: int = 0
    last: deque[str] = field(default_factory=lambda: deque(maxlen=40))
    _in_pieces: bool = False

    def take(self, batch: Sequence[str]) -> None:
        """Add lines as the client yields them, and show the last ones."""
        for line in batch:
            # Of a line in pieces only the first is shown: a secret may lie across their border.
            whole, self._in_pieces = not self._in_pieces, len(line) >= _PIECE
            shown = self.redactor.line(visible(line))
            if whole and self.needle.casefold() in shown.casefold():
                self.count += 1
                self.last.append(shown)
        self.do.tell(*(line[:_WIDTH] for line in list(self.last)[-_SHOWN:]))


COMMAND = Change(
    "logs --follow",
    "Follow a log for two minutes, showing new lines as they are written.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=NOTHING,
    button="Follow the log",
    consent=Consent.NONE,
    exclusive=False,
    schedulable=False,
    in_freeze=True,
    topic=Topic.STATUS,
    rank=6,
)
