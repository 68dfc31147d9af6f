"""Names of users' claims, by kubespawner's scheme for old charts and by that for new ones.

They find claims that lost the annotation with their owner's name, and tell the two schemes apart. Read in kubespawner
7.1 (`slugs.py`, `spawner.py`): `escape` was the only scheme before chart 4, `safe` is the default since.
"""

import re
from collections.abc import Iterable
from enum import Enum
from hashlib import sha256
from typing import Final

# kubespawner's limit for what follows `claim-`, dashes included.
_ROOM: Final = 48
_HASH: Final = 8
# In no UTF-8, so that "ab" with "c" and "a" with "bc" differ.
_BETWEEN: Final = b"\xff"
# A hash is set off by three dashes, a server's name by two.
_SAFE = re.compile(r"[a-z](?:[a-z0-9-]*[a-z0-9])?")
_UNSAFE_RUN = re.compile(r"[^a-z0-9]+")
_ESCAPED = re.compile(r"[^a-z0-9]")


class Scheme(Enum):
    """The rule by which a claim got its name: BOTH where the two agree, OTHER where neither made it."""

    OLD = "old"
    NEW = "new"
    BOTH = "both"
    OTHER = "other"


def old_name(user: str, server: str = "") -> str:
    """Return the claim's name by the scheme `escape`. Nothing in it tells where the server's name begins."""
    return f"claim-{escaped(user)}{escaped(server)}"


def new_name(user: str, server: str = "") -> str:
    """Return the claim's name by the scheme `safe`: at most 48 characters after `claim-`."""
    return f"claim-{joint_slug(user, server)}"


def scheme(claim: str, user: str, server: str = "") -> Scheme:
    """Return the scheme by which `claim` is the name of that user's claim."""
    old, new = claim == old_name(user, server), claim == new_name(user, server)
    if old and new:
        return Scheme.BOTH
    if old or new:
        return Scheme.OLD if old else Scheme.NEW
    return Scheme.OTHER


def possible_names(users: Iterable[str], servers: Iterable[str]) -> dict[str, str]:
    """Return every name that a claim of these users can have, by both schemes, with the server it belongs to."""
    server_names = tuple(servers)
    return {make(user, server): server for user in users for server in server_names for make in (old_name, new_name)}


def escaped(name: str) -> str:
    """Return a name by the scheme `escape`."""
    return _ESCAPED.sub(lambda char: "".join(f"-{byte:02x}" for byte in char[0].encode()), name)


def joint_slug(user: str, server: str) -> str:
    """Return the names of a user and of a server, if one is given, as one by the scheme `safe`."""
    user_slug, server_slug = slug(user), slug(server) if server else ""
    # Room for the two dashes is kept even where no server's name follows.
    if len(user_slug) + len(server_slug) + 2 > _ROOM:
        return _joint(user, server)
    return f"{user_slug}--{server_slug}" if server else user_slug


def slug(name: str) -> str:
    """Return a name by the scheme `safe`."""
    if _SAFE.fullmatch(name) and "--" not in name and len(name) <= _ROOM:
        return name
    return f"{_readable(name, _ROOM - _HASH - 3)}---{_hash(name.encode())}"


def _joint(user: str, server: str) -> str:
    """Return both names in half of the room each, and one hash of both."""
    room = (_ROOM - _HASH - 1) // 2 - 2
    digits = _hash(user.encode() + _BETWEEN + server.encode())
    return f"{_readable(user, room)}--{_readable(server, room)}---{digits}"


def _readable(name: str, room: int) -> str:
    """Reduce a name to lower-case letters, digits and single dashes, beginning with a letter."""
    rest = _UNSAFE_RUN.sub("-", name.lower()).lstrip("-")[:room].rstrip("-")
    if not rest:
        return "x"
    return rest if rest[0].isalpha() else f"x-{rest[: room - 2]}"


def _hash(content: bytes) -> str:
    return sha256(content).hexdigest()[:_HASH]
