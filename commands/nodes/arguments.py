"""Argument types of the commands about pools."""

import re
from typing import Final, Self

# AKS: a Linux pool's name ("Create node pools", naming rules); at most so many nodes in a pool.
_POOL = re.compile(r"[a-z][a-z0-9]{0,11}")


_COUNT = re.compile(r"[0-9]{1,6}")


_SIZE = re.compile(r"[A-Za-z]+_[A-Za-z0-9_-]{1,40}")


MOST_NODES: Final = 1000


class PoolName(str):
    """The name of a node pool, such as `users`."""

    __slots__ = ()
    noun = "the name of a node pool"
    placeholder = "pool"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept what Azure accepts for a Linux pool (AKS naming rules). Raises ValueError."""
        if not _POOL.fullmatch(text):
            raise ValueError(
                "type 1 to 12 lower-case letters and digits, a letter first, as in users2; /jhub nodes lists the pools"
            )
        return cls(text)


class Count(str):
    """How many nodes: a whole number up to Azure's limit for a pool; `value` is what it means."""

    __slots__ = ()
    noun = "a number of nodes"
    placeholder = "number"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept digits. Raises ValueError."""
        if not text.isascii() or not text.isdecimal():
            raise ValueError("type a whole number in digits, as in 3")
        if not _COUNT.fullmatch(text) or int(text) > MOST_NODES:
            raise ValueError(f"a pool has at most {MOST_NODES:,} nodes")
        return cls(text)

    @property
    def value(self) -> int:
        """The number."""
        return int(self)


class CountOrOff(Count):
    """A number of nodes, or `off`."""

    __slots__ = ()
    noun = "a number of nodes, or “off”"
    placeholder = "number"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept what `Count` accepts, and “off”. Raises ValueError."""
        return cls("off") if text.lower() == "off" else super().parse(text)

    @property
    def is_off(self) -> bool:
        """Whether it says “off”, and so has no value."""
        return self == "off"


class MachineSize(str):
    """A size of virtual machines, such as `Standard_E8s_v5`. Whether the subscription has it is Azure's to say."""

    __slots__ = ()
    noun = "a machine size"
    placeholder = "size"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept a name as Azure forms them. Raises ValueError."""
        if not _SIZE.fullmatch(text):
            raise ValueError("type the name that Azure gives it, as in Standard_E8s_v5")
        return cls(text)
