"""Argument types of the commands about releases."""

import re
from datetime import timedelta
from typing import Final, Self

from commands.timing import durations

# Semantic Versioning 2.0: no leading zeros, then pre-release and build identifiers, separated by dots.
_NUMBER: Final = r"(?:0|[1-9]\d{0,8})"
_VERSION = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z.-]+)?")
_VERSION_LENGTH: Final = 100
_REVISION = re.compile(r"[1-9][0-9]{0,8}")
_SHORTEST_WAIT: Final = timedelta(minutes=1)
_LONGEST_WAIT: Final = timedelta(minutes=60)


class ChartVersion(str):
    """The version of a chart, such as `4.4.0` or `4.0.1-0.dev.git.6707.h109668fd`."""

    __slots__ = ()
    noun = "a chart version"
    placeholder = "version"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept a single Semantic Versioning 2.0 version, no range. Raise ValueError."""
        if len(text) > _VERSION_LENGTH or not _VERSION.fullmatch(text):
            raise ValueError("type three numbers, as in 4.4.0; ranges and “latest” do not work here")
        return cls(text)

    @property
    def numbers(self) -> tuple[int, int, int]:
        """Major, minor and patch, for comparisons."""
        major, minor, patch = re.split(r"[-+]", self, maxsplit=1)[0].split(".")
        return int(major), int(minor), int(patch)


class TimeOut(str):
    """A time limit from a minute to an hour, such as `10m`; `seconds` is its length."""

    __slots__ = ()
    noun = "a time limit"
    placeholder = "time"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept what `durations.parse` accepts within those bounds. Raise ValueError."""
        if not _SHORTEST_WAIT <= durations.parse(text) <= _LONGEST_WAIT:
            raise ValueError("type a time from 1m to 60m")
        return cls(text.strip().lower())

    @property
    def seconds(self) -> float:
        """The length in seconds."""
        return durations.parse(self).total_seconds()


class RevisionNumber(str):
    """The number of a revision of the release; `value` is it as an integer."""

    __slots__ = ()
    noun = "a revision number"
    placeholder = "revision"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept a whole number from 1. Raise ValueError."""
        if not _REVISION.fullmatch(text):
            raise ValueError("type a whole number from 1, as in 7; /jhub history lists the revisions")
        return cls(text)

    @property
    def value(self) -> int:
        """The number."""
        return int(self)
