"""The autoscaler of the users' pool: on, unless somebody holds the pool on purpose."""

from commands.diagnostics.checks.readings import Check, Line, Readings, doubtful, fine, told
from commands.nodes.pools import is_for_users, remembered_size


def judge(readings: Readings) -> Line:
    """Each of the users' pools."""
    pools = told(readings.pools)
    if pools is None:
        return fine("not checked: Azure is not configured")
    off = [pool for pool in pools if is_for_users(pool) and not pool.autoscaled]
    if not off:
        ranges = [f"{one.name} {one.minimum}–{one.maximum}" for one in pools if is_for_users(one)]
        return fine(", ".join(ranges) or "there is no pool for users")
    first = off[0]
    if remembered_size(first):
        return doubtful(f"{first.name} is fixed at {first.count} nodes", f"/jhub scale up --pool {first.name}")
    return doubtful(
        f"{first.name} stays at {first.count} nodes: its autoscaler is off",
        f"/jhub autoscale {first.name} 0 5",
    )


CHECK = Check(80, "Autoscaler", judge)
