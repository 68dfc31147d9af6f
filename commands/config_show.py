"""The hub's values as they are written down: all of them, or what stands under one name."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Final

from cards.views import Button, Fact, Facts, Lines, Notice, Tone, View, typing
from clients.errors import NotFound, Unavailable
from clients.values import Path, dotted
from commands.config_values import ValuePath
from commands.errors import UserError
from commands.log_pages import pages, wrapped
from commands.log_values import PageNumber
from commands.parse import typed
from commands.reads import Reads
from commands.redaction import MARK
from commands.shown_values import as_lines, hidden, redactor
from commands.spec import Arg, Flag, Level, Query
from commands.starting import Start, at, starting

_NEAR: Final = 0.6


@dataclass(frozen=True)
class Args:
    """Which of them."""

    path: Annotated[ValuePath | None, Arg("where in the values; all of them without", "singleuser.memory")] = None
    page: Annotated[PageNumber | None, Flag("which page, where there are several", "2")] = None


async def run(args: Args, reads: Reads) -> View:
    """One page of them. Raises UserError for a path at which nothing stands, Unavailable."""
    start = await starting(reads)
    # Where it is not known what is secret, nothing is shown: this raises Unavailable then.
    hide = await redactor(reads, start.values)
    path = args.path.parts if args.path else ()
    shown, source = await _found(hidden(start.values), path, reads)
    value: object = shown
    for part in reversed(path):
        value = {part: value} if isinstance(part, str) else [value]
    lines = as_lines(value, hide)
    return _view(args, start, lines, source, reads)


async def _found(values: object, path: Path, reads: Reads) -> tuple[object, str]:
    """What stands there, and what is to be said of where it comes from."""
    if not path or _stands(values, path):
        return at(values, path), ""
    defaults = await _defaults(reads)
    if defaults is not None and _stands(defaults, path):
        return at(hidden(defaults), path), "the chart's default: the values themselves do not set it"
    raise UserError(f"Nothing stands at {dotted(path)}.{_near(values, path)}", "/jhub config show")


def _stands(values: object, path: Path) -> bool:
    above = at(values, path[:-1])
    last = path[-1]
    return last in above if isinstance(above, dict) else at(values, path) is not None


async def _defaults(reads: Reads) -> object:
    """The live chart's own values; None where they cannot be had."""
    live = await reads.releases.deployed() or await reads.releases.current()
    if live is None:
        return None
    if live.defaults:
        return dict(live.defaults)
    try:
        return dict((await reads.charts.files(live.chart.version)).values)
    except (NotFound, Unavailable):
        return None


def _near(values: object, path: Path) -> str:
    """The names beside the one that is not there."""
    for length in range(len(path)):
        holder = at(values, path[:length])
        name = path[length]
        if isinstance(holder, dict) and name not in holder and isinstance(name, str):
            near = get_close_matches(name, map(str, holder), 1, _NEAR)
            return f" “{dotted((*path[:length], near[0]))}” does: is that meant?" if near else ""
    return ""


def _view(args: Args, start: Start, lines: Sequence[str], source: str, reads: Reads) -> Notice:
    cut = [page[::-1] for page in pages(wrapped(lines)[::-1])]
    number = args.page.value if args.page else 1
    if number > len(cut):
        raise UserError(f"There are {len(cut)} pages.", typed("config show", *_which(args)))
    facts = [Fact("Written in", reads.values.place), Fact("Version", _short(start.version))]
    if len(cut) > 1:
        facts.append(Fact("Shown", f"page {number} of {len(cut)}"))
    if any(MARK in line for line in cut[number - 1]):
        facts.append(Fact("Hidden", f"{MARK} stands for what is secret, or looks like it"))
    text = f"This is {source}." if source else "What they leave to the chart's defaults is not shown."
    title = f"Values: {args.path}" if args.path else "The hub's values"
    sections = (Lines(tuple(cut[number - 1]), code=True), Facts(tuple(facts)))
    return Notice(title, text, Tone.NOTE, sections, _buttons(args, number, len(cut)))


def _short(version: str) -> str:
    """A commit or a hash to recognise it by; a revision as it is."""
    return version if " " in version else version[:12]


def _which(args: Args) -> list[str]:
    return [str(args.path)] if args.path else []


def _buttons(args: Args, number: int, count: int) -> tuple[Button, ...]:
    line = ("config show", *_which(args))
    more = (typing("Next page", typed(*line, f"--page={number + 1}")),) if number < count else ()
    back = (typing("Page before", typed(*line, f"--page={number - 1}")),) if number > 1 else ()
    return (*more, *back)


COMMAND = Query(
    "config show",
    "The hub's values as they are written down, without secrets.",
    Level.VIEWER,
    run,
    Args,
    "In the release, in a file or in a git repository, as the bot is configured. A single name shows the chart's "
    "default where the values do not set it.",
)
