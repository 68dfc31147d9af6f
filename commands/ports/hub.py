"""What commands may ask of the JupyterHub."""

from typing import Protocol

from clients.hub import HubUser


class HubReads(Protocol):
    """What commands ask of the hub. Every method raises Unavailable."""

    async def version(self) -> str:
        """JupyterHub's version."""

    async def users(self, state: str | None = None) -> list[HubUser]:
        """The users in a state: active, ready, inactive; None for all."""

    async def user(self, name: str) -> HubUser:
        """One user, by the hub's exact name. Raises NotFound."""


class HubWrites(Protocol):
    """What `apply` may ask of the hub. Every method raises Unavailable."""

    async def stop_server(self, user: str, server: str = "") -> bool:
        """Stop a server: True when it does not run (any more), False while it is stopping.

        Raises NotFound, and Rejected where the hub stops it neither now nor later.
        """
