"""The making of room: the pool's least number of nodes is raised, and its nodes pull the image."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from clients.azure.aks import Pool
from clients.errors import Conflict, NotFound, Unavailable
from commands.events.arguments import EventName
from commands.events.demand import server_of
from commands.events.found import event_of
from commands.events.pool_hold import is_same, limit_of, own_size, raised, tags_for
from commands.events.sizing import estate_of, need_of, servers_of
from commands.framework.command import Steps
from commands.framework.errors import UserError
from commands.framework.polling import until
from commands.images.pull import Pulled, pull
from commands.nodes.azure_operations import azure_writes, pool_settled, wait_for_azure
from commands.nodes.pools import PoolSize, azure, is_for_users, nodes_in_words, size_of
from commands.nodes.scaling_plan import PATIENCE
from commands.ports.context import Reads
from commands.ports.events import PlannedEvent

# Whoever changes the pool at the same moment is done by then.
_TRIES: Final = 5


@dataclass(frozen=True)
class PoolTarget:
    """The setting that a pool's events want of it: its `own` one where there are none.

    `short` is a sentence on why it is fewer nodes than they need, empty where it is not.
    """

    own: PoolSize
    size: PoolSize
    short: str = ""


async def target_of(pool: Pool, events: Sequence[PlannedEvent], reads: Reads) -> PoolTarget:
    """Return the setting for these events together, as far as was agreed on and Azure's quota goes. Raise UserError."""
    own = own_size(pool)
    if not events:
        return PoolTarget(own, own)
    need = need_of(events, await servers_of(events, reads), await estate_of(pool, reads))
    agreed, quota = max(limit_of(pool, reads), *(event.nodes for event in events)), await _quota(pool, reads)
    short = _short(need.nodes, agreed, quota)
    return PoolTarget(own, raised(own, min(need.nodes, agreed, need.nodes if quota is None else quota)), short)


async def _quota(pool: Pool, reads: Reads) -> int | None:
    """Return how many nodes Azure's quota lets the pool have; None where that is not known."""
    if reads.quotas is None:
        return None
    try:
        quota = await reads.quotas.quota((await azure(reads).cluster()).location, pool.size)
    except (NotFound, Unavailable):
        return None
    return None if quota.machines is None else pool.count + quota.machines


def _short(wanted: int, agreed: int, quota: int | None) -> str:
    if quota is not None and quota < min(wanted, agreed):
        return (
            f"It takes {nodes_in_words(wanted)}, and Azure’s quota allows no more than {quota}: have it raised (Azure "
            "portal, Quotas)."
        )
    if agreed < wanted:
        return (
            f"By now it takes {nodes_in_words(wanted)}, and no more than {agreed} were agreed on: remove the event and "
            "add it again to have more."
        )
    return ""


def beside(name: str, pool: str, events: Sequence[PlannedEvent]) -> list[PlannedEvent]:
    """Return the other events that hold the pool: once they are opened and until they are removed, however late."""
    return [event for event in events if event.pool == pool and event.name != name and event.opened]


@dataclass(frozen=True)
class RaisedPool:
    """What was asked of Azure: the token to wait with, empty where there is nothing to wait for.

    `text` is the pool's setting in words, `least` how many nodes it keeps, `short` why these are too few, if they are.
    """

    token: str
    text: str
    least: int
    short: str


async def make_room(name: str, do: Steps) -> RaisedPool:
    """Ask Azure for the event's nodes, unless the pool keeps as many already. Raise UserError, Conflict, Rejected."""
    for tried in range(_TRIES):
        try:
            return await _make_room(name, do)
        except Conflict:
            if tried == _TRIES - 1:
                raise
    raise AssertionError("unreachable")


async def _make_room(name: str, do: Steps) -> RaisedPool:
    events = await do.reads.events.all()
    event = await event_of(EventName(name), do.reads, "event start")
    pool = await azure(do.reads).pool(event.pool)
    await do.writes.events.open(event.name, do.now())
    target = await target_of(pool, [*beside(event.name, pool.name, events), event], do.reads)
    size = gently(pool, target.size)
    token = await put(pool, replace(target, size=size), do)
    return RaisedPool(token, size.text, target.size.count, target.short)


def gently(pool: Pool, size: PoolSize) -> PoolSize:
    """Return the setting with as many nodes allowed as there are: Azure takes nodes beyond it, whoever works there."""
    if size.minimum is None or size.maximum is None:
        return PoolSize(None, None, max(size.count, pool.count))
    return replace(size, maximum=max(size.maximum, pool.count))


async def put(pool: Pool, target: PoolTarget, do: Steps) -> str:
    """Set the pool and its tag in one write. Return the token to wait with, empty where both are so already."""
    tags, size = tags_for(pool, target.own, target.size), target.size
    if is_same(size, size_of(pool)) and tags == pool.tags and pool.state != "Failed":
        return ""
    if size.minimum is None or size.maximum is None:
        return await azure_writes(do).scale(pool, size.count, tags)
    return await azure_writes(do).autoscale(pool, size.minimum, size.maximum, pool.count, tags)


async def wait_for_pool(pool: str, token: str, do: Steps) -> None:
    """Wait until Azure has finished, also if a crash lost the token. Raise Rejected if Azure failed."""
    await wait_for_azure(token, pool_settled(pool, do), do, within=PATIENCE)


async def wait_for_nodes(pool: str, least: int, do: Steps) -> int:
    """Wait until so many nodes of the pool are ready. Return how many are, also when patience ends."""
    await until(partial(_enough, pool, least, do), do, seconds=PATIENCE)
    return await _ready(pool, do)


async def _enough(pool: str, least: int, do: Steps) -> bool | None:
    ready = await _ready(pool, do)
    do.tell(f"{ready} of {nodes_in_words(least)} ready in {pool}")
    return ready >= least or None


async def _ready(pool: str, do: Steps) -> int:
    return sum(node.ready and node.schedulable for node in await do.reads.kube.nodes() if node.pool == pool)


async def pull_image(profile: str, pool: str, do: Steps) -> Pulled:
    """Have the nodes pull the image of such servers. What goes wrong is in the result: people can wait for it."""
    try:
        its = await azure(do.reads).pool(pool)
        image = (await server_of(profile, do.reads)).image
        return await pull(image, is_for_users(its), do)
    except (UserError, Unavailable) as error:
        return Pulled(problem=str(error))
