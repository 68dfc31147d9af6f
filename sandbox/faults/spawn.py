"""Servers that start from now on and do not work: they crash, or what a notebook in them needs does not answer."""

from sandbox.faults.servers import stop_stuck
from sandbox.jupyterhub.kernels import Troubles
from sandbox.jupyterhub.users import HubUsers
from sandbox.kubelet.programs import CRASH, UNREADY

HOWS = ("crash", "kernel", "channels", "home", "package")
_TROUBLES = {
    "kernel": Troubles(kernels_hang=True),
    "channels": Troubles(is_without_channels=True),
    "home": Troubles(home_is_readonly=True),
    "package": Troubles(missing="croissance"),
}
NOTE = "Servers that run stay as they are; “/jhub test” starts one."


def begin(users: HubUsers, how: str) -> list[str]:
    """Let servers that start now be so. Return no names: nobody starts one."""
    # A server that crashes never answers the hub, which waits for that.
    users.plants = dict.fromkeys((CRASH, UNREADY), "true") if how == "crash" else {}
    users.kernels.troubles = _TROUBLES.get(how, Troubles())
    return []


def heal(users: HubUsers) -> list[str]:
    """Let servers start and work. Return the users whose stuck servers were stopped."""
    users.plants = {}
    users.kernels.troubles = Troubles()
    return stop_stuck(users)
