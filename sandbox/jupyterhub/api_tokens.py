"""The hub's API tokens: their owners, scopes and expiry.

Scopes as in JupyterHub 5.5 (`jupyterhub/scopes.py`): a scope includes those named beside it, and theirs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

_INCLUDES = {
    "admin:users": ("users", "delete:users", "admin:auth_state"),
    "users": ("read:users", "list:users", "users:activity"),
    "list:users": ("read:users:name",),
    "read:users": ("read:users:name", "read:users:activity", "read:users:groups"),
    "users:activity": ("read:users:activity",),
    "admin:servers": ("admin:server_state", "servers"),
    "servers": ("read:servers", "delete:servers", "start:servers"),
    "delete:servers": ("read:servers",),
    "start:servers": ("read:servers",),
    "read:servers": ("read:users:name",),
    "groups": ("read:groups",),
    "read:groups": ("list:groups",),
    "proxy": (),
    "read:hub": (),
    "read:metrics": (),
}


@dataclass(frozen=True)
class Token:
    """The meaning of a token. Its text is only in the table of tokens."""

    owner: str
    scopes: frozenset[str]
    expires: datetime | None = None

    def allows(self, scope: str) -> bool:
        """Return True if the token has the scope, by itself or by one that includes it."""
        return scope in self.scopes


def token(owner: str, scopes: Iterable[str], expires: datetime | None = None) -> Token:
    """Return a token with these scopes and all that they include."""
    return Token(owner, frozenset(_expanded(scopes)), expires)


def _expanded(scopes: Iterable[str]) -> set[str]:
    found: set[str] = set()
    waiting = list(scopes)
    while waiting:
        scope = waiting.pop()
        if scope not in found:
            found.add(scope)
            waiting.extend(_INCLUDES.get(scope, ()))
    return found
