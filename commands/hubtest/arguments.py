"""Argument types of tests of the hub."""

import re
from typing import Final, Self

_LONGEST: Final = 100
# What KubeSpawner makes of a display name, or takes as it is (7.1, `_get_initialized_profile_list`).
_SLUG: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class ProfileSlug(str):
    """The slug of a profile that users choose from."""

    __slots__ = ()
    noun = "a profile"
    placeholder = "profile"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept a slug. Raise ValueError."""
        if len(text) > _LONGEST:
            raise ValueError(f"it may have at most {_LONGEST} characters, and this has {len(text)}")
        if not _SLUG.fullmatch(text):
            raise ValueError("type its slug: letters, digits, “-”, “_” and “.”, as in large-memory")
        return cls(text)
