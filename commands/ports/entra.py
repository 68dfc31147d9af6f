"""Interfaces to Entra: groups, applications, login."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from clients.entra.applications import Application, NewSecret
from clients.entra.directory import DirectoryUser
from clients.entra.login_page import Redirect
from clients.entra.secret_policy import SecretPolicy


class AccessReads(Protocol):
    """Reads of people and their levels."""

    def holders(self, level: int) -> Sequence[str]:
        """Return the names of the groups that give at least this level, the lowest level first."""

    def way_in(self, level: int) -> str:
        """Return a sentence that says whom to ask for this level."""

    def name(self, object_id: str) -> str:
        """Return the person's name as far as it is known, else something to recognise the object id by."""

    async def groups_of(self, object_id: str) -> Sequence[str]:
        """Return the names of the groups that give this person a level. Raise Unavailable."""

    async def object_id(self, upn: str) -> str:
        """Return the object id of a user principal name. Raise NotFound or Unavailable."""

    async def is_in_directory(self, upn: str) -> bool | None:
        """Return True if somebody has that user principal name, None where only a team's list of people is known.

        Raise Unavailable.
        """

    async def upn(self, object_id: str) -> str:
        """Return the user principal name of a person. Raise NotFound or Unavailable."""


class PeopleReads(Protocol):
    """Reads of many people at once. Every method raises Unavailable."""

    async def by_id(self, object_ids: Collection[str]) -> Mapping[str, DirectoryUser]:
        """Return those of these people whom the directory has, by object id in lower case."""

    async def by_name(self, upns: Collection[str]) -> Mapping[str, DirectoryUser]:
        """Return those of these people whom the directory has, by the names as given."""


@dataclass(frozen=True)
class Identity:
    """A user of the hub and the object id that was behind the name when it was first looked up.

    The id is empty where the directory had nobody by that name; `looked` is when it was asked.
    """

    name: str
    object_id: str
    looked: datetime


class IdentityRecords(Protocol):
    """The object ids of the hub's users, as the bot remembers them. Every method raises Unavailable of the store."""

    async def known(self) -> Mapping[str, Identity]:
        """Return all of them, by the name as `folded` returns it."""

    async def keep(self, found: Sequence[Identity], names: Collection[str]) -> None:
        """Remember these, and forget everybody but `names`. An object id that is known already stays."""


class ApplicationReads(Protocol):
    """Reads of the hub's app registration. Every method raises Unavailable."""

    async def application(self, client_id: str) -> Application:
        """Return the app registration with that client id. Raise NotFound."""

    async def secret_policy(self, client_id: str) -> SecretPolicy:
        """Return what app management policies say of a new client secret. Raise NotFound.

        Raise Unavailable also where the bot may not read them.
        """


class LoginReads(Protocol):
    """Reads of the hub's login. Every method raises Unavailable."""

    async def redirect(self, path: str) -> Redirect:
        """Return the redirect of the hub's page at `path`, which starts a login."""

    async def accepts(self, tenant: str, client_id: str, secret: str) -> bool:
        """Return True if Entra accepts that client secret now. Raise Unavailable where that is not certain."""


class ApplicationWrites(Protocol):
    """Changes in Entra, for `apply`. Every method raises Unavailable, NotFound, and Rejected where Graph refuses."""

    async def add_secret(self, client_id: str, name: str, life: timedelta) -> NewSecret:
        """Create a client secret of that name that expires after `life`, and return it.

        Its text goes where it is used, and into no step's result.
        """

    async def remove_secret(self, client_id: str, key_id: str) -> bool:
        """Remove a client secret. Return False if it is gone."""
