"""What lies between the live chart and another version of it: read once, judged by `commands.chart.hazards`."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from clients.errors import Unavailable
from clients.helm import ChartFiles, Release
from commands.chart.hazard import Crossing, Edition, Hazard, Homes
from commands.chart.hazards import hazards
from commands.chart.support_dates import parsed
from commands.chart.value_fixes import Mended, mended
from commands.framework.errors import UserError
from commands.framework.partial_results import attempt
from commands.kubernetes.components import USER_SERVER
from commands.ports.context import Reads
from commands.storage.claim_names import Scheme, scheme
from commands.storage.homes import STORAGE
from commands.values.base import starting


@dataclass(frozen=True)
class Outlook:
    """From one edition to another: the hazards, the worst first, and what of the values the bot can put right."""

    here: Edition
    there: Edition
    hazards: tuple[Hazard, ...]
    mended: Mended = field(repr=False)

    @property
    def blocking(self) -> tuple[Hazard, ...]:
        """What an upgrade must not begin with."""
        return tuple(one for one in self.hazards if one.blocks)


async def outlook(reads: Reads, chart: ChartFiles, values: Mapping[str, object] | None = None) -> Outlook:
    """The way to that chart, with the values that an upgrade would start from unless others are given.

    Raises UserError where there is no release, Unavailable where the release or the values cannot be read. What else
    does not answer is said among the hazards.
    """
    live = await live_release(reads)
    if values is None:
        values = (await starting(reads)).values
    servers, kubernetes, homes = await asyncio.gather(_servers(reads), _kubernetes(reads), _homes(reads))
    way = Crossing(
        here=Edition(live.chart.version, live.chart.app_version),
        there=Edition(chart.version, chart.app_version),
        values=values,
        defaults=chart.values,
        wanted=chart.kubernetes,
        kubernetes=kubernetes,
        servers=servers,
        homes=homes,
    )
    done = mended(values, live.chart.version, chart.version)
    return Outlook(way.here, way.there, await asyncio.to_thread(hazards, way, chart), done)


async def live_release(reads: Reads) -> Release:
    """The revision whose chart counts as the present one. Raises UserError where there is none, Unavailable."""
    live = await reads.releases.deployed() or await reads.releases.current()
    if live is None:
        raise UserError(f"There is no release “{reads.names.release}”, so there is nothing to upgrade.")
    return live


async def _servers(reads: Reads) -> int | None:
    pods = await attempt("Kubernetes", reads.kube.pods(f"component={USER_SERVER}"))
    return None if isinstance(pods, Unavailable) else sum(not pod.terminating for pod in pods)


async def _kubernetes(reads: Reads) -> str:
    """The newest that a node runs: the API server is never older."""
    nodes = await attempt("Kubernetes", reads.kube.nodes())
    versions = [] if isinstance(nodes, Unavailable) else [node.version for node in nodes if parsed(node.version)]
    return max(versions, key=lambda one: parsed(one) or (0, 0, 0), default="")


async def _homes(reads: Reads) -> Homes | None:
    found = await attempt("Kubernetes", _counted(reads))
    return None if isinstance(found, Unavailable) else found


async def _counted(reads: Reads) -> Homes:
    """A page at a time: there may be twenty thousand. A name of neither scheme was made by a template that changes."""
    every = old = 0
    async for page in reads.kube.claim_pages():
        homes = [one for one in page if one.user and one.component == STORAGE]
        every += len(homes)
        old += sum(scheme(one.name, one.user, one.server) in (Scheme.OLD, Scheme.OTHER) for one in homes)
    return Homes(every, old)
