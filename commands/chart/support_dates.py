"""End dates of support for versions, and security releases: tables with their sources and dates, updated by hand.

Kubernetes on AKS: "Supported Kubernetes versions in AKS", AKS Kubernetes release calendar, as of 2026-11 (the last day
of the month where the calendar names a month; community support). Long-term support: the same page as of 2024-10-30,
which names 1.27 and 1.30; of other versions it is not known here.

Charts of Zero to JupyterHub: its changelog, as of chart 4.4.0, the newest on 2026-12-01. Fixes are made in the newest
chart alone; charts before a security release lack that fix.

JupyterHub: its changelog as of 2026-08-20, and the versions on PyPI as of 2026-12-01 (5.5.4 and 6.1.1 are the newest).
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
LONG_TERM: Final = {(1, 27): date(2025, 7, 31), (1, 30): date(2026, 7, 31)}
_VERSION = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?")


@dataclass(frozen=True)
class SecurityRelease:
    """A release that fixed a vulnerability: its version, its date, and the vulnerability."""

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


HUB_AS_OF: Final = date(2026, 12, 1)
# Of JupyterHub itself: what the newest chart may still lack.
HUB: Final = (
    SecurityRelease(
        (5, 5, 1),
        date(2026, 8, 10),
        "servers shared by their users (GHSA-c4gm-pwx9-9w8j), admin roles limited to a group (GHSA-69wv-m5fw-2fhp)",
    ),
    SecurityRelease((5, 5, 0), date(2026, 6, 10), "denial of service by failed logins (GHSA-p43p-whwx-q52h)"),
)


def missing_hub_fixes(version: str) -> tuple[SecurityRelease, ...]:
    """Return the security releases after that version of JupyterHub, the newest first; none if it is no version."""
    known = parsed(version)
    return tuple(one for one in HUB if one.version > known) if known else ()


def long_term_end(version: str) -> date | None:
    """Return the last day of AKS' long-term support for that version, which is paid for; None if it is not known."""
    known = parsed(version)
    return LONG_TERM.get(known[:2]) if known else None


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
