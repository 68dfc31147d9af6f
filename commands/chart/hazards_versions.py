"""Hazards of the versions themselves: the hub's database, downgrades, Kubernetes, the image, unknown versions.

Sources: Zero to JupyterHub's docs/source/administrator/upgrading/ and Chart.yaml (`appVersion`, `kubeVersion`) of 1.1.3
to 4.4.0, and values.schema.yaml of 4.4.0 for `hub.db`.
"""

import re
from collections.abc import Iterator
from typing import Final

from commands.chart.hazard import ChartUpgrade, Edition, Hazard, HazardSeverity
from commands.release import removed_apis
from commands.release.hub_database import WAY_BACK, cannot_go_back, going_back
from commands.text.version_numbers import parsed

# The newest chart whose upgrade notes are covered here, and its major version.
NEWEST: Final = Edition("4.4.0", "5.5.0")
KNOWN: Final = NEWEST.numbers[0]
_LEAST: Final = re.compile(r">=\s*v?(\d+)\.(\d+)")


def hazards(upgrade: ChartUpgrade) -> Iterator[Hazard]:
    """Yield the hazards that follow from the two versions."""
    yield from _record(upgrade)
    if upgrade.is_downgrade:
        yield _downgrade(upgrade)
        return
    yield from _database(upgrade)
    yield from _kubernetes(upgrade)
    yield from _several(upgrade)
    if upgrade.there.numbers[0] > max(KNOWN, upgrade.here.numbers[0]):
        yield Hazard(
            "unknown-major",
            HazardSeverity.SERIOUS,
            f"Chart {upgrade.there.numbers[0]} is newer than those the bot knows",
            f"The bot knows the hazards up to chart {KNOWN}. Read the upgrade notes and try it on a test hub.",
        )


def _downgrade(upgrade: ChartUpgrade) -> Hazard:
    here, there = upgrade.here.app_version, upgrade.there.app_version
    crosses = cannot_go_back(here, there)
    return Hazard(
        "downgrade",
        HazardSeverity.SERIOUS if crosses else HazardSeverity.WARNING,
        f"Chart {upgrade.there.version} is older than the live one",
        going_back(here, there) or f"JupyterHub stays at {there}. Nobody tests that way.",
        blocks=crosses,
        remedy=WAY_BACK if crosses else "",
    )


def _database(upgrade: ChartUpgrade) -> Iterator[Hazard]:
    if not 0 < upgrade.here.hub < upgrade.there.hub:
        return
    kind = upgrade.effective("hub", "db", "type") or "sqlite-pvc"
    step = f"JupyterHub goes from {upgrade.here.app_version} to {upgrade.there.app_version} and migrates its database"
    if str(kind).startswith("sqlite"):
        memory = kind == "sqlite-memory"
        text = f"{step}, which cannot be undone. It first makes a copy next to it on its volume (hub-db-dir)."
        yield Hazard(
            "database",
            HazardSeverity.NOTE if memory else HazardSeverity.WARNING,
            "The hub’s database is migrated irreversibly",
            f"{step}; it is in memory, so nothing is lost that a restart would not lose too." if memory else text,
            remedy="" if memory else "A rollback to this chart needs that copy: also take a snapshot of hub-db-dir.",
        )
    else:
        yield _foreign_database(upgrade, step)
    yield Hazard(
        "image",
        HazardSeverity.WARNING if upgrade.here.hub < 2 <= upgrade.there.hub else HazardSeverity.NOTE,  # noqa: PLR2004
        "The users’ image must fit the new JupyterHub",
        f"Its jupyterhub package should have version {upgrade.there.hub}; servers that run keep working at most until "
        "their next start.",
    )


def _foreign_database(upgrade: ChartUpgrade, step: str) -> Hazard:
    enabled = upgrade.effective("hub", "db", "upgrade") is True
    return Hazard(
        "database",
        HazardSeverity.WARNING if enabled else HazardSeverity.SERIOUS,
        "The hub’s database is migrated irreversibly" if enabled else "The hub would not start on its old database",
        f"{step}, which is not SQLite: the hub does not copy it first. "
        + ("Remove hub.db.upgrade again afterwards." if enabled else "It does so only if told to."),
        blocks=not enabled,
        remedy="Make a backup of the database first."
        if enabled
        else "After a backup: /jhub config set hub.db.upgrade true",
    )


def _kubernetes(upgrade: ChartUpgrade) -> Iterator[Hazard]:
    least, nodes = _LEAST.search(upgrade.wanted), parsed(upgrade.kubernetes)
    if least is None:
        return
    wanted = (int(least[1]), int(least[2]))
    if nodes is None:
        text = f"The chart needs {wanted[0]}.{wanted[1]}; the nodes’ version is unknown."
        yield Hazard("kubernetes", HazardSeverity.NOTE, "The cluster's Kubernetes version is unknown", text)
    elif nodes[:2] < wanted:
        yield Hazard(
            "kubernetes",
            HazardSeverity.SERIOUS,
            f"Kubernetes {wanted[0]}.{wanted[1]} is needed",
            f"The nodes run {upgrade.kubernetes}; helm refuses this chart on a cluster before {wanted[0]}.{wanted[1]}.",
            blocks=True,
            remedy="Upgrade the cluster first, one minor version at a time: /jhub cluster upgrade",
        )


def _record(upgrade: ChartUpgrade) -> Iterator[Hazard]:
    """Yield what helm makes of its record of the live revision, whichever chart it goes to."""
    if upgrade.removed is None:
        title = "Whether helm can still change the release is not known"
        yield Hazard("record", HazardSeverity.NOTE, title, "The manifest in its record cannot be read.")
    elif gone := removed_apis.gone_in(upgrade.removed, upgrade.kubernetes):
        yield Hazard(
            "record",
            HazardSeverity.SERIOUS,
            "Helm cannot change this release any more",
            f"Its record of the live revision has {removed_apis.named(gone)}, and the nodes run {upgrade.kubernetes}: "
            "helm gives up at it whichever chart comes next.",
            blocks=True,
            remedy=removed_apis.WAY_OUT,
        )
    elif upgrade.removed:
        yield Hazard(
            "record",
            HazardSeverity.WARNING,
            "Deploy before the cluster’s Kubernetes is upgraded",
            f"Helm's record of the live revision has {removed_apis.named(upgrade.removed)}. From that version on helm "
            "cannot change the release; a deployment before it replaces the record.",
            remedy="Afterwards, ask again: what is still named then, the new chart has too.",
        )


def _several(upgrade: ChartUpgrade) -> Iterator[Hazard]:
    here, there = upgrade.here.numbers[0], min(upgrade.there.numbers[0], KNOWN)
    if there - here > 1:
        over = " and ".join(str(one) for one in range(here + 1, there))
        yield Hazard(
            "several-majors",
            HazardSeverity.WARNING,
            f"The upgrade skips chart {over}",
            "All their changes come at once. That is possible, but few try it: try it on a test hub.",
        )
