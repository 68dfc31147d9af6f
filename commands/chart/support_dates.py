"""Charts of Zero to JupyterHub, and JupyterHubs, that close vulnerabilities. Tables with their dates, updated by hand.

Charts: their changelog, as of chart 4.4.0, the newest on 2026-12-01. Fixes are made in the newest chart alone; charts
before a security release lack that fix.

JupyterHub: its changelog as in 6.1.1, the newest on PyPI on 2026-12-01, with 5.5.4. The majors 5 and 6 get fixes.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from commands.text.version_numbers import parsed


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
# Those before it get fixes no more: what they lack is what the oldest that does has had fixed since.
_MAINTAINED: Final = 5
_OCTOBER: Final = (
    "denial of service by options of a server (GHSA-hx46-2cv3-mh6g), and what few hubs or admins alone can meet "
    "(GHSA-5jhc-4h3c-q97h, GHSA-93gc-h923-mp36, GHSA-r764-xgvf-jrfj, GHSA-pvm9-48cg-w76j, GHSA-x7xh-7hc7-9436)"
)
# Of JupyterHub itself: what the newest chart may still lack.
HUB: Final = (
    SecurityRelease((6, 1, 0), date(2026, 10, 14), _OCTOBER),
    SecurityRelease((5, 5, 3), date(2026, 10, 14), _OCTOBER),
    SecurityRelease((5, 5, 2), date(2026, 9, 1), "servers shared by users who were renamed (GHSA-mj6q-mp44-53v8)"),
    SecurityRelease(
        (5, 5, 1),
        date(2026, 8, 10),
        "servers shared by their users (GHSA-c4gm-pwx9-9w8j), admin roles limited to a group (GHSA-69wv-m5fw-2fhp)",
    ),
    SecurityRelease((5, 5, 0), date(2026, 6, 10), "denial of service by failed logins (GHSA-p43p-whwx-q52h)"),
)


def missing_hub_fixes(version: str) -> tuple[SecurityRelease, ...]:
    """Return the security releases after that version of JupyterHub, the newest first; none if it is no version.

    Those of a later major are left out: they fix what a release of its own major fixes.
    """
    known = parsed(version)
    if known is None:
        return ()
    major = max(known[0], _MAINTAINED)
    return tuple(one for one in HUB if one.version > known and one.version[0] == major)


def missing_fixes(chart: str) -> tuple[SecurityRelease, ...]:
    """Return the security releases after that chart, the newest first."""
    known = parsed(chart)
    return tuple(one for one in CHARTS if one.version > known) if known else ()
