"""Servers that people start just when something is broken, and their end."""

from itertools import islice

from sandbox.jupyterhub.users import HubUsers, User


def start(users: HubUsers, count: int = 2) -> list[str]:
    """Have so many users start a server who have none; their names. Fewer where fewer have none."""
    idle = list(islice((user for user in users.all() if _may_start(user)), count))
    for user in idle:
        users.start(user)
    return [user.name for user in idle]


def stop_stuck(users: HubUsers) -> list[str]:
    """Have the hub give up on every server that has not become ready; whose they were."""
    stuck = [(user, one) for user in users.all() for one in user.servers.values() if not users.is_ready(one)]
    for _, server in stuck:
        users.stop(server)
    return [user.name for user, _ in stuck]


def _may_start(user: User) -> bool:
    # Someone with an old home may wait for a claim of either scheme: that is another trouble.
    return not user.servers and not user.admin and not user.old_scheme
