"""Argument types of the commands about node pools and costs."""

import re
from typing import Final, Self

# AKS: a Linux pool's name ("Create node pools", naming rules); and the most nodes of a pool.
_POOL = re.compile(r"[a-z][a-z0-9]{0,11}")
_COUNT = re.compile(r"[0-9]{1,6}")
_SIZE = re.compile(r"[A-Za-z]+_[A-Za-z0-9_-]{1,40}")
_VERSION = re.compile(r"[0-9]{1,2}\.[0-9]{1,3}(\.[0-9]{1,4})?")
_DAYS = re.compile(r"[0-9]{1,4}")
MOST_NODES: Final = 1000
_MOST_DAYS: Final = 3650
DIVISIONS: Final = ("user", "profile", "group")


class PoolName(str):
    """The name of a node pool, such as `users`."""

    __slots__ = ()
    noun = "the name of a node pool"
    placeholder = "pool"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept what Azure accepts for a Linux pool (AKS naming rules). Raise ValueError."""
        if not _POOL.fullmatch(text):
            raise ValueError(
                "type 1 to 12 lower-case letters and digits, a letter first, as in users2; /jhub nodes lists the pools"
            )
        return cls(text)


class Count(str):
    """A number of nodes, whole and up to Azure's limit for a pool; `value` is it as an integer."""

    __slots__ = ()
    noun = "a number of nodes"
    placeholder = "number"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept digits. Raise ValueError."""
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
        """Accept what `Count` accepts, and “off”. Raise ValueError."""
        return cls("off") if text.lower() == "off" else super().parse(text)

    @property
    def is_off(self) -> bool:
        """True for “off”, which has no value."""
        return self == "off"


class KubernetesVersion(str):
    """A version of Kubernetes, such as `1.36` (its newest patch) or `1.36.2`."""

    __slots__ = ()
    noun = "a version of Kubernetes"
    placeholder = "version"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept two or three numbers, with or without a v. Raise ValueError."""
        plain = text.removeprefix("v")
        if not _VERSION.fullmatch(plain):
            raise ValueError("type the version as in 1.36 or 1.36.2; /jhub cluster upgrade lists what Azure offers")
        return cls(plain)

    @property
    def is_whole(self) -> bool:
        """True if it names a patch version."""
        return self.count(".") > 1


class MachineSize(str):
    """A size of virtual machines, such as `Standard_E8s_v5`. Only Azure knows if the subscription has it."""

    __slots__ = ()
    noun = "a machine size"
    placeholder = "size"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept a name as Azure forms them. Raise ValueError."""
        if not _SIZE.fullmatch(text):
            raise ValueError("type the name that Azure gives it, as in Standard_E8s_v5")
        return cls(text)


class Division(str):
    """What costs are divided by: `user`, `profile` or `group`."""

    __slots__ = ()
    noun = "a way to divide costs"
    placeholder = "user|profile|group"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept one of the words, in either number. Raise ValueError."""
        word = text.lower().removesuffix("s")
        if word not in DIVISIONS:
            raise ValueError("type --by user, --by profile or --by group")
        return cls(word)


class Days(str):
    """A number of days up to ten years; `value` is it as an integer."""

    __slots__ = ()
    noun = "a number of days"
    placeholder = "days"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept digits, with or without a d. Raise ValueError."""
        digits = text.lower().removesuffix("d")
        if not _DAYS.fullmatch(digits) or not 1 <= int(digits) <= _MOST_DAYS:
            raise ValueError(f"type a whole number from 1 to {_MOST_DAYS}, as in 30")
        return cls(digits)

    @property
    def value(self) -> int:
        """The number."""
        return int(self)
