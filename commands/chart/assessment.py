"""The assessment of a chart upgrade: what is needed for it is read once, and judged by `commands.chart.hazards`."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from clients.errors import Unavailable
from clients.helm import ChartFiles, Release
from commands.chart.hazard import ChartUpgrade, Edition, Hazard, HomeCounts
from commands.chart.hazards import hazards
from commands.chart.value_fixes import ConvertedValues, converted
from commands.framework.errors import UserError
from commands.framework.partial_results import attempt
from commands.kubernetes.components import USER_SERVER
from commands.kubernetes.home_places import HomePlaces
from commands.ports.context import Reads
from commands.release.removed_apis import of_release
from commands.storage.homes import STORAGE
from commands.text.version_numbers import parsed
from commands.values.base import base_values
from commands.values.hub_check import hub_check
from commands.values.release_effects import places_of


@dataclass(frozen=True)
class UpgradeAssessment:
    """The assessment of an upgrade: the hazards, the worst first, and the values that the bot can convert."""

    here: Edition
    there: Edition
    hazards: tuple[Hazard, ...]
    converted: ConvertedValues = field(repr=False)

    @property
    def blocking(self) -> tuple[Hazard, ...]:
        """The hazards that an upgrade must not begin with."""
        return tuple(one for one in self.hazards if one.blocks)


async def assess_upgrade(
    reads: Reads, chart: ChartFiles, values: Mapping[str, object] | None = None
) -> UpgradeAssessment:
    """Assess the upgrade to that chart, with the values an upgrade would start from unless others are given.

    Raise UserError if there is no release, Unavailable if the release or the values cannot be read. Other systems that
    do not answer are mentioned among the hazards.
    """
    live = await live_release(reads)
    if values is None:
        values = (await base_values(reads)).values
    before = places_of(live.values, live.defaults, live.chart.version)
    after = places_of(values, chart.values, chart.version)
    servers, kubernetes, homes = await asyncio.gather(_servers(reads), _kubernetes(reads), _homes(reads, before, after))
    removed = await of_release(live)
    upgrade = ChartUpgrade(
        here=Edition(live.chart.version, live.chart.app_version),
        there=Edition(chart.version, chart.app_version),
        values=values,
        defaults=chart.values,
        wanted=chart.kubernetes,
        kubernetes=kubernetes,
        servers=servers,
        homes=homes,
        removed=None if isinstance(removed, Unavailable) else removed,
    )
    done = converted(values, live.chart.version, chart.version)
    checked = await hub_check(reads, done.values, chart.values, chart.app_version)
    found = await asyncio.to_thread(hazards, upgrade, chart, checked)
    return UpgradeAssessment(upgrade.here, upgrade.there, found, done)


async def live_release(reads: Reads) -> Release:
    """Return the revision with the present chart. Raise UserError if there is none, Unavailable."""
    live = await reads.releases.deployed() or await reads.releases.current()
    if live is None:
        raise UserError(f"There is no release “{reads.names.release}”, so there is nothing to upgrade.")
    return live


async def _servers(reads: Reads) -> int | None:
    pods = await attempt("Kubernetes", reads.kube.pods(f"component={USER_SERVER}"))
    return None if isinstance(pods, Unavailable) else sum(not pod.terminating for pod in pods)


async def _kubernetes(reads: Reads) -> str:
    """Return the newest version that a node runs: the API server is never older."""
    nodes = await attempt("Kubernetes", reads.kube.nodes())
    versions = [] if isinstance(nodes, Unavailable) else [node.version for node in nodes if parsed(node.version)]
    return max(versions, key=lambda one: parsed(one) or (0, 0, 0), default="")


async def _homes(reads: Reads, before: HomePlaces, after: HomePlaces) -> HomeCounts | None:
    found = await attempt("Kubernetes", _counted(reads, before, after))
    return None if isinstance(found, Unavailable) else found


async def _counted(reads: Reads, before: HomePlaces, after: HomePlaces) -> HomeCounts:
    """Count the homes, page by page: there may be twenty thousand.

    A home counts as moved too if its present place, or its next one, cannot be told.
    """
    every = moved = 0
    async for page in reads.kube.claim_pages():
        homes = [one for one in page if one.user and one.component == STORAGE]
        every += len(homes)
        moved += sum(_moves(one.user, one.server, before, after) for one in homes)
    return HomeCounts(every, moved)


def _moves(user: str, server: str, before: HomePlaces, after: HomePlaces) -> bool:
    now = before.place(user, server)
    return now is None or now != after.place(user, server)
