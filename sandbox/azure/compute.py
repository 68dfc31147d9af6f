"""Microsoft.Compute's tables: the VM sizes that there are, their families, and the quota of vCPUs."""

import re
from typing import Final

# vCPUs and GiB of memory.
SIZES: Final = {
    "Standard_D2s_v5": (2, 8),
    "Standard_D4s_v5": (4, 16),
    "Standard_D8s_v5": (8, 32),
    "Standard_E4s_v5": (4, 32),
    "Standard_E8s_v5": (8, 64),
    "Standard_E16s_v5": (16, 128),
}
# How many data disks a machine of so many vCPUs takes.
DATA_DISKS: Final = {2: 4, 4: 8, 8: 16, 16: 32}
VCPU_QUOTA: Final = 200
# Azure's name for the vCPUs of all families together.
ALL_FAMILIES: Final = "cores"
_SIZE: Final = re.compile(r"Standard_([A-Z]+)\d+([a-z]*)_(v\d+)")


def family(size: str) -> str:
    """Return the family that Azure counts a size under, such as standardESv5Family."""
    found = _SIZE.fullmatch(size)
    assert found, size  # noqa: S101 - all sizes of the sandbox are named so
    letters, more, version = found.groups()
    return f"standard{letters}{more.upper()}{version}Family"
