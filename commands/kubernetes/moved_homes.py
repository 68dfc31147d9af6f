"""Homes that people would not find again: the claims of those who exist, by two rules for their names."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from clients.errors import Unavailable
from clients.hub import HubUser
from clients.kube import Claim
from commands.framework.partial_results import attempt
from commands.kubernetes.home_places import HomePlace, HomePlaces
from commands.ports.context import Reads

# Homes that one sentence names.
_NAMED: Final = 4
_NO_TEMPLATE: Final = "the values name them by a template that the bot cannot read"


@dataclass(frozen=True)
class MovedHome:
    """A home that is looked for at another place: `now` is where it is, `then` where it would be, if kept."""

    user: str
    server: str
    now: HomePlace
    then: HomePlace | None

    def __str__(self) -> str:
        whose = f"{self.user}, server “{self.server}”" if self.server else self.user
        if self.then is None:
            return f"{whose} ({self.now.claim})"
        if self.now.claim != self.then.claim:
            return f"{whose} ({self.now.claim} → {self.then.claim})"
        if self.now.folder != self.then.folder:
            return f"{whose} ({self.now.claim}: folder {self.now.folder or '/'} → {self.then.folder or '/'})"
        return f"{whose} ({self.now.claim}, in another namespace)"


@dataclass(frozen=True)
class MovedHomes:
    """The homes that are looked for elsewhere. `unknown` says why that cannot be told; it is empty otherwise."""

    found: tuple[MovedHome, ...] = ()
    unknown: str = ""

    def __bool__(self) -> bool:
        """Return True unless it is known that everybody finds their home."""
        return bool(self.found or self.unknown)

    @property
    def sentence(self) -> str:
        """What it means for people, or an empty string if nothing."""
        if self.unknown:
            return f"Whether people would find their homes afterwards is unknown: {self.unknown}."
        if not self.found:
            return ""
        one = len(self.found) == 1
        count = "1 home" if one else f"{len(self.found)} homes"
        met = "its owner would meet an empty one" if one else "their owners would meet empty ones"
        more = f" and {len(self.found) - _NAMED} more" if len(self.found) > _NAMED else ""
        return (
            f"{count} would not be found any more, and {met} instead: "
            f"{'; '.join(map(str, self.found[:_NAMED]))}{more}. What is in them stays."
        )


async def moved_homes(before: HomePlaces, after: HomePlaces, reads: Reads) -> MovedHomes:
    """Return the homes of people who exist that are looked for elsewhere. Systems are asked only if need be."""
    if not before.claim or before.surely_agrees(after):
        return MovedHomes()
    if why := before.unknown or after.unknown:
        return MovedHomes(unknown=why)
    users, claims = await asyncio.gather(attempt("The hub", reads.hub.users()), attempt("Kubernetes", _claims(reads)))
    if isinstance(users, Unavailable) and isinstance(claims, Unavailable):
        return MovedHomes(unknown=f"{claims}, and {users}")
    return await asyncio.to_thread(_moved, before, after, users, claims)


async def homes_left(after: HomePlaces, reads: Reads) -> MovedHomes:
    """Return the homes of an earlier hub that a first installation would not find."""
    claims = await attempt("Kubernetes", _claims(reads))
    if isinstance(claims, Unavailable):
        return MovedHomes(unknown=str(claims))
    homes = [one for one in claims if one.user]
    if not homes or not after.claim:
        return MovedHomes()
    found = [MovedHome(one.user, one.server, HomePlace(one.name), after.place(one.user, one.server)) for one in homes]
    if any(one.then is None for one in found):
        return MovedHomes(unknown=after.unknown or _NO_TEMPLATE)
    return MovedHomes(tuple(one for one in found if one.then and one.then.claim != one.now.claim))


async def _claims(reads: Reads) -> list[Claim]:
    return [one async for page in reads.kube.claim_pages() for one in page]


def _moved(
    before: HomePlaces, after: HomePlaces, users: Sequence[HubUser] | Unavailable, claims: Sequence[Claim] | Unavailable
) -> MovedHomes:
    # Without the claims, everybody whom the hub knows may have a home.
    names = None if isinstance(claims, Unavailable) else {one.name for one in claims}
    found: list[MovedHome] = []
    for user, server in dict.fromkeys(_servers(users, claims)):
        now, then = before.place(user, server), after.place(user, server)
        if now is None or (after.claim and then is None):
            return MovedHomes(unknown=_NO_TEMPLATE)
        if now != then and (names is None or now.namespace or now.claim in names):
            found.append(MovedHome(user, server, now, then))
    return MovedHomes(tuple(found))


def _servers(
    users: Sequence[HubUser] | Unavailable, claims: Sequence[Claim] | Unavailable
) -> Iterator[tuple[str, str]]:
    """Yield every server that may have a home: of the hub's users, and of those whom claims are for."""
    for user in () if isinstance(users, Unavailable) else users:
        yield user.name, ""
        yield from ((user.name, server.name) for server in user.servers)
    for claim in () if isinstance(claims, Unavailable) else claims:
        if claim.user:
            yield claim.user, claim.server
