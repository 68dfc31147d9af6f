"""A deployment's dry run: values rendered by Helm, compared with the live revision, and explained in words.

The result holds no secret: of objects it has the names, and the names of what differs in them; of values it has what
`commands.values.diff` shows.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from clients.errors import Rejected, Unavailable
from clients.helm import FailureReason, Release, Rendered
from clients.kube import StorageClass
from commands.framework.effects import Impact
from commands.framework.errors import UserError
from commands.framework.partial_results import attempt
from commands.kubernetes.moved_homes import MovedHomes, homes_left, moved_homes
from commands.ports.context import Reads
from commands.release import manifest_impact
from commands.release.hub_database import WAY_BACK, cannot_go_back, going_back, is_migrated
from commands.release.immutable_fields import refusals
from commands.release.manifest_diff import compare
from commands.release.manifest_objects import Objects, objects
from commands.values import impact
from commands.values.code_changes import CodeChange, code_changes
from commands.values.diff import ValueDifference, value_differences
from commands.values.hub_check import HubCheck, beside, hub_check
from commands.values.hub_config import HubConfig
from commands.values.ineffective import without_effect
from commands.values.login_rules import closing
from commands.values.node_rooms import Rooms, rooms_of
from commands.values.release_effects import NewState, impacts, places_of
from commands.values.schema_errors import effective_values as counting_of
from commands.values.server_changes import review_change
from commands.values.service_scopes import lost_rights
from commands.values.type_checks import malformed
from commands.values.volume_classes import missing_classes
from commands.values.workloads import unplaceable


@dataclass(frozen=True)
class DryRun:
    """The outcome of a deployment. `manifest_digest` ignores what a chart generates at random.

    `meaning` begins with what interrupts people; `migration` is what happens to the hub's database; `refused` says why
    the deployment would fail, or nobody's server start afterwards, where that is certain. `servers` says which servers
    Kubernetes would refuse, and why; `code` is the code that changes. `interrupts` says that people at work notice it.
    `impacts` are the effects that people have to approve.
    """

    values: tuple[ValueDifference, ...]
    meaning: tuple[str, ...]
    warnings: tuple[str, ...]
    migration: tuple[str, ...]
    objects: tuple[str, ...]
    refused: tuple[str, ...]
    interrupts: bool
    manifest_digest: str
    impacts: tuple[Impact, ...]
    servers: tuple[str, ...] = ()
    code: tuple[CodeChange, ...] = ()


async def dry_run(
    reads: Reads, live: Release | None, *, revision: int, version: str, values: Mapping[str, object]
) -> DryRun:
    """Return what Helm would do to the live revision, if there is one. `revision` is the newest revision's number.

    Raise UserError for values that the chart refuses, NotFound for an unknown version, Unavailable.
    """
    try:
        rendered = await reads.rendering.render(version=version, values=values, revision=revision, install=live is None)
    except Rejected as error:
        if error.code == FailureReason.OWNED.value:
            raise UserError(str(error)) from None
        other = [f"/jhub upgrade check {version}"] if live and live.chart.version != version else []
        raise UserError(_in_a_sentence(str(error)), "/jhub config validate", *other) from None
    before = (live.values, live.defaults) if live and live.chart.version == rendered.chart_version else None
    checked, moved, rooms, asked = await asyncio.gather(
        hub_check(reads, values, rendered.defaults, rendered.app_version, live=before),
        _moved(live, rendered, values, reads),
        rooms_of(reads),
        attempt("Kubernetes", reads.kube.storage_classes()),
    )
    classes = () if isinstance(asked, Unavailable) else tuple(asked)
    try:
        # Some hundred kilobytes of YAML: not on the event loop.
        compared = await asyncio.to_thread(
            _compared, live, rendered, values, _Known(reads.names.namespace, checked, moved, rooms, classes)
        )
    except ValueError:
        raise Unavailable("Helm", "rendered something that cannot be read") from None
    chart = rendered.chart, rendered.chart_version
    told = await review_change(reads, live, counting_of(values, rendered.defaults), chart, rooms)
    return replace(compared, servers=told.lines, refused=(*compared.refused, *told.refused))


async def _moved(live: Release | None, rendered: Rendered, values: Mapping[str, object], reads: Reads) -> MovedHomes:
    """Return the homes that people would not find again, also those that an earlier hub has left."""
    after = places_of(values, rendered.defaults, rendered.chart_version)
    if live is None:
        return await homes_left(after, reads)
    return await moved_homes(places_of(live.values, live.defaults, live.chart.version), after, reads)


def _in_a_sentence(refusal: str) -> str:
    """Join the violations, which helm lists below the chart's name, into one sentence."""
    return re.sub(r" - (?=[\w(])", "; ", re.sub(r": [\w.-]+: - ", ": ", refusal))


@dataclass(frozen=True)
class _Known:
    """What was found out beside the rendered objects."""

    namespace: str
    checked: HubCheck
    moved: MovedHomes
    rooms: Rooms
    classes: Sequence[StorageClass]


def _compared(live: Release | None, rendered: Rendered, values: Mapping[str, object], here: _Known) -> DryRun:
    before = objects(live.manifest if live else "", here.namespace)
    after, hooks = objects(rendered.manifest, here.namespace), objects(rendered.hooks, here.namespace)
    changes = compare(before, after)
    defaults = (live.defaults if live else {}, rendered.defaults)
    differences = value_differences(live.values if live else {}, values, defaults)
    # The consequences depend on the effective values, the chart's defaults included.
    effective_differences = (
        value_differences(counting_of(live.values, live.defaults), counting_of(values, rendered.defaults))
        if live
        else ()
    )
    refused, notes = _judged(live, rendered, values, here)
    stuck, were_stuck = dict.fromkeys(unplaceable(after, here.rooms)), set(unplaceable(before, here.rooms))
    of_objects = manifest_impact.meaning(changes, hooks) if live else _first(after)
    becomes = NewState(rendered.chart_version, values, rendered.defaults, after)
    return DryRun(
        values=differences,
        meaning=(*of_objects.lines, *impact.consequences(effective_differences)),
        warnings=(
            *notes,
            *(one for one in stuck if one in were_stuck or not here.rooms.complete),
            *of_objects.warnings,
            *filter(None, (here.moved.sentence,)),
            *impact.warnings(effective_differences),
            *_lost_rights(live, rendered, values),
        ),
        migration=migration(live.chart.app_version, rendered.app_version) if live else (),
        objects=manifest_impact.listed(changes),
        refused=(
            *refused,
            *(one for one in stuck if one not in were_stuck and here.rooms.complete),
            *refusals(changes),
        ),
        interrupts=of_objects.interrupts,
        manifest_digest=after.digest(),
        impacts=impacts(live, becomes, before, changes, homes_stay=not here.moved) if live else (),
        code=code_changes(live.values if live else {}, values),
    )


def _judged(
    live: Release | None, rendered: Rendered, values: Mapping[str, object], here: _Known
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what is certain to be refused, and what else is to be known: what the live values have already, too."""
    checked = here.checked
    known = {*malformed(live.values, live.defaults, live.chart.version), *checked.known} if live else set()
    known |= set(missing_classes(counting_of(live.values, live.defaults), here.classes)) if live else set()
    wrong = malformed(values, rendered.defaults, rendered.chart_version)
    wrong = (*wrong, *beside(checked.violations, wrong))
    wrong = (*wrong, *missing_classes(counting_of(values, rendered.defaults), here.classes))
    refused = tuple(f"{one}." for one in wrong if one.breaks and one not in known)
    notes = tuple(f"{one}." for one in wrong if not one.breaks or one in known)
    idle = set(without_effect(values, rendered.defaults))
    idle -= set(without_effect(live.values, live.defaults)) if live else set()
    closed = _closed(live, rendered, values) if live else ""
    return refused, (*notes, *(f"{one}." for one in sorted(idle, key=str)), *filter(None, (closed, checked.unchecked)))


def _lost_rights(live: Release | None, rendered: Rendered, values: Mapping[str, object]) -> tuple[str, ...]:
    if live is None:
        return ()
    return lost_rights(counting_of(live.values, live.defaults), counting_of(values, rendered.defaults))


def _closed(live: Release, rendered: Rendered, values: Mapping[str, object]) -> str:
    """Return a warning if nobody can log in with these values, and somebody can with the live ones."""
    before = HubConfig(counting_of(live.values, live.defaults))
    return closing(before, HubConfig(counting_of(values, rendered.defaults)), rendered.chart_version)


def _first(made: Objects) -> manifest_impact.ManifestImpact:
    """Describe a first installation. It interrupts nobody, so the number of objects says enough."""
    return manifest_impact.ManifestImpact((f"{len(made.found) + len(made.secrets)} objects are created.",))


def migration(before: str, after: str) -> tuple[str, ...]:
    """Return what a change of JupyterHub's version does to its database."""
    if back := going_back(before, after):
        return (f"{back} {WAY_BACK}" if cannot_go_back(before, after) else back,)
    if not is_migrated(before, after):
        return ()
    text = f"JupyterHub {before} → {after}: the hub migrates its database at its first start."
    return (f"{text} The only way back is a backup of it made before.",)
