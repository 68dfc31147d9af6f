"""Builds that may not read or push in their own registry, and what helps."""

from collections.abc import Sequence
from typing import Final

from commands.ports.images import BuildReads

# What Docker and the registry say to whoever has no access, and Docker to whoever has no credential.
_REFUSED: Final = (
    "authentication required",
    "access to the resource is denied",
    "at least one credential is required",
    "insufficient_scope",
    "unauthorized:",
)
_ROLE: Final = "Container Registry Repository Writer"
_UNKNOWN: Final = (
    "The bot may not read how the registry grants access. If it is by repository (ABAC), the bot’s identity needs to "
    f"read the registry’s properties, and the role {_ROLE} on it."
)
_BY_REPOSITORY: Final = (
    "The registry grants access by repository (ABAC): builds work with the bot’s identity there, which needs the role "
    f"{_ROLE} for this repository at least. AcrPull and AcrPush do not count."
)


async def access_advice(error: str, last: Sequence[str], builds: BuildReads) -> tuple[str, ...]:
    """Return what helps a build that was refused by its registry; nothing for another failure or an unknown cause."""
    said = " ".join((error, *last)).lower()
    if not any(words in said for words in _REFUSED):
        return ()
    found = await builds.by_repository()
    if found is None:
        return (_UNKNOWN,)
    return (_BY_REPOSITORY,) if found else ()
