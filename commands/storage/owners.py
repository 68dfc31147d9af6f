"""Owners of claims: if they are still users of the hub, and when they were last active."""

from collections.abc import Iterable
from datetime import datetime
from functools import cached_property

from clients.errors import Unavailable
from clients.hub import HubUser
from clients.kube import Claim
from commands.framework.argument_types import folded
from commands.kubernetes.claim_names import possible_names


class Owners:
    """Claims' owners as the hub knows them; nobody is called unknown while the hub does not answer.

    `doubt` says why owners cannot be checked; it is empty when they can. A hub that knows no user at all has lost its
    database, or nobody was ever there: that makes no orphans either.
    """

    def __init__(self, users: Iterable[HubUser] | Unavailable) -> None:
        known = [] if isinstance(users, Unavailable) else list(users)
        self._names = [user.name for user in known]
        self._last = {folded(user.name): user.last_activity for user in known}
        self.doubt = "" if known else "The hub knows no users at all"
        if isinstance(users, Unavailable):
            self.doubt = f"{str(users)[:1].upper()}{str(users)[1:]}"

    def owner(self, claim: Claim) -> str:
        """Return the name of the claim's owner, or empty if that is not known."""
        return claim.user or self._by_name.get(claim.name, "")

    def is_orphan(self, claim: Claim) -> bool:
        """Return True if the hub surely has no such user."""
        return not self.doubt and folded(self.owner(claim)) not in self._last

    def last_activity(self, claim: Claim) -> datetime | None:
        """Return when the claim's owner was last active, as the hub records it."""
        return self._last.get(folded(self.owner(claim)))

    @cached_property
    def _by_name(self) -> dict[str, str]:
        """The users by the names of their claims, built only when a claim without its owner's name is met."""
        return {claim: name for name in self._names for claim in possible_names([name], [""])}
