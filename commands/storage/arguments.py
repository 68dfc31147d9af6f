"""Argument types of the commands about homes."""

import re
from typing import Final, Self

from clients.kube.quantities import from_bytes, to_bytes

_UNITS: Final = {"gi": 2**30, "gib": 2**30, "ti": 2**40, "tib": 2**40}
_SIZE: Final = re.compile(r"([0-9]{1,6}) ?(gi|gib|ti|tib)", re.IGNORECASE)
_FRACTION: Final = re.compile(r"([0-9]{1,6})[.,][0-9]{0,6} ?(Gi|Ti)?[Bb]?", re.IGNORECASE)
_OTHER_UNIT: Final = re.compile(r"([0-9]{1,6}) ?(?:[gG][bB]?|[mMkKtTpP][iI]?[bB]?)")
# Azure Files' largest share; no disk is larger.
_LARGEST: Final = 100 * 2**40


class Order(str):
    """A sort order of a list of homes: `size`, `age` or `name`."""

    __slots__ = ()
    noun = "a way to sort"
    placeholder = "size|age|name"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return one of the three. Raise ValueError for anything else."""
        if text.lower() not in ("size", "age", "name"):
            raise ValueError("type size, age or name")
        return cls(text.lower())


class HomeSize(str):
    """The size of a home: a whole number of Gi or Ti, such as `20Gi`; `bytes` is its value."""

    __slots__ = ()
    noun = "a size"
    placeholder = "size"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept a whole number with Gi or Ti, up to the largest disk or share there is. Raise ValueError."""
        match = _SIZE.fullmatch(text.strip())
        if match is None:
            raise ValueError(_mended(text.strip()))
        size = int(match[1]) * _UNITS[match[2].lower()]
        if not size:
            raise ValueError("type more than nothing, as in 20Gi")
        if size > _LARGEST:
            raise ValueError(f"no disk is that large; type {from_bytes(_LARGEST)} at most, as in 20Gi")
        return cls(from_bytes(size))

    @property
    def bytes(self) -> int:
        """The size in bytes."""
        return to_bytes(self)


def _mended(text: str) -> str:
    """Return what is wrong with a size, and what to type instead."""
    if match := _FRACTION.fullmatch(text):
        up = int(match[1]) + 1
        return f"disks have whole sizes; type one without a comma or a point, as in {up}{match[2] or 'Gi'}"
    if match := _OTHER_UNIT.fullmatch(text):
        return f"type the unit as Gi (1024³ bytes) or Ti, as in {match[1]}Gi"
    if text.isdecimal() and text.isascii():
        return f"it has no unit; type {text[:6]}Gi for gibibytes"
    return "type a whole number with Gi or Ti, as in 20Gi"
