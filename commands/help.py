"""What can be typed, and by whom: for each person their own."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

from cards.views import Fact, Facts, Help, HelpEntry, View
from commands.catalogue import catalogue
from commands.errors import UserError
from commands.parse import nearest
from commands.reads import Reads
from commands.spec import AnyChange, Arg, Command, Consent, Level, Query
from commands.usage import example, parameters, usage
from commands.values import CommandName


@dataclass(frozen=True)
class Args:
    """Which command; all of them without."""

    command: Annotated[CommandName | None, Arg("the name of a command", "deploy")] = None


async def run(args: Args, reads: Reads) -> View:
    """Help on one command or on all."""
    if args.command is None:
        return _overview(reads)
    return _details(_named(args.command), reads)


def _overview(reads: Reads) -> Help:
    return _known(reads.caller.level, tuple((level, _who(level, reads)) for level in Level))


# The same for everybody of a level, and what people ask for first.
@lru_cache(maxsize=16)
def _known(level: int, who: tuple[tuple[Level, str], ...]) -> Help:
    holders = dict(who)
    allowed = [c for c in catalogue() if c.level <= level]
    others = [c for c in catalogue() if c.level > level]
    return Help(
        "What you can type",
        f"{Level(level).held} In a channel, mention the bot first.",
        allowed=tuple(HelpEntry(usage(c), c.summary) for c in allowed),
        others=tuple(HelpEntry(usage(c), c.summary, holders[c.level]) for c in others),
        footer="/jhub help <command> tells more about one.",
    )


def _details(command: Command, reads: Reads) -> Help:
    may = command.level <= reads.caller.level
    entry = HelpEntry(usage(command), command.summary, "" if may else _who(command.level, reads))
    taken = tuple(Fact(p.usage, p.spec.help) for p in parameters(command.args))
    return Help(
        f"/jhub {command.name}",
        command.details,
        allowed=(entry,) if may else (),
        others=() if may else (entry,),
        examples=tuple(dict.fromkeys([example(command)])),
        sections=tuple(Facts(facts) for facts in (taken, _rules(command)) if facts),
    )


def _rules(command: Command) -> tuple[Fact, ...]:
    level = "everyone" if command.level is Level.ANYONE else f"{command.level.title}s and above"
    facts = [Fact("For", level)]
    if not isinstance(command, Query):
        facts.append(Fact("Asks", asks(command)))
    return tuple(facts)


def asks(command: AnyChange) -> str:
    """Whose agreement it takes; the configuration may ask for more."""
    if command.ruled_by is not None:
        return "at least you, and all whom the command that it is about would ask"
    if command.approvals:
        others = "another person" if command.approvals == 1 else f"{command.approvals} other people"
        return f"{others}, an approver who did not ask for it, before anything happens"
    return "you, before anything happens" if command.consent is Consent.CALLER else "nobody"


def _named(words: CommandName) -> Command:
    name = words.removeprefix("/").removeprefix("jhub ")
    for command in catalogue():
        if command.name == name:
            return command
    hints = [f"/jhub help {close}" for close in nearest(name.split(), catalogue())]
    raise UserError(f"There is no command “{words}”.", *hints, "/jhub help")


def _who(level: Level, reads: Reads) -> str:
    names = list(dict.fromkeys(reads.access.holders(level)))[:3]
    return f"for {level.title}s: {', '.join(names)}" if names else f"for {level.title}s: nobody yet"


COMMAND = Query("help", "What can be typed, and who may.", Level.ANYONE, run, Args, in_menu=True)
