"""Users' homes: whose a claim is, and which claims are a user's homes.

kubespawner (1.1, 6.2, 7.1) writes the raw user name into an annotation of each claim: that decides. A claim without it
is told by its name alone. The hub's own database is nobody's home.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from cards.times import minute, timed
from clients.errors import NotFound
from clients.hub import HubServer, HubUser
from clients.kube import Claim, Pod
from commands.framework.argument_types import HUB_DATABASE, ObjectName, ServerName, UserName, folded
from commands.framework.errors import UserError
from commands.kubernetes.claim_names import Scheme, possible_names, scheme
from commands.kubernetes.components import USER_SERVER
from commands.ports.context import Reads
from commands.spawner.runs import start_of, title
from commands.storage.former_name import Successor, former_name
from commands.text.byte_sizes import spoken

USERNAME: Final = "hub.jupyter.org/username"
SERVERNAME: Final = "hub.jupyter.org/servername"
STORAGE: Final = "singleuser-storage"

# A pod that has ended no longer holds its claims.
ENDED: Final = ("Succeeded", "Failed")
_OFFERED: Final = 3
# What separates the parts of a name, and the shortest beginning of one that is looked for.
_PARTS: Final = re.compile(r"[._+\- ]+")
_SHORTEST_PART: Final = 3


@dataclass(frozen=True)
class Home:
    """A claim that is a user's home, of the default server if `server` is empty.

    `by_name` says that only the claim's name tells whose it is.
    """

    claim: Claim
    server: str
    by_name: bool = False


@dataclass(frozen=True)
class HomeOwner:
    """One user and all their homes.

    `name` is the hub's own spelling if the hub knows the user, else that of the claims, else what was typed. `account`
    is the hub's record, None if it has none.
    """

    name: str
    account: HubUser | None
    homes: tuple[Home, ...]
    others: frozenset[str] = frozenset()
    """The other users of the hub whose names differ from this one in upper and lower case alone."""
    successor: Successor | None = None
    """The name that the person has now, where a claim says that this is the one before."""

    def is_called(self, name: str) -> bool:
        """Return True if that is this user's name, in any case, and no other user's."""
        return name == self.name or (folded(name) == folded(self.name) and name not in self.others)

    @property
    def known(self) -> bool:
        """True if the hub knows the user."""
        return self.account is not None

    def of(self, server: str) -> tuple[Home, ...]:
        """Return the homes of one server; more than one if a chart upgrade changed the naming."""
        return tuple(home for home in self.homes if home.server == server)

    def runs(self, server: str) -> bool:
        """Return True if the hub has that server running, starting or stopping."""
        return self._running(server) is not None

    def started(self, server: str) -> str:
        """Return the hub's time of that server's start as text; empty if it does not run."""
        running = self._running(server)
        return start_of(running) if running else ""

    def _running(self, server: str) -> HubServer | None:
        return next((one for one in self.account.servers if one.name == server), None) if self.account else None


def may_be_home(claim: Claim) -> bool:
    """Return True if the claim can be a user's home at all."""
    if claim.name == HUB_DATABASE or claim.component == "hub":
        return False
    return claim.component == STORAGE or (bool(claim.user) and claim.component in ("", USER_SERVER))


def scheme_of(home: Home, user: str) -> Scheme:
    """Return the naming scheme of the home's claim."""
    return scheme(home.claim.name, home.claim.user or user, home.server)


def pods_mounting(claim: str, pods: Iterable[Pod]) -> list[Pod]:
    """Return the pods that mount the claim, or will as soon as they start."""
    return [pod for pod in pods if claim in pod.claims and pod.phase not in ENDED]


async def find(user: UserName, reads: Reads, instead: str, servers: Sequence[str] = ()) -> HomeOwner:
    """Return the user with all homes; `servers` are named servers to look for besides those that the hub lists.

    Raise UserError if nobody has that name, with near ones in `instead`, a line to type with {} for the name; likewise
    if several differ in upper and lower case alone. Raise Unavailable.
    """
    users = await reads.hub.users()
    person = await with_homes(user, users, reads, servers, instead)
    if person.account is None and not person.homes:
        raise unknown_user(user, users, instead, person.successor)
    return person


async def with_homes(
    user: UserName, users: Sequence[HubUser], reads: Reads, servers: Sequence[str] = (), instead: str = ""
) -> HomeOwner:
    """Return the user with all homes, given the hub's users. Raise what `one_user` does.

    One whom nobody knows has neither account nor homes.
    """
    account = one_user(user, users, instead)
    others = namesakes(user, users) - ({account.name} if account else set())
    names = possible_names(_spellings(user, account), _servers(account, servers))
    homes: list[Home] = []
    successors: list[Successor] = []
    async for page in reads.kube.claim_pages():
        for claim in filter(may_be_home, page):
            if claim.user and folded(claim.user) == folded(user) and claim.user not in others:
                homes.append(Home(claim, claim.server))
            elif not claim.user and claim.name in names:
                homes.append(Home(claim, claim.server or names[claim.name], by_name=True))
            elif claim.user and claim.created and folded(former_name(claim)) == folded(user):
                successors.append(Successor(claim.user, claim.created))
    homes.sort(key=lambda home: (home.server, home.claim.name))
    spelled = next((home.claim.user for home in homes if home.claim.user), str(user))
    return HomeOwner(account.name if account else spelled, account, tuple(homes), frozenset(others), _last(successors))


def _last(found: Sequence[Successor]) -> Successor | None:
    return max(found, key=lambda one: one.since, default=None)


async def own_name(reads: Reads) -> UserName:
    """Return the name under which the caller logs in to the hub, by the directory. Raise UserError, Unavailable."""
    try:
        return UserName.parse(await reads.access.upn(reads.caller.object_id))
    except (NotFound, ValueError):
        raise UserError(
            "The directory does not tell the name under which you log in to the hub.", "/jhub whoami"
        ) from None


def namesakes(user: str, users: Iterable[HubUser]) -> set[str]:
    """Return the names of the hub's users that are that one in any case."""
    return {one.name for one in users if folded(one.name) == folded(user)}


def one_user(user: UserName, users: Iterable[HubUser], instead: str = "") -> HubUser | None:
    """Return the hub's user of that name in any case; the exact one if several differ by that alone.

    Raise UserError if none of those is exact, with each of them in `instead`, a line to type with {} for the name.
    """
    found = [one for one in users if folded(one.name) == folded(user)]
    exact = [one for one in found if one.name == user]
    if len(found) > 1 and not exact:
        names = sorted(one.name for one in found)
        raise UserError(
            f"The hub knows {_enumerated(names)}: they differ only in upper and lower case. "
            "Type the name exactly as the hub has it.",
            *(instead.format(quoted(name)) for name in names[:_OFFERED] if instead),
        )
    return next(iter(exact or found), None)


def unknown_user(
    user: UserName, users: Iterable[HubUser], instead: str, successor: Successor | None = None
) -> UserError:
    """Return the error that neither the hub nor any claim knows the user.

    `instead`, with {} for a name, is what to type. Somebody who was renamed is offered alone, by the name of now.
    """
    if successor is not None:
        return renamed_user(user, successor, instead)
    names = {folded(one.name): one.name for one in users}
    wanted = folded(user)
    # The same person by the other kind of name: with the domain, or without.
    alike = [name for name in names if name.partition("@")[0] == wanted.partition("@")[0]]
    close = dict.fromkeys([*alike, *get_close_matches(wanted, names, n=_OFFERED, cutoff=0.7), *_by_part(wanted, names)])
    return UserError(
        f"The hub does not know the user “{user}”, and no home carries that name.",
        *(instead.format(quoted(names[one])) for one in [*close][:_OFFERED]),
        *(() if close else ("/jhub users",)),
    )


def renamed_user(user: UserName, successor: Successor, instead: str) -> UserError:
    """Return the error that the person has another name now; `instead`, with {} for a name, is what to type."""
    since = timed(f"{user} is {successor.name} since ", minute(successor.since), ".")
    return UserError(since, instead.format(quoted(successor.name)))


def _by_part(wanted: str, names: Iterable[str]) -> list[str]:
    """Return the names of which a part is what was typed or much like it: "hopper" of "grace.hopper@example.org"."""
    local, parts = wanted.partition("@")[0], dict[str, list[str]]()
    for name in names:
        for part in _PARTS.split(name.partition("@")[0]):
            parts.setdefault(part, []).append(name)
    begun = [part for part in parts if len(local) >= _SHORTEST_PART and part.startswith(local)]
    close = dict.fromkeys([*begun, *get_close_matches(local, parts, n=_OFFERED, cutoff=0.75)])
    return [name for part in close for name in parts[part]]


def choose_home(person: HomeOwner, server: ServerName | None, claim: ObjectName | None) -> Home:
    """Return the one home that is meant. Raise UserError with everything that was found if it is not exactly one."""
    wanted = str(server or "")
    if claim is not None:
        return _of_that_name(person, server, claim)
    found = person.of(wanted)
    if len(found) == 1:
        return found[0]
    if not found:
        raise _no_home(person, wanted)
    raise UserError(
        f"{title(person.name, wanted)} has {len(found)} homes: {_enumerated([described(home) for home in found])}. "
        "Say which one you mean: add --claim and its name.",
        f"/jhub storage show {quoted(person.name)}",
        "/jhub storage doctor",
    )


def described(home: Home) -> str:
    """Return the claim with its size, and what is missing to it."""
    claim = home.claim
    state = "being deleted" if claim.terminating else "" if claim.volume else "no disk yet"
    return f"{claim.name} ({', '.join(filter(None, (spoken(claim.size), state)))})"


def _of_that_name(person: HomeOwner, server: ServerName | None, claim: ObjectName) -> Home:
    for home in person.homes:
        if home.claim.name == claim and (server is None or home.server == server):
            return home
    found = _enumerated([described(home) for home in person.homes]) or "none"
    raise UserError(
        f"{claim} is not a home of {title(person.name, server or '')}. Found: {found}.",
        f"/jhub storage show {quoted(person.name)}",
    )


def _no_home(person: HomeOwner, server: str) -> UserError:
    if not person.homes:
        return UserError(f"{person.name} has no home: the hub knows the user, but no claim belongs to them.")
    others = list(dict.fromkeys(home.server for home in person.homes))
    what = f"no home for a server “{server}”" if server else "no home for the default server"
    found = _enumerated([described(home) for home in person.homes])
    hints = [f"Add --server {quoted(other)}" if other else "Leave out --server" for other in others]
    return UserError(f"{person.name} has {what}. Found: {found}.", *hints)


def quoted(word: str) -> str:
    """Return a word as it is typed: in quotation marks if it has a space."""
    return f'"{word}"' if " " in word else word


def _spellings(user: UserName, account: HubUser | None) -> set[str]:
    """Return the spellings that the user's name may have had when the claim got its name.

    JupyterHub makes names lower-case.
    """
    spellings = {str(user), user.lower(), unicodedata.normalize("NFC", user.lower())}
    return spellings | ({account.name} if account else set())


def _servers(account: HubUser | None, more: Sequence[str]) -> set[str]:
    return {"", *more, *(server.name for server in (account.servers if account else ()))}


def _enumerated(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)
