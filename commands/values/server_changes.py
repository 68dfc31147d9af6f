"""What a change of the values does to starts of servers: what would be refused that is not refused now."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from clients.helm import Release
from commands.ports.context import Reads
from commands.values.node_rooms import Rooms, rooms_of
from commands.values.schema_errors import effective_values
from commands.values.server_admission import RefusedServers, ServerReview, review_servers
from commands.values.spawner_config import Installation


@dataclass(frozen=True)
class ServersAfter:
    """`lines` are sentences for a plan; `refused` says that nobody could start a server, where that is certain."""

    lines: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


async def review_change(
    reads: Reads,
    live: Release | None,
    values: Mapping[str, object],
    chart: tuple[str, str],
    rooms: Rooms | None = None,
) -> ServersAfter:
    """Review the servers of `values`, merged with the defaults of the chart of that name and version. Raise nothing."""
    rooms = await rooms_of(reads) if rooms is None else rooms
    after = await review_servers(reads, values, _here(reads, chart), rooms)
    before = ServerReview()
    if after.found and live:
        its = effective_values(live.values, live.defaults)
        before = await review_servers(reads, its, _here(reads, (live.chart.name, live.chart.version)), rooms)
    known = {one.words for one in before.found}
    new = [one for one in after.found if one.words not in known]
    certain = [one for one in new if _is_certain(one, after)]
    if certain:
        return ServersAfter((), tuple(one.line for one in certain))
    return ServersAfter(tuple(_lines(after, known)))


def _here(reads: Reads, chart: tuple[str, str]) -> Installation:
    return Installation(reads.names.release, reads.names.namespace, *chart)


def _is_certain(one: RefusedServers, review: ServerReview) -> bool:
    """Return True if nobody could start a server, whatever the hub's own code does, which is none."""
    return one.stops and one.lasts and not one.names and not review.unjudged


def _lines(review: ServerReview, known: set[str]) -> Iterator[str]:
    for one in sorted(review.found, key=lambda found: found.words in known):
        yield f"As in the live revision: {one.line}" if one.words in known else one.line
    # Code that does not speak of starts is told of beside something else that is said of servers, not in each plan.
    untold = review.unjudged if review.found else tuple(one for one in review.unjudged if one not in review.aside)
    if untold:
        yield f"Not judged by Kubernetes beforehand: {'; '.join(untold)}."
