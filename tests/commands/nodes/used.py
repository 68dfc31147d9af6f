"""Use of servers, homes and nodes as the bot recorded it, for tests of what is made of it."""

from datetime import timedelta
from decimal import Decimal

from commands.ports.usage import CostRules, DayOfNodes, DiskPrice, HomeUse, HubUsage, NodeUse, ServerUse
from tests.world import NOW

E8, D4 = "Standard_E8s_v5", "Standard_D4s_v5"
PRICES = {E8: Decimal("0.5"), D4: Decimal("0.2")}
DISKS = {"managed-csi": DiskPrice(tiers=((8, Decimal("0.73")), (16, Decimal("1.46"))))}
RULES = CostRules(disks=DISKS)


def server(user, hours, node_hours, profile="", size=E8):
    return ServerUse(user, profile, size, Decimal(hours), Decimal(node_hours))


def home(user, days=30, gib=10, storage_class="managed-csi"):
    return HomeUse(user, storage_class, gib, days)


def nodes(used=0, idle=0, other=0, size=E8, pool="users"):
    used, idle, other = map(Decimal, (used, idle, other))
    return NodeUse(pool, size, used + idle + other, used, idle)


def usage(*servers, homes=(), each=(), hours=720, home_days=30, began=None, day=None):
    """Return use of 30 days that were recorded whole, of which all nodes are on one day."""
    days = (DayOfNodes(day or NOW.date(), tuple(each)),) if each else ()
    return HubUsage(began or NOW - timedelta(days=60), Decimal(hours), home_days, servers, tuple(homes), days)
