"""What putting values in place would do: rendered by helm, held against what is live, and said in words.

Nothing of it holds a secret: of objects only their names and the names of what differs in them are told, of values
what `commands.value_changes` shows.
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass

from clients.errors import Rejected, Unavailable
from clients.helm import Release, Rendered
from commands import manifest_meaning, value_meaning
from commands.effect import Impact
from commands.errors import UserError
from commands.impacts import Becomes, impacts
from commands.manifest_changes import compare
from commands.manifest_objects import Objects, objects
from commands.manifest_refusals import refusals
from commands.reads import Reads
from commands.schema_complaints import counting as counting_of
from commands.value_changes import ValueDifference, value_differences
from commands.value_forms import malformed

_MINOR = re.compile(r"(\d+)\.(\d+)")


@dataclass(frozen=True)
class DryRun:
    """What a deployment does. `digest` is the same each time the same is rendered, whatever the chart makes up.

    `meaning` has what interrupts people first; `migration` is what becomes of the hub's database; `refused` is why it
    would fail, where that is certain. `interrupts` says whether people who work just then notice it. `impacts` are
    the effects that people have to agree to.
    """

    values: tuple[ValueDifference, ...]
    meaning: tuple[str, ...]
    warnings: tuple[str, ...]
    migration: tuple[str, ...]
    objects: tuple[str, ...]
    refused: tuple[str, ...]
    interrupts: bool
    digest: str
    impacts: tuple[Impact, ...]


async def dry_run(
    reads: Reads, live: Release | None, *, revision: int, version: str, values: Mapping[str, object]
) -> DryRun:
    """What helm would do to the live revision (to nothing, where there is none). `revision` is the newest one.

    Raises UserError for values that the chart refuses, NotFound for a version that is not there, Unavailable.
    """
    try:
        rendered = await reads.rendering.render(version=version, values=values, revision=revision, install=live is None)
    except Rejected as error:
        other = [f"/jhub upgrade check {version}"] if live and live.chart.version != version else []
        raise UserError(_in_a_sentence(str(error)), "/jhub config validate", *other) from None
    try:
        # Some hundred kilobytes of YAML: not on the event loop.
        return await asyncio.to_thread(_compared, live, rendered, values, reads.names.namespace)
    except ValueError:
        raise Unavailable("Helm", "rendered something that cannot be read") from None


def _in_a_sentence(refusal: str) -> str:
    """The chart's complaints, which helm lists below its name, one after the other."""
    return re.sub(r" - (?=[\w(])", "; ", re.sub(r": [\w.-]+: - ", ": ", refusal))


def _compared(live: Release | None, rendered: Rendered, values: Mapping[str, object], namespace: str) -> DryRun:
    before = objects(live.manifest if live else "", namespace)
    after, hooks = objects(rendered.manifest, namespace), objects(rendered.hooks, namespace)
    changes = compare(before, after)
    defaults = (live.defaults if live else {}, rendered.defaults)
    differences = value_differences(live.values if live else {}, values, defaults)
    # What a value means depends on what counts, the chart's own among it.
    counting = (
        value_differences(counting_of(live.values, live.defaults), counting_of(values, rendered.defaults))
        if live
        else ()
    )
    known = set(malformed(live.values, live.defaults)) if live else set()
    wrong = malformed(values, rendered.defaults)
    refused = tuple(f"{one}." for one in wrong if one.breaks and one not in known)
    told = tuple(f"{one}." for one in wrong if not one.breaks or one in known)
    of_objects = manifest_meaning.meaning(changes, hooks) if live else _first(after)
    becomes = Becomes(rendered.chart_version, values, rendered.defaults, after)
    return DryRun(
        values=differences,
        meaning=(*of_objects.lines, *value_meaning.told(counting)),
        warnings=(*told, *of_objects.warnings, *value_meaning.warned(counting)),
        migration=migration(live.chart.app_version, rendered.app_version) if live else (),
        objects=manifest_meaning.listed(changes),
        refused=(*refused, *refusals(changes)),
        interrupts=of_objects.interrupts,
        digest=after.digest(),
        impacts=impacts(live, becomes, before, changes) if live else (),
    )


def _first(made: Objects) -> manifest_meaning.Meaning:
    """A first installation interrupts nobody: how much is made says enough."""
    return manifest_meaning.Meaning((f"{len(made.found) + len(made.secrets)} objects are created.",))


def migration(before: str, after: str) -> tuple[str, ...]:
    """What the step from one JupyterHub to another does to the hub's database: nothing within a minor version.

    z2jh starts the hub with `--upgrade-db`, which changes its tables at once and cannot change them back.
    """
    old, new = _MINOR.match(before), _MINOR.match(after)
    if old is None or new is None or old.groups() == new.groups():
        return ()
    if (int(new[1]), int(new[2])) < (int(old[1]), int(old[2])):
        text = f"JupyterHub goes back from {before} to {after}, but its database does not: the hub may not start."
        return (f"{text} Only a backup of the database from before would help.",)
    text = f"JupyterHub {before} → {after}: the hub migrates its database at its first start."
    return (f"{text} The only way back is a backup of it made before.",)
