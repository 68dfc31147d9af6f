"""`/sandbox past`: weeks of use by the people of the sandbox, so that there is something to add up in a demonstration.

It is made up from the hub as it is now: the same homes, and everybody at work for some hours of each weekday, on nodes
that are fewer at night. The bot's own samples go on from there.
"""

import asyncio
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.jobs.daily_cleanup import NOBODY
from bot.jobs.usage_look import PARTS, NodeLook, ServerLook, UsageLook, usage_look
from bot.wiring.hub import HubServices
from cards.views import Notice, View

_LONGEST: Final = 60
_DAYS: Final = re.compile(r"[0-9]{1,2}")
_HOURS: Final = 24
_SAMPLES_AN_HOUR: Final = 12
# Of the people, how many are at work in an hour of the day, on a weekday.
_MORNING, _EVENING, _AT_WORK = 8, 18, 0.35
_ELSE: Final = 0.04
_SATURDAY: Final = 5
_PROFILES: Final = ("", "", "large")


async def invent_past(hubs: Iterable[HubServices], typed: str) -> View:
    """Store so many days of use before now, and say so. Raise ValueError for what is no number of days, Unavailable."""
    if not (_DAYS.fullmatch(typed) and 1 <= int(typed) <= _LONGEST):
        raise ValueError(f"“{typed}” is not a number of days: type one from 1 to {_LONGEST}")
    await asyncio.gather(*(_invent(hub, int(typed)) for hub in hubs))
    words = "It is made up: see it with “/jhub cost --by user” and “/jhub report --since 14d”."
    return Notice(f"The bot’s records have {typed} days of use", words)


async def _invent(hub: HubServices, days: int) -> None:
    reads = hub.context.reads(NOBODY)
    pods, nodes, claims, users = await asyncio.gather(
        reads.kube.pods(), reads.kube.nodes(), reads.kube.claims(), reads.hub.users()
    )
    look, people = usage_look(pods, nodes, {}, claims), sorted(user.name for user in users)
    hour = reads.now.replace(minute=0, second=0, microsecond=0)
    await hub.context.costs.usage.invent(list(_past(look, people, hour, days)))


def _past(
    look: UsageLook, people: Sequence[str], until: datetime, days: int
) -> Iterator[tuple[datetime, UsageLook, int]]:
    share = max((one.share for one in look.servers), default=PARTS // 60)
    size = next((one.size for one in look.servers), "")
    for hours in range(days * _HOURS, 0, -1):
        moment = until - timedelta(hours=hours)
        chance = random.Random(f"{moment:%F %H}")  # noqa: S311 - a made-up past
        busy = _is_busy(moment)
        at_work = [name for name in people if chance.random() < (_AT_WORK if busy else _ELSE)]
        servers = tuple(ServerLook(name, _PROFILES[len(name) % 3], size, share) for name in at_work)
        nodes = tuple(
            _with(pool, len(servers) * share, busy=busy) if pool.size == size else pool for pool in look.nodes
        )
        yield moment, replace(look, servers=servers, nodes=nodes), _SAMPLES_AN_HOUR


def _is_busy(moment: datetime) -> bool:
    return moment.weekday() < _SATURDAY and _MORNING <= moment.hour < _EVENING


def _with(pool: NodeLook, used: int, *, busy: bool) -> NodeLook:
    """Return the pool with the nodes that it has now, one when few people work, or as many as it takes."""
    nodes = max(pool.nodes if busy else 1, -(-used // PARTS))
    return replace(pool, nodes=nodes, used=used, idle=nodes * PARTS - used)
