"""`/jhub config show`: the hub's stored Helm values, all of them or those under one name."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Final

from cards.views import Fact, Facts, Lines, Notice, Tone, View
from clients.errors import NotFound, Unavailable
from clients.values import Path, dotted
from commands.config.arguments import ValuePath
from commands.framework.command import Arg, Flag, Level, Query, Topic
from commands.framework.errors import UserError
from commands.framework.pagination import wrapped
from commands.ports.context import Reads
from commands.text.redaction import MARK
from commands.values.base import BaseValues, base_values, value_at
from commands.values.display import HIDING, REVEAL, as_lines, hidden, redactor

_NEAR: Final = 0.6


@dataclass(frozen=True)
class Args:
    """The arguments: the path, and to reveal what is hidden or not."""

    path: Annotated[ValuePath | None, Arg("a path in the values; all of them if not given", "singleuser.memory")] = None
    reveal: Annotated[bool, Flag(REVEAL)] = False


async def run(args: Args, reads: Reads) -> View:
    """Return the values asked for. Raise UserError for a path without a value, Unavailable."""
    start = await base_values(reads)
    # If the secrets are unknown, nothing is shown: this raises Unavailable.
    hide = await redactor(reads, start.values)
    path = args.path.parts if args.path else ()
    found, source = await _found(start.values, path, reads)
    value = hidden(found, path, reveal=args.reveal)
    for part in reversed(path):
        value = {part: value} if isinstance(part, str) else [value]
    return _view(args, start, as_lines(value, hide), source, reads)


async def _found(values: object, path: Path, reads: Reads) -> tuple[object, str]:
    """Return the value at the path, and a note about its origin."""
    if not path or _stands(values, path):
        return value_at(values, path), ""
    defaults = await _defaults(reads)
    if defaults is not None and _stands(defaults, path):
        return value_at(defaults, path), "the chart's default; the values do not set it"
    raise UserError(f"There is no value at {dotted(path)}.{_near(values, path)}", "/jhub config show")


def _stands(values: object, path: Path) -> bool:
    above = value_at(values, path[:-1])
    last = path[-1]
    return last in above if isinstance(above, dict) else value_at(values, path) is not None


async def _defaults(reads: Reads) -> object:
    """Return the live chart's defaults, or None if they cannot be read."""
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
    """Return a suggestion from the names beside the one that does not exist."""
    for length in range(len(path)):
        holder = value_at(values, path[:length])
        name = path[length]
        if isinstance(holder, dict) and name not in holder and isinstance(name, str):
            near = get_close_matches(name, map(str, holder), 1, _NEAR)
            return f" Did you mean “{dotted((*path[:length], near[0]))}”?" if near else ""
    return ""


def _view(args: Args, start: BaseValues, lines: Sequence[str], source: str, reads: Reads) -> Notice:
    shown = wrapped(lines)
    facts = [Fact("Stored in", reads.values.place), Fact("Version", _short(start.version))]
    if any(MARK[:-1] in line for line in shown):
        facts.append(Fact("Hidden", "what is or looks secret" if args.reveal else HIDING))
    text = f"This is {source}." if source else "Values left at the chart's defaults are not shown."
    title = f"Values: {args.path}" if args.path else "The hub's values"
    return Notice(title, text, Tone.NOTE, (Lines(tuple(shown), code=True), Facts(tuple(facts))))


def _short(version: str) -> str:
    """Abbreviate a commit or a hash; leave a revision as it is."""
    return version if " " in version else version[:12]


COMMAND = Query(
    "config show",
    "Show the hub's stored values, with what is or may be secret hidden.",
    Level.VIEWER,
    run,
    Args,
    "They are stored in the release, a file or a git repository, as configured. A single name shows the chart's "
    "default if the values do not set it. Environment variables, files, code, commands and annotations are hidden: "
    "an admin sees them with --reveal, in a personal chat; the audit trail records it.",
    reveals=lambda args: args.reveal,
    topic=Topic.RELEASES,
    rank=11,
)
