"""Amounts as Kubernetes writes them: "500m", "2", "10Gi", "1e3"."""

import re
from decimal import ROUND_UP, Decimal
from functools import lru_cache

_FORM = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))((?:[eE][+-]?\d{1,3})|[numkMGTPE]|[KMGTPE]i)?")
_SUFFIXES = {
    **{suffix: Decimal(10) ** power for suffix, power in zip("num", (-9, -6, -3), strict=True)},
    **{suffix: Decimal(10) ** (3 * index) for index, suffix in enumerate(("", "k", "M", "G", "T", "P", "E"))},
    **{f"{suffix}i": Decimal(1024) ** index for index, suffix in enumerate("KMGTPE", start=1)},
}
_STEP = 1024
_UNITS = ("Ki", "Mi", "Gi", "Ti", "Pi", "Ei")


@lru_cache(maxsize=4096)
def amount(text: str) -> Decimal:
    """Return the number that a quantity stands for. Raise ValueError if it is not one."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a quantity")
    number, suffix = match[1], match[2] or ""
    if suffix not in _SUFFIXES:
        return Decimal(number + suffix)
    return Decimal(number) * _SUFFIXES[suffix]


def is_quantity(text: str) -> bool:
    """Return True for what Kubernetes takes as an amount."""
    return _FORM.fullmatch(text) is not None


def written(number: Decimal) -> str:
    """Return a number as a quantity: with the largest binary unit that divides it, whole, or in thousandths."""
    if number != int(number):
        return f"{int((number * 1000).to_integral_value(rounding=ROUND_UP))}m"
    whole, unit = int(number), ""
    for larger in _UNITS:
        if not whole or whole % _STEP:
            break
        whole, unit = whole // _STEP, larger
    return f"{whole}{unit}"
