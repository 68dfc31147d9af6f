"""Charts of Zero to JupyterHub that close vulnerabilities. One table, to be updated by hand.

From its changelog, as of chart 4.4.0. Fixes are made in the newest chart alone; charts before a security release lack
that fix.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from commands.text.version_numbers import parsed


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


def missing_fixes(chart: str) -> tuple[SecurityRelease, ...]:
    """Return the security releases after that chart, the newest first."""
    known = parsed(chart)
    return tuple(one for one in CHARTS if one.version > known) if known else ()
