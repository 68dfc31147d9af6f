"""The hub's API tokens: their owners, scopes and expiry.

Scopes as in JupyterHub 5.5 (`jupyterhub/scopes.py`): a scope includes those named beside it, and theirs. One with a
filter, such as `servers!user=ada`, holds for that user alone, and so do those that it includes.
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
    "tokens": ("read:tokens",),
}


@dataclass(frozen=True)
class Token:
    """The meaning of a token. Its text is only in the table of tokens."""

    owner: str
    scopes: frozenset[str]
    expires: datetime | None = None

    def allows(self, scope: str, user: str = "") -> bool:
        """Return True if the token has the scope for that user, by itself or by one that includes it."""
        return scope in self.scopes or (bool(user) and f"{scope}!user={user}" in self.scopes)

    def allows_for_some(self, scope: str) -> bool:
        """Return True if the token has the scope for some user at least."""
        return any(one.partition("!")[0] == scope for one in self.scopes)


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
            name, mark, whom = scope.partition("!")
            waiting.extend(f"{one}{mark}{whom}" for one in _INCLUDES.get(name, ()))
    return found
