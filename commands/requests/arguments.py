"""Argument types of the commands about requests."""

import re
from typing import Self

_ENTRY = re.compile(r"[1-9][0-9]{0,11}")


class EntryNumber(str):
    """The number of an entry of the audit trail; `value` is the number."""

    __slots__ = ()
    noun = "the number of an entry"
    placeholder = "number"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept a whole number from 1. Raise ValueError."""
        if not _ENTRY.fullmatch(text):
            raise ValueError("type a whole number from 1, as in 120")
        return cls(text)

    @property
    def value(self) -> int:
        """The number."""
        return int(self)
