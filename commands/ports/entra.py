"""What commands may ask of Entra: groups, applications, login."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from clients.entra.applications import Application, NewSecret
from clients.entra.login_page import Redirect


class AccessReads(Protocol):
    """What is known of the people who may do things."""

    def holders(self, level: int) -> Sequence[str]:
        """The names of the groups that give at least this level, the lowest level first."""

    def way_in(self, level: int) -> str:
        """A sentence that says whom to ask for this level."""

    def name(self, object_id: str) -> str:
        """The person's name as far as it is known, else something to recognise the object id by."""

    async def given_by(self, object_id: str) -> Sequence[str]:
        """The names of the groups this person has a level by. Raises Unavailable."""

    async def object_id(self, upn: str) -> str:
        """The object id behind a user principal name. Raises NotFound, Unavailable."""

    async def upn(self, object_id: str) -> str:
        """The user principal name of a person. Raises NotFound, Unavailable."""


class ApplicationReads(Protocol):
    """What commands ask of Entra about the hub's app registration. Every method raises Unavailable."""

    async def application(self, client_id: str) -> Application:
        """The app registration with that client id. Raises NotFound."""


class LoginReads(Protocol):
    """How people log in. Every method raises Unavailable."""

    async def redirect(self, path: str) -> Redirect:
        """Where the hub's page at `path` sends who wants to log in."""

    async def accepts(self, tenant: str, client_id: str, secret: str) -> bool:
        """Whether Entra takes that client secret now."""


class ApplicationWrites(Protocol):
    """What `apply` may ask of Entra. Every method raises Unavailable, NotFound, and Rejected where Graph refuses."""

    async def add_secret(self, client_id: str, name: str, life: timedelta) -> NewSecret:
        """Make a client secret of that name. Its text goes where it is used, and into no step's result."""

    async def remove_secret(self, client_id: str, key_id: str) -> bool:
        """Remove a client secret; False when it is gone."""
