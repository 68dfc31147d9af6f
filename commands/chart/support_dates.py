"""End dates of support for versions. One table, with its source and date, to be updated by hand.

Kubernetes on AKS: "Supported Kubernetes versions in AKS", AKS Kubernetes release calendar, as of 2026-11 (the last day
of the month where the calendar names a month; community support, not LTS).

Charts of Zero to JupyterHub: its changelog, as of chart 4.4.0. Fixes are made in the newest chart alone; charts before
a security release lack that fix.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

KUBERNETES: Final = {
    (1, 29): date(2025, 3, 31),
    (1, 30): date(2025, 8, 22),
    (1, 31): date(2025, 11, 1),
    (1, 32): date(2026, 3, 31),
    (1, 33): date(2026, 7, 31),
    (1, 34): date(2026, 11, 30),
    (1, 35): date(2027, 3, 31),
    (1, 36): date(2027, 6, 30),
    (1, 37): date(2027, 10, 31),
}
_VERSION = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?")


@dataclass(frozen=True)
class SecurityRelease:
    """A chart release that fixed a vulnerability: its version, its date, and the vulnerability."""

    version: tuple[int, int, int]
    day: date
    closed: str

    @property
    def name(self) -> str:
        """The version as it is written."""
        return ".".join(map(str, self.version))


CHARTS: Final = (
    SecurityRelease((4, 4, 0), date(2026, 6, 10), "denial of service in JupyterHub (GHSA-p43p-whwx-q52h)"),
    SecurityRelease((4, 3, 4), date(2026, 4, 28), "cross-site request forgery in JupyterHub (CVE-2026-40864)"),
    SecurityRelease((4, 3, 3), date(2026, 3, 26), "an open redirect in JupyterHub and others (CVE-2026-33709)"),
)


def parsed(version: str) -> tuple[int, int, int] | None:
    """Return `v1.32.7` or `4.4.0` as numbers, or None for what is no version."""
    found = _VERSION.match(version)
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else None


def kubernetes_end(version: str) -> date | None:
    """Return the last day on which AKS supports that version, or None if the table does not have it.

    Versions older than the table ended before it begins; the oldest one's date stands for them.
    """
    known = parsed(version)
    if known is None:
        return None
    oldest = min(KUBERNETES)
    return KUBERNETES.get(known[:2], KUBERNETES[oldest] if known[:2] < oldest else None)


def missing_fixes(chart: str) -> tuple[SecurityRelease, ...]:
    """Return the security releases after that chart, the newest first."""
    known = parsed(chart)
    return tuple(one for one in CHARTS if one.version > known) if known else ()
