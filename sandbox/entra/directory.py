"""The tenant's directory: its people and groups, which may contain each other."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from sandbox.entra.people import PEOPLE, Person

FAULTS: Final = ("", "slow", "absent", "throttled", "wrong")
ROLES: Final = ("viewer", "operator", "approver", "admin")


@dataclass(frozen=True)
class Group:
    """A group: `members` are object ids of people and of other groups."""

    id: str
    name: str
    members: tuple[str, ...]


@dataclass
class Directory:
    """People and groups by object id. `token` is what callers of Graph must present, `fault` one of FAULTS."""

    groups: dict[str, Group]
    people: dict[str, Person]
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    fault: str = ""

    def groups_of(self, object_id: str) -> frozenset[str]:
        """Return the ids of all groups that a person is in, directly or through others, however those are nested."""
        found: set[str] = set()
        new = {object_id}
        while new:
            new = {g.id for g in self.groups.values() if g.id not in found and not new.isdisjoint(g.members)}
            found |= new
        return frozenset(found)

    def people_in(self, group: str) -> list[Person]:
        """Return everybody in a group, directly or through others."""
        return [person for person in self.people.values() if group in self.groups_of(person.object_id)]

    def find(self, name: str) -> Person | None:
        """Return a person by object id or user principal name, in any case; None if there is no such person."""
        wanted = name.lower()
        return next((p for p in self.people.values() if wanted in (p.object_id, p.upn.lower())), None)

    def rename(self, upn: str, name: str) -> Person:
        """Give a person another user principal name; the object id stays. Raise LookupError where that cannot be."""
        person = self.find(upn)
        if person is None:
            raise LookupError(f"nobody is named {upn}")
        if self.find(name) is not None:
            raise LookupError(f"somebody is named {name} already")
        self.people[person.object_id] = replace(person, upn=name)
        return self.people[person.object_id]

    def remove(self, upn: str) -> Person:
        """Remove a person, who has left. Raise LookupError where there is none."""
        person = self.find(upn)
        if person is None:
            raise LookupError(f"nobody is named {upn}")
        return self.people.pop(person.object_id)


def directory(people: Iterable[Person] = PEOPLE) -> Directory:
    """Return the sandbox's people in the groups of their roles: the operators through a team's group, others directly.

    Two further groups contain each other, as happens; no person is in them.
    """
    known = {person.object_id: person for person in people}
    by_role = {role: tuple(p.object_id for p in known.values() if p.role == role) for role in ROLES}
    team = Group(group_id("data-platform-team"), "data-platform-team", by_role["operator"])
    direct = {**by_role, "operator": (team.id,)}
    groups = [team, *(Group(group_id(f"jhub-{role}s"), f"jhub-{role}s", direct[role]) for role in ROLES)]
    left, right = group_id("seminar"), group_id("seminar-guests")
    groups += [Group(left, "seminar", (right,)), Group(right, "seminar-guests", (left,))]
    return Directory({group.id: group for group in groups}, known)


def with_users(made: Directory, names: Iterable[str]) -> Directory:
    """Add the hub's users to the people of the tenant: each has an object id, and is in no group."""
    known = {person.upn.lower() for person in made.people.values()}
    for name in names:
        if "@" in name and name.lower() not in known:
            object_id = str(uuid5(NAMESPACE_URL, f"https://hub.example.org/people/{name}"))
            made.people[object_id] = Person(
                "", object_id, name.partition("@")[0].replace(".", " ").title(), name, object_id
            )
    return made


def group_id(name: str) -> str:
    """Return a group's object id: the same in every sandbox."""
    return str(uuid5(NAMESPACE_URL, f"https://hub.example.org/groups/{name}"))
