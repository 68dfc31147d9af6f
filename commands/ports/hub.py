"""Interfaces to the JupyterHub."""

from datetime import timedelta
from typing import Protocol

from clients.hub import HubUser, SpawnCounts


class HubReads(Protocol):
    """Reads of the hub. Every method raises Unavailable."""

    async def version(self) -> str:
        """Return JupyterHub's version, such as "5.2.1"."""

    async def users(self, state: str | None = None) -> list[HubUser]:
        """Return the users in a state: "active" (with a server), "ready", "inactive"; None for all."""

    async def user(self, name: str) -> HubUser:
        """Return one user by the hub's exact name, with the servers that run, start or stop. Raise NotFound."""

    async def scopes(self) -> frozenset[str]:
        """Return the scopes of the bot's own token, those that others include among them; empty before JupyterHub 2."""

    async def spawns(self, within: timedelta) -> SpawnCounts | None:
        """Return how many starts the hub counted within that time, as far as this process has read its counters.

        None if the hub does not let the bot read them: that needs the scope `read:metrics`.
        """


class HubWrites(Protocol):
    """Changes of the hub, for `apply`. Every method raises Unavailable."""

    async def stop_server(self, user: str, server: str = "") -> bool:
        """Stop a server, the default one unless named. Return True once it is stopped, False while it stops.

        Raise NotFound, and Rejected where the hub stops it neither now nor later.
        """

    async def rename_user(self, user: str, name: str) -> str:
        """Give a user another name, and return it as the hub writes it.

        Groups, tokens, shares and what the spawner remembers stay. Raise NotFound, and Rejected where the hub refuses.
        """

    async def create_user(self, name: str) -> bool:
        """Create a user. Return False if the hub has one of that name. Raise Rejected."""

    async def delete_user(self, user: str) -> bool:
        """Delete a user, whose spawners delete the claims that they remember. Return False if there is none.

        Raise Rejected while a server of theirs stops.
        """

    async def join_group(self, group: str, user: str) -> bool:
        """Make a user a member of a group. Return False if the hub has no such group. Raise Rejected."""
