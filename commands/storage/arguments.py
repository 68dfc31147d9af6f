"""Argument types of the commands about homes."""

from typing import Self


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
