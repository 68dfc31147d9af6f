"""A container's log: the newest lines first, without secrets, in pages that do not shift."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Final

from cards.pages import turning
from cards.times import minute
from cards.views import Button, Fact, Facts, Lines, Notice, Page, Section, Tone, View, typing
from commands.framework.argument_types import Age
from commands.framework.command import Arg, Flag, Level, Query, Topic
from commands.framework.pagination import LineCount, PageNumber, pages, wrapped
from commands.framework.usage import line_of
from commands.logs.arguments import ContainerName, LogTarget, Moment, Needle
from commands.logs.lines import Excerpt, Wanted, excerpt
from commands.logs.source import LogSource, find
from commands.ports.context import Reads
from commands.text.redaction import MARK, Redactor
from commands.values.secrets import known_secrets

_LINES: Final = 200
_OTHERS: Final = 3


@dataclass(frozen=True)
class Args:
    """The container, and the selection of lines."""

    target: Annotated[LogTarget, Arg("a component such as hub, a pod, or a user such as ada@example.org", "hub")]
    container: Annotated[ContainerName | None, Arg("one of the pod's containers; the main one if not given")] = None
    since: Annotated[Age | None, Flag("only lines newer than this", "1h")] = None
    lines: Annotated[LineCount | None, Flag(f"how many of the newest lines; {_LINES} if not given", "500")] = None
    grep: Annotated[Needle | None, Flag("only lines with this text, in any case", "error")] = None
    previous: Annotated[bool, Flag("the log from before the container's last restart")] = False
    page: Annotated[PageNumber | None, Flag("which page; the first has the newest lines", "2")] = None
    until: Annotated[Moment | None, Flag("nothing newer than this", "2026-11-23T09:00:00Z")] = None


async def run(args: Args, reads: Reads) -> View:
    """Return one page of the log. Raise UserError or Unavailable."""
    source = await find(args.target, args.container, reads)
    wanted = Wanted(
        args.lines.value if args.lines else _LINES,
        reads.now - args.since.length if args.since else None,
        args.until.value if args.until else None,
        args.grep,
        args.previous,
    )
    # Where it is not known what is secret, nothing is shown: this raises Unavailable then.
    redactor = Redactor(await known_secrets(reads))
    return _view(args, source, await excerpt(source, wanted, redactor, reads))


def _view(args: Args, source: LogSource, found: Excerpt) -> Notice:
    cut = pages(wrapped(found.lines))
    number = args.page.value if args.page else 1
    title = f"Log of {source.pod.user or args.target}"
    facts = Facts(tuple(_facts(args, source, found)))
    if number > max(1, len(cut)):
        text = "There is no such page: a log loses its beginning as it grows."
        return Notice(title, text, Tone.WARNING, (facts,), (typing("Show newest", _line(args)),))
    sections: tuple[Section, ...] = (Lines(tuple(cut[number - 1]), code=True), facts) if cut else (facts,)
    text, buttons = _headline(args, source, found), _buttons(args, found, number, len(cut))
    return Notice(title, text, Tone.NOTE, sections, buttons, page=_page(args, found, number, len(cut)))


def _page(args: Args, found: Excerpt, number: int, count: int) -> Page | None:
    if count <= 1:
        return None
    return Page(number, count, _line(args, number + 1, args.until or found.newest) if number < count else "")


def _headline(args: Args, source: LogSource, found: Excerpt) -> str:
    where = f"{source.container} of {source.pod.name}"
    if found.lines:
        return f"{where}, oldest line first."
    if args.grep and found.searched:
        return f"{where}: none of the {found.searched:,} lines that were searched contains “{args.grep}”."
    when = " in that time" if args.since or args.until else ""
    return f"{where} has logged nothing{when}{f': {source.pod.problem}' if source.pod.problem else '.'}"


def _facts(args: Args, source: LogSource, found: Excerpt) -> Iterator[Fact]:
    if found.lines:
        what = f"{'all' if found.is_all else 'the newest'} {len(found.lines):,} lines"
        of = f", of {found.searched:,} searched" if args.grep else ""
        yield Fact("Shown", f"{what}{of}")
    if any(MARK in line for line in found.lines):
        yield Fact("Hidden", f"{MARK} replaces what is or looks secret")
    others = [name for name in source.containers if name != source.container]
    if others:
        yield Fact("Other containers", ", ".join(others))
    if source.others:
        more = f" and {len(source.others) - _OTHERS} more" if len(source.others) > _OTHERS else ""
        yield Fact("Other pods", f"{', '.join(source.others[:_OTHERS])}{more}")
    if args.until:
        yield Fact("Until", minute(args.until.value))


def _buttons(args: Args, found: Excerpt, number: int, count: int) -> tuple[Button, ...]:
    end = args.until or found.newest
    pages = turning(number, count, lambda page: (("line", _line(args, page, end)),))
    follow = () if args.previous else (typing("Follow the log", line_of("logs --follow", _which(args))),)
    return (*pages, typing("Show newest", _line(args)), *follow)


def _line(args: Args, page: int = 1, end: str = "") -> str:
    """Return the line that requests another page of the same; of the newest lines where no `end` is given."""
    flags = [f"--{name}={value}" for name in ("since", "lines", "grep") if (value := getattr(args, name))]
    flags += ["--previous"] if args.previous else []
    flags += [f"--page={page}", f"--until={end}"] if end else []
    return line_of("logs", (*_which(args), *flags))


def _which(args: Args) -> list[str]:
    return [str(args.target), *([str(args.container)] if args.container else [])]


COMMAND = Query(
    "logs",
    "Show the log of a component or a user's server, with secrets removed.",
    Level.OPERATOR,
    run,
    Args,
    "With --follow, new lines are shown as they are written, for two minutes.",
    topic=Topic.STATUS,
    rank=5,
)
