"""People whose name in Entra is no longer that of their user of the hub, and people who have left.

The object id behind each name is remembered when it is first looked up. From then on Graph is asked for the ids, a
thousand in a request, and what it answers is compared with the names. That takes six requests for 5,000 users.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Final

from clients.entra.directory import DirectoryUser
from clients.hub import HubUser
from commands.framework.argument_types import folded
from commands.ports.context import Reads
from commands.ports.entra import Identity, IdentityRecords, PeopleReads

# So many names are looked up at a time, twenty in a request: a hub of 5,000 is known after an hour.
_AT_A_TIME: Final = 400
# Somebody whom Entra did not know is looked up again after that.
_AGAIN: Final = timedelta(days=1)


class Fate(Enum):
    """What became of a person: another name, gone, or still there but not allowed to log in."""

    RENAMED = "renamed"
    LEFT = "left"
    DISABLED = "disabled"


@dataclass(frozen=True)
class Departure:
    """A user of the hub who does not log in by that name any more. `upn` is the name now, where there is one."""

    name: str
    fate: Fate
    upn: str = ""


async def departures(names: Collection[str], reads: Reads) -> tuple[Departure, ...]:
    """Return those of these users who have another name now, or have left; and remember who is behind new names.

    Those whom Entra never knew by the name are not among them: nobody can tell who they are. Raise Unavailable.
    """
    if reads.people is None or reads.identities is None:
        return ()
    upns = sorted({name for name in names if "@" in name})
    known = await reads.identities.known()
    found = [one for name in upns if (one := known.get(folded(name))) and one.object_id]
    there = await reads.people.by_id([one.object_id for one in found]) if found else {}
    await _learn(upns, known, reads.people, reads.identities, reads)
    if found and not there:
        # Everybody at once is no departure: Graph hides them, as from an app that lost a right.
        return ()
    ids = {one.name: one.object_id for one in found}
    judged = (judge(name, there.get(ids[folded(name)].lower())) for name in upns if folded(name) in ids)
    return tuple(one for one in judged if one is not None)


def judge(name: str, person: DirectoryUser | None) -> Departure | None:
    """Return what became of the person whose user has that name; None where nothing did. Pure."""
    if person is None:
        return Departure(name, Fate.LEFT)
    if person.upn and folded(person.upn) != folded(name):
        return Departure(name, Fate.RENAMED, person.upn)
    return None if person.enabled else Departure(name, Fate.DISABLED, person.upn)


async def _learn(
    names: Sequence[str], known: Mapping[str, Identity], people: PeopleReads, records: IdentityRecords, reads: Reads
) -> None:
    """Look some of the names up that nobody is known behind, and forget those that are no longer any."""
    new = [name for name in names if _is_due(known.get(folded(name)), reads)][:_AT_A_TIME]
    there = await people.by_name(new) if new else {}
    looked = [Identity(name, there[name].object_id if name in there else "", reads.now) for name in new]
    if looked or len(known) > len(names):
        await records.keep(looked, names)


def _is_due(one: Identity | None, reads: Reads) -> bool:
    return one is None or (not one.object_id and reads.now - one.looked > _AGAIN)


async def home_owners(users: Sequence[HubUser], reads: Reads) -> set[str]:
    """Return the names of everybody who has a home with a disk, as the hub spells those that it knows."""
    spelled = {folded(one.name): one.name for one in users}
    owners = {one.user async for page in reads.kube.claim_pages() for one in page if one.user and one.volume}
    return {spelled.get(folded(owner), owner) for owner in owners}
