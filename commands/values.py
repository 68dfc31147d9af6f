"""The kinds of values people type. Each is parsed here, once, and trusted from then on.

A kind is a `str` subclass with `parse`, which returns the value or raises ValueError with a sentence that says
what would be right. What passes may stand in an argument list, a label selector or a path without quoting.
"""

import re
from typing import Self

# OCI distribution specification 1.1, "pulling manifests": a tag is at most 128 of these, no dot or dash first.
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
# Kubernetes 1.32 label values, which is where component names live; z2jh's are all lower case.
_COMPONENT = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class ImageTag(str):
    """An image tag such as `7c1d2e9` or `2026.11-1`."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept a tag as the OCI specification has it. Raises ValueError."""
        if len(text) > 128:  # noqa: PLR2004 - the specification's number, named in the message
            raise ValueError(f"a tag has at most 128 characters, this has {len(text)}")
        if not _TAG.fullmatch(text):
            raise ValueError("a tag has only letters, digits, “.”, “_” and “-”, and starts with none of “.-”")
        return cls(text)


class Component(str):
    """A component of the hub as z2jh labels it: hub, proxy, autohttps, user-scheduler and others."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept a component's name in any case. Raises ValueError."""
        lowered = text.lower()
        if not _COMPONENT.fullmatch(lowered):
            raise ValueError("a component has only letters, digits and “-”")
        return cls(lowered)


class CommandName(str):
    """Some words that may be a command's name; whether they are is for `help` to say."""

    __slots__ = ()
    takes_the_rest = True

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept anything short. Raises ValueError."""
        if len(text) > 60:  # noqa: PLR2004 - three times the longest name there is
            raise ValueError("no command has so long a name")
        return cls(text.lower())
