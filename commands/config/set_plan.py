"""The plan of `config set`: a typed value checked against the chart's schema. Reads only."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from clients.errors import NotFound, Rejected, Unavailable
from clients.helm import ChartFiles, Release
from clients.values import ValueChange, check_editable, dotted
from commands.config.arguments import NewValue, SettablePath
from commands.framework.effects import Impact
from commands.framework.errors import UserError
from commands.framework.plan_digest import added_later, digest_values, incidental
from commands.ports.context import Reads
from commands.release.pending import revision_to_restore
from commands.release.record import IMAGE_TAG, image_name, image_tag
from commands.rollout.upgrade_base import upgrade_base
from commands.text.redaction import Redactor
from commands.values.base import value_at, with_changes
from commands.values.code_changes import CodeChange
from commands.values.diff import Showing, ValueDifference, value_differences
from commands.values.diff import dotted as dotted_for_helm
from commands.values.display import as_lines
from commands.values.dry_run import dry_run
from commands.values.schema_errors import SchemaViolation
from commands.values.secrets import leaves
from commands.values.type_checks import mistakes

_MOST_NAMED: Final = 3


@dataclass(frozen=True)
class SetPlan:
    """The plan, bound to the revision, to the values before and to those after.

    Of the values before it has the digest. `deployed` is the digest of the values that helm gets. `others` is how many
    more values become live with it, because they are stored already. `image` is the users' image, if that changes;
    `rendered` is the digest of the objects that helm renders, `meaning` their consequences in words.
    """

    release: str
    revision: int
    chart_version: str
    values_digest: str
    deployed: str
    change: ValueChange
    place: str
    kind: str
    differences: tuple[ValueDifference, ...]
    rendered: str
    meaning: tuple[str, ...] = field(default=(), metadata=incidental())
    warnings: tuple[str, ...] = field(default=(), metadata=incidental())
    image: str = ""
    is_written: bool = False
    written: str = field(default="", metadata=incidental())
    unchecked: str = field(default="", metadata=incidental())
    attempted: bool = field(default=False, metadata=incidental())
    back: int = field(default=0, metadata=incidental())
    """The live revision if it is restored first, because a later one failed; else 0."""

    impacts: tuple[Impact, ...] = field(default=(), metadata=added_later())
    """The effects that people have to approve."""
    code: tuple[CodeChange, ...] = field(default=(), metadata=incidental())
    """The code that changes, without what looks like a secret in it."""

    @property
    def becomes(self) -> int:
        """The number of the revision that it makes."""
        return self.revision + (2 if self.back else 1)

    @property
    def path(self) -> str:
        """The value's path, as people write it."""
        return dotted(self.change.path)

    @property
    def others(self) -> int:
        """The number of other values that change with it."""
        own_path = dotted_for_helm(tuple(map(str, self.change.path)))
        return sum(not one.path.startswith(own_path) for one in self.differences)


async def plan_setting(path: SettablePath, typed: NewValue, reads: Reads) -> SetPlan:
    """Plan the change. Raise UserError for what the chart does not accept, for a secret, and if it is so already."""
    if path.parts == IMAGE_TAG:
        raise UserError(
            "The image's tag is set with “/jhub deploy”, which checks that the registry has it.",
            f"/jhub deploy {typed}",
        )
    newest, base, written = await upgrade_base(reads)
    live = await reads.releases.deployed() or newest
    _check_place(path, base.values)
    chart, unchecked = await _chart(base, reads)
    change = _typed(path, typed, base.values, chart)
    after = with_changes(base.values, [change])
    found = value_differences(live.values, after, showing=Showing(typed=_names(path)))
    is_written = not value_differences(base.values, after)
    if is_written and not found and newest.revision == live.revision:
        raise UserError(f"{path} is already {_shown(change.after)}.", f"/jhub config show {path}")
    if not is_written:
        await _check_editable(change, reads)
    done = await dry_run(reads, live, revision=newest.revision, version=base.chart.version, values=after)
    if done.refused:
        raise UserError(done.refused[0])
    return SetPlan(
        release=base.name,
        revision=newest.revision,
        chart_version=base.chart.version,
        values_digest=digest_values(base.values),
        deployed=digest_values(after),
        change=change.kept,
        place=reads.values.place,
        kind=reads.values.kind,
        differences=found,
        rendered=done.manifest_digest,
        meaning=done.meaning,
        warnings=(*done.servers, *done.warnings),
        image=_image(replace(base, values=after)) if path.parts[:2] == IMAGE_TAG[:2] else "",
        is_written=is_written,
        written=written,
        unchecked=unchecked,
        attempted=newest.status == "failed",
        back=revision_to_restore(newest, live, base.chart.version, after),
        impacts=done.impacts,
        code=tuple(one for one in done.code if one.path != dotted_for_helm(_names(path))),
    )


async def _check_editable(change: ValueChange, reads: Reads) -> None:
    """Raise UserError, with what to type into the file, if it cannot be edited in place."""
    stored = await reads.values.written() if reads.values.kind != "release" else None
    if stored is None or not stored.text:
        return
    try:
        await asyncio.to_thread(check_editable, stored.text, [change])
    except Rejected as error:
        raise UserError(str(error), "/jhub config validate") from None


def _names(path: SettablePath) -> tuple[str, ...]:
    """Return the path if only mappings lead along it, else nothing: a list is one value."""
    parts = path.parts
    end = next((place for place, part in enumerate(parts) if isinstance(part, int)), len(parts))
    return tuple(map(str, parts[:end])) if end == len(parts) else ()


def _image(release: Release) -> str:
    return f"{image_name(release)}:{image_tag(release)}"


def _check_place(path: SettablePath, values: Mapping[str, object]) -> None:
    """Refuse a path that holds a secret: setting it would remove that, or show it."""
    below = [leaf.path for leaf in leaves(values) if leaf.secret and leaf.path[: len(path.parts)] == path.parts]
    if below:
        named = ", ".join(dotted(one) for one in below[:_MOST_NAMED])
        raise UserError(
            f"{path} holds a secret ({named}), which would be lost: set the values next to it one by one.",
            f"/jhub config show {path}",
        )


async def _chart(base: Release, reads: Reads) -> tuple[ChartFiles | None, str]:
    """Return the live chart, or why nothing can be checked against it."""
    try:
        chart = await reads.charts.files(base.chart.version)
    except (NotFound, Unavailable) as error:
        return None, f"Whether the chart accepts this could not be checked: {error}."
    if chart.schema is None:
        return None, f"Chart {chart.version} has no schema, so whether it accepts this was not checked."
    return chart, ""


def _typed(path: SettablePath, typed: NewValue, values: Mapping[str, object], chart: ChartFiles | None) -> ValueChange:
    """Return the change in the type that the chart accepts: if it wants a string, `0755` is one. Raise UserError."""
    before = value_at(values, path.parts)
    given = typed.value
    change = ValueChange(path.parts, before, given)
    refused = _new_mistakes(values, change, chart)
    if refused and not isinstance(given, str | dict | list):
        as_text = ValueChange(path.parts, before, str(typed))
        if not _new_mistakes(values, as_text, chart):
            return as_text
    if refused:
        raise UserError(_refusal(refused), *_hints(path, typed, refused, values))
    return change


def _new_mistakes(
    values: Mapping[str, object], change: ValueChange, chart: ChartFiles | None
) -> tuple[SchemaViolation, ...]:
    """Return the mistakes that the change adds, by the chart's schema or by the value's reader."""
    after = with_changes(values, [change])
    defaults = chart.values if chart else {}
    schema = chart.schema if chart else None
    known = set(mistakes(values, defaults, schema))
    return tuple(one for one in mistakes(after, defaults, schema) if one not in known and one.breaks)


def _refusal(found: tuple[SchemaViolation, ...]) -> str:
    return f"The hub does not accept this: {'; '.join(str(one) for one in found[:_MOST_NAMED])}."


def _hints(
    path: SettablePath, typed: NewValue, found: tuple[SchemaViolation, ...], values: Mapping[str, object]
) -> list[str]:
    """Return the line that was likely meant, with a similar name, and one that shows the present values."""
    lengths = range(len(path.parts) - 1, 0, -1)
    above = next((dotted(path.parts[:length]) for length in lengths if value_at(values, path.parts[:length])), "")
    show = f"/jhub config show {above}" if above else "/jhub config show"
    for one in found:
        if one.near and path.startswith(one.path):
            suggested = f"{one.path.rpartition('.')[0]}.{one.near}".lstrip(".") + path[len(one.path) :]
            return [f"/jhub config set {suggested} {typed}", show]
    return [show]


def _shown(value: object) -> str:
    lines = as_lines(value, Redactor())
    return lines[0] if len(lines) == 1 else "that value"
