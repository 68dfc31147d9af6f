"""Check of the users' pool: the autoscaler is on, unless somebody holds the pool on purpose."""

from clients.azure.aks import Cluster
from commands.diagnostics.checks.readings import Check, CheckResult, Readings, passed, unwrap, warning
from commands.nodes.auto_provisioning import kind_in_words, provisions
from commands.nodes.pools import is_for_users, remembered_size


def judge(readings: Readings) -> CheckResult:
    """Judge each of the users' pools."""
    pools = unwrap(readings.pools)
    if pools is None:
        return passed("not checked: Azure is not configured")
    cluster = readings.cluster
    if isinstance(cluster, Cluster) and provisions(cluster):
        return passed(f"none beside {kind_in_words(cluster)}, which gives nodes as pods need them")
    off = [pool for pool in pools if is_for_users(pool) and not pool.autoscaled]
    if not off:
        ranges = [f"{one.name} {one.minimum}–{one.maximum}" for one in pools if is_for_users(one)]
        return passed(", ".join(ranges) or "there is no pool for users")
    first = off[0]
    if remembered_size(first):
        return warning(f"{first.name} is fixed at {first.count} nodes", f"/jhub scale up --pool {first.name}")
    return warning(
        f"{first.name} stays at {first.count} nodes: its autoscaler is off",
        f"/jhub autoscale {first.name} 0 5",
    )


CHECK = Check(80, "Autoscaler", judge)
