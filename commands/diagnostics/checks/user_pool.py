"""Check of the pool for users' servers: the label by which they find it, and the taint that keeps others away."""

from collections.abc import Sequence

from clients.azure.aks import Pool
from commands.diagnostics.checks.readings import Check, CheckResult, Readings, failed, passed, unwrap, warning
from commands.nodes.auto_provisioning import kind_in_words, provisions
from commands.nodes.pools import PURPOSE, TAINT, is_for_users
from commands.nodes.user_capacity import Shortage, shortage


def judge(readings: Readings) -> CheckResult:
    """Judge the pool by Azure if it is configured, else by the nodes that exist."""
    pools = unwrap(readings.pools)
    if pools is None:
        there = any(node.purpose == "user" for node in unwrap(readings.nodes))
        label = f"no node has the label {PURPOSE}=user"
        return passed("there are nodes for users") if there else warning(label, "Label the users' nodes")
    users = [pool for pool in pools if is_for_users(pool)]
    cluster = unwrap(readings.cluster) if not users else None
    if cluster is not None and provisions(cluster):
        return passed(f"not checked: the nodes come from {kind_in_words(cluster)}")
    if not users:
        return failed(f"no pool has the label {PURPOSE}=user", "/jhub pool create users")
    return _of_pools(users, shortage(pools, readings.cluster, readings.live, readings.nodes))


def _of_pools(users: Sequence[Pool], short: Shortage | None) -> CheckResult:
    open_ones = [pool.name for pool in users if TAINT not in pool.taints]
    if open_ones:
        return warning(f"{', '.join(open_ones)} has no taint {TAINT}", "/jhub pool create")
    bad = [pool for pool in users if pool.state == "Failed"]
    if bad:
        return failed(f"{bad[0].name} is in state Failed", "/jhub nodes")
    if short:
        return warning(short.words, short.step.line)
    return passed(f"{', '.join(pool.name for pool in users)}, with label and taint")


CHECK = Check(70, "Users' pool", judge)
