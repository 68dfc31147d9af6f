"""The caller's identity to the bot: their level, the groups that give it, and what it allows."""

from collections.abc import Sequence
from dataclasses import dataclass

from cards.views import Fact, Facts, Lines, Section, Status, Tone, View
from clients.errors import Unavailable
from commands.framework.command import Change, Command, Level, NoArgs, Query, Topic
from commands.framework.partial_results import attempt
from commands.framework.registry import catalogue
from commands.framework.usage import usage
from commands.ports.context import Reads


@dataclass(frozen=True)
class Args(NoArgs):
    """The command takes no arguments."""


async def run(args: Args, reads: Reads) -> View:
    """Return the caller's level and what it allows."""
    del args
    level = Level(reads.caller.level)
    groups = await attempt("The directory", reads.access.groups_of(reads.caller.object_id))
    allowed = [command for command in catalogue() if command.level <= level]
    sections: list[Section] = [
        Facts((Fact("Level", _named(level)), _groups(groups), Fact("Approving", _approving(level)))),
        _lines("You may look at", [command for command in allowed if isinstance(command, Query)]),
        _lines("You may change", [command for command in allowed if not isinstance(command, Query)]),
        _lines("Beyond your level", [command for command in catalogue() if command.level > level]),
    ]
    shown = tuple(section for section in sections if not isinstance(section, Lines) or section.lines)
    return Status(reads.caller.name, level.held, Tone.NOTE, sections=shown)


def _named(level: Level) -> str:
    below = [one.title for one in Level if Level.ANYONE < one < level]
    if level is Level.ANYONE:
        return "none"
    return f"{level.title}, which includes {' and '.join(below)}" if below else level.title


def _groups(groups: Sequence[str] | Unavailable) -> Fact:
    if isinstance(groups, Unavailable):
        return Fact("Given by", f"cannot be determined now: {groups}", Tone.WARNING)
    return Fact("Given by", ", ".join(groups) or "no group")


def _approving(level: Level) -> str:
    if level >= Level.APPROVER:
        return "you may approve what others ask for, but not what you ask for yourself"
    return "you cannot approve changes; approvers approve what you ask for"


def _lines(title: str, commands: Sequence[Command]) -> Lines:
    return Lines(tuple(_line(command) for command in commands), title, rest="/jhub help")


def _line(command: Command) -> str:
    return f"{usage(command)}{_needs(command)}"


def _needs(command: Command) -> str:
    if not isinstance(command, Change) or not command.approvals:
        return ""
    others = "another person" if command.approvals == 1 else f"{command.approvals} other people"
    return f" (needs the approval of {others})"


COMMAND = Query(
    "whoami",
    "Show your level, the groups that give it, and what it allows.",
    Level.ANYONE,
    run,
    Args,
    topic=Topic.BOT,
    rank=2,
)
