"""What is known of Azure's disks and shares: how they are billed, how large they get, what must be detached to grow.

Managed disks of the three older kinds are billed by the next larger tier, all others by the gibibyte. Read in
Microsoft's pages about disk types and about expanding disks, of 2026.
"""

import math
from typing import Final

DISK: Final = "disk.csi.azure.com"
SHARE: Final = "file.csi.azure.com"
GIB: Final = 2**30

# Gibibytes of each tier, and its number: P10, E10 and S10 have 128 each.
_TIERS: Final = {
    4: 1,
    8: 2,
    16: 3,
    32: 4,
    64: 6,
    128: 10,
    256: 15,
    512: 20,
    1024: 30,
    2048: 40,
    4096: 50,
    8192: 60,
    16384: 70,
    32767: 80,
}
_LETTERS: Final = {"premium": "P", "standardssd": "E", "standard": "S"}
# The driver's default, where a class names no SKU.
_DEFAULT_SKU: Final = "StandardSSD_LRS"
# Standard hard disks have no tier below this one.
_SMALLEST_HDD: Final = 32
_LARGEST_DISK: Final = 32_767 * GIB
_LARGEST_BY_GIB: Final = 65_536 * GIB
_LARGEST_SHARE: Final = 102_400 * GIB
# A disk of one of the tiers only gets beyond this while no machine has it.
_ATTACHED: Final = 4_095 * GIB


def billed(driver: str, sku: str, size: int) -> str:
    """Return what a disk or share of that size is billed as: the tier "E6 LRS", or each GiB of its kind.

    It is empty for a driver whose billing is not known.
    """
    if driver == SHARE:
        return f"each GiB (Files {sku or 'Standard_LRS'})"
    if driver != DISK:
        return ""
    letter, copies = _letter(sku)
    if not letter:
        return f"each GiB ({sku})"
    least = max(math.ceil(size / GIB), _SMALLEST_HDD if letter == "S" else 0)
    tier = next((number for most, number in _TIERS.items() if most >= least), 0)
    return f"{letter}{tier} {copies}" if tier else ""


def largest(driver: str, sku: str) -> int:
    """Return the largest size that Azure has for it, in bytes; 0 where that is not known."""
    if driver == SHARE:
        return _LARGEST_SHARE
    if driver != DISK:
        return 0
    return _LARGEST_DISK if _letter(sku)[0] else _LARGEST_BY_GIB


def must_be_detached(driver: str, sku: str, size: int, to: int) -> bool:
    """Return True if no running server may have the disk while it grows from `size` to `to`."""
    return driver == DISK and bool(_letter(sku)[0]) and size <= _ATTACHED < to


def grows_with_its_server(driver: str) -> bool:
    """Return True if it is known that a running server sees the new size."""
    return driver in (DISK, SHARE)


def _letter(sku: str) -> tuple[str, str]:
    """Return the letter of the tiers of such a disk, empty where it has none, and how its data are copied."""
    kind, _, copies = (sku or _DEFAULT_SKU).partition("_")
    return _LETTERS.get(kind.lower(), ""), copies.upper()
