"""`/jhub config validate`: check the stored Helm values against the chart, each mistake with its line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from cards.views import Cell, Column, Fact, Facts, Lines, Notice, Section, Table, Tone, View, typing
from clients.errors import NotFound, Rejected, Unavailable
from clients.helm import ChartFiles
from clients.values import Path, Written, dotted, parse
from commands.chart.hazards import old_forms
from commands.chart.value_fixes import converted
from commands.config.secret_review import SecretReview, review_secrets
from commands.framework.command import Level, NoArgs, Query, Topic
from commands.ports.context import Reads
from commands.values.ineffective import without_effect
from commands.values.schema_errors import SchemaViolation
from commands.values.type_checks import mistakes


@dataclass(frozen=True)
class Args(NoArgs):
    """No arguments."""


async def run(args: Args, reads: Reads) -> View:
    """Return the mistakes. Raise Unavailable if the values cannot be read."""
    del args
    place = reads.values.place
    try:
        written = await reads.values.written()
        await reads.values.secrets()
    except Rejected as error:
        return Notice("The values cannot be used", str(error), Tone.BAD, (Facts((Fact("Stored in", place),)),))
    if written is None:
        return Notice("There are no values", f"There is no release “{reads.names.release}” yet.", Tone.WARNING)
    chart, why = await _chart(reads)
    defaults = chart.values if chart else {}
    found = mistakes(written.values, defaults, chart.schema if chart else None)
    secrets = await review_secrets(reads, written.values, defaults)
    return _convertible(_view(written, found, secrets, chart, why, reads), written, chart)


def _convertible(view: Notice, written: Written, chart: ChartFiles | None) -> Notice:
    """Add what converts old forms: no value of theirs is wrong in itself."""
    old = old_forms(converted(written.values, chart.version, chart.version)) if chart else ()
    if chart is None or view.tone is not Tone.BAD or not old:
        return view
    line = f"/jhub config migrate {chart.version}"
    text = f"{', '.join(old)}: an old form. The bot can convert it: {line}"
    return replace(view, text=text, buttons=(typing("Convert the values", line),))


async def _chart(reads: Reads) -> tuple[ChartFiles | None, str]:
    """Return the chart to check against, the live one or the bot's own, or why there is none."""
    live = await reads.releases.deployed() or await reads.releases.current()
    try:
        version = live.chart.version if live else await reads.charts.local_version()
        if version is None:
            version = next(iter(await reads.charts.versions()), None)
        chart = await reads.charts.files(version) if version else None
    except (NotFound, Unavailable) as error:
        return None, str(error)
    if chart is None or chart.schema is None:
        return None, "the chart has no schema"
    return chart, ""


def _view(
    written: Written,
    found: tuple[SchemaViolation, ...],
    secrets: SecretReview,
    chart: ChartFiles | None,
    why: str,
    reads: Reads,
) -> Notice:
    sections = [*_mistakes(found, _lines(written)), *_exposed(secrets, _lines(written)), *secrets.sections()]
    idle = without_effect(written.values, chart.values if chart else {})
    if idle:
        sections.append(Lines(tuple(f"{one}." for one in idle), "Values without effect"))
    facts = (Fact("Stored in", reads.values.place), Fact("Chart", chart.version if chart else f"not checked: {why}"))
    if found:
        count = f"{len(found)} mistakes" if len(found) > 1 else "one mistake"
        refused = any(one.breaks for one in found)
        end = "helm, Kubernetes or the hub would refuse them" if refused else "people could not log in"
        title, tone = f"The values have {count}: {end}", Tone.BAD
    elif secrets.verdict:
        title, tone = f"The values fit the chart, but {secrets.verdict}", Tone.WARNING
    elif chart is None:
        title, tone = "The values can be read, but not checked against the chart", Tone.WARNING
    elif idle:
        title, tone = "The values fit the chart, but not all of them do something", Tone.WARNING
    else:
        title, tone = "The values fit the chart", Tone.GOOD
    return Notice(title, "", tone, (*sections, Facts(facts)))


def _lines(written: Written) -> Mapping[str, int]:
    """Return the line of each path, written as in violations; empty if there is no file."""
    if not written.text:
        return {}
    return {_as_in_violations(path): line for path, line in parse(written.text).lines.items()}


def _as_in_violations(path: Path) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def _mistakes(found: tuple[SchemaViolation, ...], lines: Mapping[str, int]) -> Iterator[Section]:
    if found and lines:
        rows = tuple((Cell(_line(one.path, lines)), Cell(one.path), Cell(one.why)) for one in found)
        yield Table((Column("Line", 1, numeric=True), Column("Value", 4), Column("Mistake", 5)), rows)
    elif found:
        plain = tuple((Cell(one.path), Cell(one.why)) for one in found)
        yield Table((Column("Value", 4), Column("Mistake", 5)), plain)


def _line(path: str, lines: Mapping[str, int]) -> str:
    """Return the line of the path or of its nearest parent; 1 for what is missing at the top."""
    while path and path not in lines:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return str(lines.get(path, 1))


def _exposed(secrets: SecretReview, lines: Mapping[str, int]) -> Iterator[Section]:
    """Yield the paths of secrets in a file that others read, never the secrets."""
    if secrets.exposed:
        shown = [f"{dotted(one)}, line {_line(_as_in_violations(one), lines)}" for one in secrets.exposed]
        yield Lines((*shown, secrets.remedy), "Secrets in the file")


COMMAND = Query(
    "config validate",
    "Validate the stored values against the chart's schema.",
    Level.VIEWER,
    run,
    Args,
    "Checks them against the live chart's schema (names, types, allowed values), and for what the hub, Kubernetes or "
    "Let's Encrypt would refuse later: sizes, images, hosts, profiles, the login's callback. Shows each mistake with "
    "its line, and points out secrets in a file, and those that nothing gives.",
    topic=Topic.RELEASES,
    rank=14,
)
