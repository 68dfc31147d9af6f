"""The names of a user's pod and claim, by kubespawner's old scheme and by its new one.

Read off kubespawner 7.1, `kubespawner/slugs.py`: `escape` was the only scheme of charts before 4, `safe` is the
default since.
"""

import re
from hashlib import sha256

_LONGEST = 48
_HASH = 8
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_SAFE = re.compile(r"[a-z]([a-z0-9-]{0,46}[a-z0-9])?")


def escaped(name: str) -> str:
    """Return `name` with each byte outside a-z and 0-9 as a dash and two hexadecimal digits."""
    return "".join(char if char in _PLAIN else "".join(f"-{byte:02x}" for byte in char.encode()) for char in name)


def safe(name: str) -> str:
    """Return `name` itself if it can be part of a name, else what is left of it, and eight digits of its SHA-256."""
    if _SAFE.fullmatch(name) and "--" not in name:
        return name
    return f"{_remains(name, _LONGEST - _HASH - 3)}---{_digits(name.encode())}"


def _digits(text: bytes) -> str:
    return sha256(text).hexdigest()[:_HASH]


def _remains(name: str, longest: int) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", name.lower()).lstrip("-")[:longest].rstrip("-")
    if not words:
        return "x"
    return words if words[0].isalpha() else f"x-{words[: longest - 2]}"


def escaped_suffix(user: str, server: str = "") -> str:
    """Return what follows `claim-` and `jupyter-` by the old scheme, with no mark before the server's name."""
    return escaped(user) + escaped(server)


def safe_suffix(user: str, server: str = "") -> str:
    """Return what follows `claim-` and `jupyter-` by the new scheme: at most 48 characters."""
    its_user, its_server = safe(user), safe(server) if server else ""
    # kubespawner leaves room for the dashes even where no server's name follows them.
    if len(its_user) + len(its_server) + 2 > _LONGEST:
        return _squeezed(user, server)
    return f"{its_user}--{its_server}" if server else its_user


def _squeezed(user: str, server: str) -> str:
    """Return half of the room for each name, and one hash of both; 0xFF is no part of any UTF-8."""
    room = (_LONGEST - _HASH - 1) // 2 - 2
    digits = _digits(user.encode() + b"\xff" + server.encode())
    return f"{_remains(user, room)}--{_remains(server, room)}---{digits}"
