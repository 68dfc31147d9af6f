"""The declaration of a fault that people can switch on and off."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Touched = Sequence[str]
"""The names of the objects that a fault touched."""


@dataclass(frozen=True)
class Switch:
    """A fault that can be switched on in the ways `hows`, the first of which is the usual one.

    `begin` and `heal` act at once, may be called again, and return the names of what they touched. `holds` returns
    False once it is mended: what people do mends some faults. `note` returns the remedy for one way.
    """

    hows: tuple[str, ...]
    begin: Callable[[str], Touched]
    heal: Callable[[], Touched]
    holds: Callable[[], bool] = lambda: True
    note: Callable[[str], str] = lambda _: ""
