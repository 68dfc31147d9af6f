"""Argument types of the commands about logs (see `commands/framework/argument_types.py`)."""

import re
from datetime import UTC, datetime
from typing import Final, Self

from commands.framework.argument_types import UserName

# Kubernetes 1.32: pods and components are DNS subdomains, containers are DNS labels (RFC 1123).
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


_CONTAINER = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


_LONGEST_NEEDLE: Final = 100


class LogTarget(str):
    """The target of a log: a component, a pod, or a user."""

    __slots__ = ()
    noun = "a component, pod or user"
    placeholder = "target"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept a user's name, or a name as Kubernetes has them in any case. Raise ValueError."""
        if "@" in text or not _NAME.fullmatch(text.lower()):
            try:
                return cls(UserName.parse(text))
            except ValueError:
                if "@" in text:
                    raise
                wanted = "type a component such as hub, the name of a pod, or a user such as ada or ada@example.org"
                raise ValueError(wanted) from None
        return cls(text)


class ContainerName(str):
    """The name of a container of a pod, such as `traefik`."""

    __slots__ = ()
    noun = "the name of a container"
    placeholder = "container"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept a name in any case. Raise ValueError."""
        if not _CONTAINER.fullmatch(text.lower()):
            raise ValueError("type letters, digits and “-” only, at most 63 of them")
        return cls(text.lower())


class Needle(str):
    """A text to search for: plain text, in any case, not a pattern."""

    __slots__ = ()
    noun = "a text to look for"
    placeholder = "text"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept some characters. Raise ValueError."""
        if not text.strip():
            raise ValueError("it is empty; type the text to look for, in quotation marks if it has spaces")
        if len(text) > _LONGEST_NEEDLE:
            raise ValueError(f"it may have at most {_LONGEST_NEEDLE} characters, and this has {len(text)}")
        return cls(text)


class Moment(str):
    """A point in time, such as `2026-11-23T09:00:00.5Z`, in UTC; `value` is its value."""

    __slots__ = ()
    noun = "a point in time"
    placeholder = "time"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept RFC 3339 in UTC, with any number of decimals. Raise ValueError."""
        moment = _moment(text.upper())
        if moment is None:
            raise ValueError("type it in UTC, as in 2026-11-23T09:00:00Z")
        return cls(text.upper())

    @property
    def value(self) -> datetime:
        """The point in time, to the microsecond."""
        found = _moment(self)
        assert found is not None  # noqa: S101 - looked at when it was made
        return found


def _moment(text: str) -> datetime | None:
    if not text.endswith("Z"):
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return None
