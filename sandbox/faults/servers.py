"""Servers that people start while something is broken, and their end."""

from itertools import islice

from sandbox.jupyterhub.users import HubUsers, User


def start(users: HubUsers, count: int = 2) -> list[str]:
    """Let `count` users without a server start one, fewer if there are fewer. Return their names."""
    idle = list(islice((user for user in users.all() if _may_start(user)), count))
    for user in idle:
        users.start(user)
    return [user.name for user in idle]


def stop_stuck(users: HubUsers) -> list[str]:
    """Stop every server that has not become ready. Return the names of their users."""
    stuck = [(user, one) for user in users.all() for one in user.servers.values() if not users.is_ready(one)]
    for _, server in stuck:
        users.stop(server)
    return [user.name for user, _ in stuck]


def _may_start(user: User) -> bool:
    # Someone with an old home may wait for a claim of either scheme: that is another trouble.
    return not user.servers and not user.admin and not user.old_scheme
