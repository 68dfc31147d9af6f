"""Argument types of the commands about homes."""

from typing import Self


class Order(str):
    """By what a list of homes is sorted: `size`, `age` or `name`."""

    __slots__ = ()
    noun = "a way to sort"
    placeholder = "size|age|name"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Accept one of the three. Raises ValueError."""
        if text.lower() not in ("size", "age", "name"):
            raise ValueError("type size, age or name")
        return cls(text.lower())
