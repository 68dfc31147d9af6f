"""`/jhub doctor`: check the running system against the runbook, line by line, with a remedy for what is wrong."""

from collections.abc import Sequence
from dataclasses import dataclass

from cards.times import minute
from cards.views import Cell, Column, Lines, Section, Status, Table, Tone, View
from commands.diagnostics.checks import checks
from commands.diagnostics.checks.readings import Check, CheckResult, read_all
from commands.framework.command import Level, NoArgs, Query, Topic
from commands.ports.context import Reads

_COLUMNS = (Column("Check", 3), Column("Finding", 7))


@dataclass(frozen=True)
class Args(NoArgs):
    """No arguments."""


async def run(args: Args, reads: Reads) -> View:
    """Run each check, a line for each."""
    del args
    found = await read_all(reads)
    return present([(check, check.run(found)) for check in checks()], reads)


def present(lines: Sequence[tuple[Check, CheckResult]], reads: Reads) -> Status:
    """Return the card: what is wrong with its remedy first, then every line. Pure."""
    bad = [(check, line) for check, line in lines if line.tone is not Tone.GOOD]
    worst = next((tone for tone in (Tone.BAD, Tone.WARNING) if any(one.tone is tone for _, one in bad)), Tone.GOOD)
    rows = tuple((Cell(check.title), Cell(line.text, line.tone)) for check, line in lines)
    remedies = [part for check, line in bad for part in (f"{check.title}: {line.text}.", f"→ {line.remedy}")]
    sections: list[Section] = [Lines(tuple(remedies), "How to fix it")] if remedies else []
    headline = "Everything is as the runbook requires"
    if bad:
        headline = f"{len(bad)} of {len(lines)} checks found a problem"
    return Status("Doctor", headline, worst, (), (*sections, Table(_COLUMNS, rows)), minute(reads.now))


COMMAND = Query(
    "doctor",
    "Work through the runbook as a checklist: what is wrong and how to fix it.",
    Level.OPERATOR,
    run,
    Args,
    details="`jhub-bot doctor --config FILE` prints the same on a terminal.",
    in_menu=True,
    topic=Topic.STATUS,
    rank=12,
)
