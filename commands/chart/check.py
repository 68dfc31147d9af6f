"""`/jhub upgrade check`: the hazards of a chart upgrade, what blocks it, and which values must change."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from cards.views import Button, Fact, Facts, Lines, Notice, Section, Tone, View, typing
from clients.errors import Unavailable
from commands.chart.assessment import UpgradeAssessment, assess_upgrade, live_release
from commands.chart.hazard import Edition, Hazard, HazardSeverity
from commands.chart.support_dates import HUB_AS_OF, missing_hub_fixes
from commands.chart.versions import chart_files, newest
from commands.framework.command import Arg, Level, Query, Topic
from commands.framework.errors import UserError
from commands.ports.context import Reads
from commands.release.arguments import ChartVersion
from commands.values.draft import Shift

_LINE: Final = "/jhub upgrade check {}"


@dataclass(frozen=True)
class Args:
    """The arguments: the chart version."""

    version: Annotated[ChartVersion | None, Arg("the chart version; the newest if not given", "4.4.0")] = None


async def run(args: Args, reads: Reads) -> View:
    """Compare the live chart with that version. Raise UserError for an unknown version, with similar ones."""
    live = await live_release(reads)
    known = await _known(reads, asked=args.version is not None)
    version = str(args.version or newest(known))
    if not version:
        raise UserError("The chart’s repository has no version of it.", _LINE.format(live.chart.version))
    if version.removeprefix("v") == live.chart.version.removeprefix("v"):
        text = "is already live" if args.version else "is live and is the newest"
        return Notice(f"Chart {live.chart.version} {text}", "There is nothing to upgrade to.", Tone.GOOD)
    found = await assess_upgrade(reads, await chart_files(reads, version, _LINE))
    return assessment_card(found, known, reads.values.place)


async def _known(reads: Reads, *, asked: bool) -> Sequence[str]:
    try:
        return await reads.charts.versions()
    except Unavailable:
        if asked:
            return ()
        raise


def assessment_card(found: UpgradeAssessment, known: Sequence[str], place: str) -> Notice:
    """Return the card. Pure."""
    blocking, others = found.blocking, [one for one in found.hazards if not one.blocks]
    sections: list[Section] = [Facts(_facts(found, known))]
    if blocking:
        sections.append(Lines(_lines(blocking, found), "What blocks it now"))
    if others:
        sections.append(Lines(_lines(others, found), "What to know"))
    if found.converted.shifts:
        title = f"What the bot can change itself, in {place}"
        sections.append(Lines(shift_lines(found.converted.shifts), title))
    if fixes := missing_hub_fixes(found.there.app_version):
        lines = [f"{one.name} of {one.day:%Y-%m-%d}: {one.closed}" for one in fixes]
        title = f"Security fixes that JupyterHub {found.there.app_version} lacks, as of {HUB_AS_OF:%Y-%m-%d}"
        sections.append(Lines(tuple(lines), title))
    return Notice(
        f"From chart {found.here.version} to {found.there.version}",
        _verdict(found),
        _tone(found),
        tuple(sections),
        _buttons(found),
    )


def _facts(found: UpgradeAssessment, known: Sequence[str]) -> tuple[Fact, ...]:
    facts = [Fact("Now", _edition(found.here)), Fact("Then", _edition(found.there))]
    same = newest(known, found.here.numbers[0])
    if same and same not in (found.here.version, found.there.version):
        facts.append(Fact(f"Newest {found.here.numbers[0]}.x", same))
    last = newest(known)
    if last and last not in (found.there.version, same):
        facts.append(Fact("Newest", last))
    return tuple(facts)


def _edition(one: Edition) -> str:
    return f"chart {one.version}, JupyterHub {one.app_version}" if one.app_version else f"chart {one.version}"


def _verdict(found: UpgradeAssessment) -> str:
    blocking = found.blocking
    if not found.hazards:
        return "The bot knows of nothing that would stop it."
    if not blocking:
        return "It can go ahead; read first what it changes."
    by_bot = sum(one.fixable for one in blocking)
    if by_bot == len(blocking):
        return "It is blocked, but the bot can change everything that blocks it."
    left = len(blocking) - by_bot
    return f"It is blocked: people must change {left} of the {len(blocking)} things that block it."


def _tone(found: UpgradeAssessment) -> Tone:
    if found.blocking:
        return Tone.BAD
    return Tone.WARNING if any(one.severity > HazardSeverity.NOTE for one in found.hazards) else Tone.GOOD


def _lines(hazards: Sequence[Hazard], found: UpgradeAssessment) -> tuple[str, ...]:
    lines: list[str] = []
    for one in hazards:
        lines.append(f"{one.title}. {one.text}")
        if (
            remedy := f"The bot can change it: /jhub config migrate {found.there.version}"
            if one.fixable
            else one.remedy
        ):
            lines.append(f"→ {remedy}")
    return tuple(lines)


def shift_lines(shifts: Sequence[Shift]) -> tuple[str, ...]:
    """Return a line for each change, by its paths: values that move are not shown, be they secret or not."""
    return tuple(_shift(one) for one in shifts)


def _shift(one: Shift) -> str:
    if one.old and one.new:
        return f"{one.old} moves to {one.new}"
    return f"{one.old} is removed" if one.old else f"{one.new} becomes {one.value}"


def _buttons(found: UpgradeAssessment) -> tuple[Button, ...]:
    version = found.there.version
    migrate = [typing("Convert the values", f"/jhub config migrate {version}")] if found.converted.shifts else []
    return (*migrate, typing("Preview the deployment", f"/jhub deploy --chart {version} --dry-run"))


COMMAND = Query(
    "upgrade check",
    "Check what a chart upgrade would run into and what must change first.",
    Level.VIEWER,
    run,
    Args,
    details="Looks at the values, the homes, the running servers and the cluster’s Kubernetes version. "
    "Changes nothing.",
    topic=Topic.RELEASES,
    rank=9,
)
