"""The people of the sandbox: those at the Playground, and the hub's users. Always the same ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice

TENANT = "5d8f2a10-6c1e-4b7a-9f3d-0a1b2c3d4e5f"
DOMAIN = "example.org"

_FIRST = (
    *("Ada", "Søren", "Grace", "Zoë", "Alan", "Nyota", "Linus", "Mei", "Emmy", "Kwame", "Ingrid", "José", "Yuki"),
    *("Radia", "Omar", "Barbara", "Łukasz", "Priya", "Edsger", "Annie", "Tomás", "Hedy", "Björn", "Chiara", "Amir"),
)
_LAST = (
    *("Lovelace", "Ågård", "Hopper", "O'Brien", "Turing", "Nielsen", "Mwangi", "Chen", "Noether", "Mensah"),
    *("Bergström", "García", "Tanaka", "Perlman", "Haddad", "Liskov", "Kowalski", "Raman", "Dijkstra", "Easley"),
)


@dataclass(frozen=True)
class Person:
    """A person who can write to the bot. `role` is empty for one who is in none of its groups."""

    role: str
    id: str
    name: str
    upn: str
    object_id: str


def _person(number: int, role: str, name: str) -> Person:
    upn = f"{_mail_name(*name.split(' ', 1))}@{DOMAIN}"
    return Person(role, f"user-id-{number}", name, upn, f"5d8f2a10-6c1e-4b7a-9f3d-{number:012d}")


def _mail_name(first: str, last: str) -> str:
    return f"{first}.{last}".lower().replace(" ", "")


# The first sits at the Playground's keyboard; the names are those the Playground gives its people.
PEOPLE = (
    _person(0, "operator", "Alex Wilber"),
    _person(1, "approver", "Megan Bowen"),
    _person(2, "viewer", "Adele Vance"),
    _person(3, "", "Isaiah Langer"),
    _person(4, "admin", "Patti Fernandez"),
    # The Playground wants five beside the one at its keyboard.
    _person(5, "", "Lynne Robbins"),
)


def hub_users(count: int) -> list[str]:
    """Return the hub's user names: those of PEOPLE first, then others with all that names can have in them."""
    return list(islice(_names(), count))


def _names() -> Iterator[str]:
    yield from (person.upn for person in PEOPLE)
    yield f"ann+lab@{DOMAIN}"
    yield f"1st.floor@{DOMAIN}"
    for number in count():
        # Shifted by one in each round, so that every pair comes up once before any comes again.
        place, round_ = number % len(_FIRST), number // len(_FIRST)
        first, last = _FIRST[place], _LAST[(place + round_) % len(_LAST)]
        tail = "" if number < len(_FIRST) * len(_LAST) else str(number)
        yield f"{_mail_name(first, last)}{tail}@{DOMAIN}"
