"""Kubernetes' quantities as bytes and back (apimachinery 0.32, pkg/api/resource)."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

_QUANTITY: Final = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(?:([KMGTPE]i)|([munkMGTPE])|[eE]([+-]?\d{1,3}))?")
# No quantity and no resource has a longer form.
_LONGEST: Final = 64
_LONGEST_NAME: Final = 317
_BINARY: Final = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60}
_DECIMAL: Final = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}


def to_bytes(quantity: str) -> int:
    """Return the quantity as whole bytes, rounded up; 0 for text that is no quantity."""
    return _up(_exactly(quantity) or Decimal(0))


def to_number(quantity: str) -> float | None:
    """Return the quantity as a number, such as 0.5 for "500m"; None for text that is no quantity."""
    found = _exactly(quantity)
    return None if found is None else float(found)


def numbers(quantities: Mapping[str, object]) -> dict[str, float]:
    """Return quantities by name as numbers, without those that cannot be read."""
    found = {str(name)[:_LONGEST_NAME]: to_number(str(value)[:_LONGEST]) for name, value in quantities.items()}
    return {name: number for name, number in found.items() if number is not None}


def _exactly(quantity: str) -> Decimal | None:
    match = _QUANTITY.fullmatch(quantity)
    if match is None:
        return None
    number, binary, decimal, exponent = match.groups()
    if binary:
        return Decimal(number) * _BINARY[binary]
    return Decimal(number).scaleb(_DECIMAL[decimal] if decimal else int(exponent or 0))


def _up(number: Decimal) -> int:
    whole = int(number)
    return whole if whole == number else whole + 1


def from_bytes(size: int) -> str:
    """Return the size with the largest binary unit that divides it: "10Gi", "1500Mi", "1234567"."""
    for unit, factor in reversed(_BINARY.items()):
        if size >= factor and size % factor == 0:
            return f"{size // factor}{unit}"
    return str(size)
