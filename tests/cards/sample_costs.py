"""What a month cost by person and by pool, the week's report with its bars, and the alert about the budget."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from bot.alerts.card import card
from bot.alerts.lifecycle import begun
from bot.alerts.watchers.budget import WATCHER, look
from cards.views import View
from commands.diagnostics import report
from commands.framework.argument_types import Age
from commands.nodes import cost
from commands.nodes.arguments import Days, Division
from commands.ports.azure import NodeHours, PoolObservation
from commands.ports.usage import DayOfNodes, HubUsage
from tests.commands.nodes.used import D4, E8, PRICES, RULES, home, nodes, server
from tests.world import NOW, Cost, World, user

_NAMES = (
    "alex.wilber@example.org",
    "ada.ågård@example.org",
    "anna-katharina.freifrau-von-droste-huelshoff@mathematics.example.org",
    "isaiah.langer@example.org",
    "left.last.year@example.org",
)
_POOLS = ((E8, "users", "431.5"), (D4, "core", "718"))
_RULES = replace(RULES, budget=Decimal(420), quota_hours=Decimal(150))


def _used(hours: int) -> HubUsage:
    """Return a month of few people; on weekends there is one node."""
    days = [(NOW.date() - timedelta(days=ago), 1 if ago % 7 in (1, 2) else 1 + ago % 4) for ago in range(29, -1, -1)]
    each = [
        DayOfNodes(
            day,
            (nodes(0, 0, 24, size=D4, pool="core"), nodes(Decimal("5.5") * count, Decimal("18.5") * count)),
        )
        for day, count in days
    ]
    servers = [
        server(name, 171 - 40 * place, Decimal(92) / (place + 1), ("large", "", "small")[place % 3])
        for place, name in enumerate(_NAMES[:4])
    ]
    return HubUsage(NOW - timedelta(days=90), Decimal(hours), 30, tuple(servers), tuple(map(home, _NAMES)), tuple(each))


def _world() -> World:
    pools = tuple(PoolObservation(pool, size, Decimal(hours), Decimal(), Decimal()) for size, pool, hours in _POOLS)
    seen = NodeHours(NOW - timedelta(days=90), Decimal(705), pools)
    users = [
        replace(user(name), groups=("geo-course", "physics")[: place % 3]) for place, name in enumerate(_NAMES[:4])
    ]
    return World(users=users, cost=Cost(seen, seen, prices=PRICES, usage=_used(690), rules=_RULES))


def _shown(by: str | None) -> View:
    args = cost.Args(Division(by), Days("30")) if by else cost.Args()
    return asyncio.run(cost.run(args, _world().reads))


def _alert() -> View:
    (finding,) = [one for one in asyncio.run(look(_world().reads)) if one.key.startswith("budget")]
    return card(begun("a1b2c3d4", finding, WATCHER, NOW), NOW)


COSTS: dict[str, View] = {
    "cost-by-user": _shown("user"),
    "cost-by-group": _shown("group"),
    "cost-pools": _shown(None),
    "cost-report": asyncio.run(report.run(report.Args(Age("30d")), _world().reads)),
    "alert-budget": _alert(),
}
