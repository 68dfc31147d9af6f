"""Argument types that name parts of the hub in Kubernetes."""

import re
from typing import Self

# Kubernetes 1.32 label values, which is where component names live; z2jh's are all lower case.
_COMPONENT = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class Component(str):
    """A component of the hub as z2jh labels it: hub, proxy, autohttps, user-scheduler and others."""

    __slots__ = ()
    noun = "a component of the hub"
    placeholder = "component"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept a component's name in any case. Raise ValueError."""
        lowered = text.lower()
        if not _COMPONENT.fullmatch(lowered):
            raise ValueError("type a name of letters, digits and “-”, as in hub or proxy")
        return cls(lowered)
