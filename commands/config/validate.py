"""`/jhub config validate`: check the stored Helm values against the chart, each mistake with its line."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from cards.views import Cell, Column, Fact, Facts, Lines, Notice, Section, Table, Tone, View, typing
from clients.errors import NotFound, Rejected, Unavailable
from clients.helm import ChartFiles
from clients.values import Path, Written, dotted, parse
from commands.chart.hazards import old_forms
from commands.chart.value_fixes import converted
from commands.config.secret_review import SecretReview, review_secrets
from commands.framework.command import Level, NoArgs, Query, Topic
from commands.framework.partial_results import attempt
from commands.ports.context import Reads
from commands.values.hub_check import HubCheck, beside, hub_check
from commands.values.hub_config import HubConfig
from commands.values.ineffective import without_effect
from commands.values.python_errors import is_doubted_code
from commands.values.schema_errors import SchemaViolation, effective_values
from commands.values.server_admission import ServerReview, review_servers
from commands.values.spawner_config import Installation
from commands.values.type_checks import mistakes
from commands.values.volume_classes import missing_classes

_CHART: Final = "jupyterhub"
_MOST_PLACES: Final = 3
_MOST_IN_CODE: Final = 20


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
    found = mistakes(written.values, defaults, chart.schema if chart else None, chart.version if chart else "")
    secrets, checked, servers, classes = await asyncio.gather(
        review_secrets(reads, written.values, defaults),
        hub_check(reads, written.values, defaults, chart.app_version if chart else ""),
        _servers(written, chart, reads),
        attempt("Kubernetes", reads.kube.storage_classes()),
    )
    found = (*found, *beside(checked.violations, found))
    if not isinstance(classes, Unavailable):
        found = (*found, *missing_classes(effective_values(written.values, defaults), classes))
    return _convertible(_view(written, found, _Judged(chart, why, secrets, checked, servers), reads), written, chart)


def _convertible(view: Notice, written: Written, chart: ChartFiles | None) -> Notice:
    """Add what converts old forms: no value of theirs is wrong in itself."""
    old = old_forms(converted(written.values, chart.version, chart.version)) if chart else ()
    if chart is None or view.tone is not Tone.BAD or not old:
        return view
    line = f"/jhub config migrate {chart.version}"
    text = f"{', '.join(old)}: an old form. The bot can convert it: {line}"
    return replace(view, text=text, buttons=(typing("Convert the values", line),))


@dataclass(frozen=True)
class _Judged:
    """Who judged the values besides the chart's schema: without a chart, `why` says why there is none."""

    chart: ChartFiles | None
    why: str
    secrets: SecretReview
    checked: HubCheck
    servers: ServerReview


async def _servers(written: Written, chart: ChartFiles | None, reads: Reads) -> ServerReview:
    """Have Kubernetes judge the pods of users' servers; without the chart's defaults nobody knows them."""
    if chart is None:
        return ServerReview(unjudged=("users' servers, since the chart’s defaults are not known",))
    here = Installation(reads.names.release, reads.names.namespace, _CHART, chart.version)
    return await review_servers(reads, effective_values(written.values, chart.values), here)


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
    by: _Judged,
    reads: Reads,
) -> Notice:
    chart, secrets, checked, servers = by.chart, by.secrets, by.checked, by.servers
    idle = without_effect(written.values, chart.values if chart else {})
    sections = [
        *_mistakes(found, _lines(written)),
        *_refused(servers),
        *_exposed(secrets, _lines(written)),
        *secrets.sections(),
        *((Lines(tuple(f"{one}." for one in idle), "Values without effect"),) if idle else ()),
        *_unjudged(servers),
    ]
    facts = (
        Fact("Stored in", reads.values.place),
        Fact("Chart", chart.version if chart else f"not checked: {by.why}"),
        Fact("Hub's classes", checked.judges or checked.unchecked),
        *_code(written.values),
        Fact("Users’ servers", _judged(servers)),
    )
    if found:
        count = f"{len(found)} mistakes" if len(found) > 1 else "one mistake"
        refused = any(one.breaks for one in found)
        no_login = any(one not in checked.violations for one in found)
        end = "people could not log in" if no_login else "nothing refuses them, but they have no effect as written"
        end = "the hub may not start" if any(is_doubted_code(one) for one in found) else end
        end = "helm, Kubernetes or the hub would refuse them" if refused else end
        title, tone = f"The values have {count}: {end}", Tone.BAD
    elif stopped := [one for one in servers.found if one.stops]:
        lasts = any(one.lasts for one in stopped)
        whose = "no server" if any(not one.names for one in stopped) else "some servers"
        could = f"{whose} could start" if whose == "no server" else f"{whose} could not start"
        title = f"The values fit the chart, but {could}{'' if lasts else ' at present'}"
        tone = Tone.BAD if lasts else Tone.WARNING
    elif secrets.verdict:
        title, tone = f"The values fit the chart, but {secrets.verdict}", Tone.WARNING
    elif chart is None:
        title, tone = "The values can be read, but not checked against the chart", Tone.WARNING
    elif servers.found:
        title, tone = "The values fit the chart, but Kubernetes would leave something out", Tone.WARNING
    elif idle:
        title, tone = "The values fit the chart, but not all of them do something", Tone.WARNING
    else:
        title, tone = "The values fit the chart", Tone.GOOD
    return Notice(title, "", tone, (*sections, Facts(facts)))


def _code(values: Mapping[str, object]) -> Iterator[Fact]:
    """Yield what was not run. Plain statements of it were read."""
    config = HubConfig(values)
    if config.unread:
        places = ", ".join(config.unread[:_MOST_PLACES])
        yield Fact("Not checked", f"code, which the bot reads and does not run: {places}")


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


def _refused(servers: ServerReview) -> Iterator[Section]:
    """Yield what Kubernetes said of users' servers, the same cause once."""
    if servers.found:
        rows = tuple((Cell(one.who[0].upper() + one.who[1:]), Cell(one.said)) for one in servers.found)
        columns = (Column("Servers", 3), Column("Why", 7))
        yield Table(columns, rows, "Users’ servers, by what Kubernetes says of their pods")


def _unjudged(servers: ServerReview) -> Iterator[Section]:
    if servers.unjudged:
        yield Lines(tuple(f"{one[0].upper()}{one[1:]}." for one in servers.unjudged), "Not judged by Kubernetes")


def _judged(servers: ServerReview) -> str:
    if not servers.judged:
        return "not judged by Kubernetes"
    kinds = "one pod" if servers.judged == 1 else f"{servers.judged} pods, by profile and choice,"
    return f"{kinds} judged by Kubernetes (dry run)"


def _exposed(secrets: SecretReview, lines: Mapping[str, int]) -> Iterator[Section]:
    """Yield the paths of secrets in a file that others read, never the secrets."""
    shown = [_spot(one, lines) for one in secrets.exposed]
    shown += [secrets.remedy] if shown else []
    # Where code begins below its name depends on how YAML has it: the line in the code is certain.
    inside = [f"{_spot(path, lines)}: line {line} of the code" for path, line in secrets.in_code]
    if len(inside) > _MOST_IN_CODE:
        inside[_MOST_IN_CODE:] = [f"… and {len(inside) - _MOST_IN_CODE} more in code"]
    inside += [secrets.remedy_in_code] if inside else []
    if shown or inside:
        yield Lines((*shown, *inside), "Secrets in the file")


def _spot(path: Path, lines: Mapping[str, int]) -> str:
    return f"{dotted(path)}, line {_line(_as_in_violations(path), lines)}"


COMMAND = Query(
    "config validate",
    "Validate the stored values against the chart's schema.",
    Level.VIEWER,
    run,
    Args,
    "Checks them against the live chart's schema (names, types, allowed values), and for what the hub, Kubernetes or "
    "Let's Encrypt would refuse later: sizes, images, hosts, profiles, the login's callback. Has Kubernetes judge a "
    "user's pod of each profile by a dry run. Shows each mistake with its line, and points out secrets in a file, and "
    "those that nothing gives.",
    topic=Topic.RELEASES,
    rank=14,
)
