"""End dates of AKS' support for Kubernetes versions. One table, with its source and date, to be updated by hand.

"Supported Kubernetes versions in AKS", AKS Kubernetes release calendar, as of 2026-11 (the last day of the month where
the calendar names a month; community support, the plan KubernetesOfficial).

The plan AKSLongTermSupport goes on for one more year ("Long-term support for AKS": one year of community support and
one of long-term support, from the tier Premium on).
"""

from datetime import date
from typing import Final

from commands.text.version_numbers import parsed

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
LONG_TERM: Final = "AKSLongTermSupport"
OFFICIAL: Final = "KubernetesOfficial"


def kubernetes_end(version: str, plan: str = OFFICIAL) -> date | None:
    """Return the last day on which AKS supports that version by that plan, or None if the table does not have it.

    Versions older than the table ended before it begins; the oldest one's date stands for them.
    """
    known = parsed(version)
    if known is None:
        return None
    oldest = min(KUBERNETES)
    end = KUBERNETES.get(known[:2], KUBERNETES[oldest] if known[:2] < oldest else None)
    return _a_year_later(end) if end and plan == LONG_TERM else end


def _a_year_later(day: date) -> date:
    last = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year + 1, day=28 if last else day.day)
