"""Check of the chart: which version is live, if the last upgrade worked, and what a newer one would break.

It judges the way to the newest chart that `commands.chart.hazards` knows, by the live values and the homes that exist.
"""

from collections import Counter
from typing import Final

from clients.errors import Unavailable
from clients.helm import Release
from commands.chart.hazard import ChartUpgrade, Edition, HazardSeverity, HomeCounts
from commands.chart.hazards import without_chart
from commands.chart.hazards_versions import NEWEST
from commands.diagnostics.checks.readings import Check, CheckResult, Readings, failed, passed, unwrap, warning
from commands.kubernetes.claim_names import Scheme, scheme
from commands.release.record import standing
from commands.storage.homes import STORAGE

_CHECK: Final = "/jhub upgrade check"
_MOST: Final = 4


def judge(readings: Readings) -> CheckResult:
    """Judge the newest revision's state first: nothing can be upgraded while it hangs."""
    live, newest = readings.release, unwrap(readings.newest)
    if newest is not None and newest.revision != live.revision:
        return failed(f"revision {newest.revision} is not live: {standing(newest)[0]}", "/jhub history")
    here = Edition(live.chart.version, live.chart.app_version)
    if here.numbers[0] < NEWEST.numbers[0]:
        return warning(f"{here.version} is old: {'; '.join(_hazards_ahead(live, here, readings))}", _CHECK)
    local = unwrap(readings.chart)
    if local is not None and Edition(local).numbers[0] > here.numbers[0]:
        return warning(f"{here.version} is live, but the configured chart is {local}, another major version", _CHECK)
    return passed(f"{live.chart.name} {here.version}, revision {live.revision}")


def _hazards_ahead(live: Release, here: Edition, readings: Readings) -> list[str]:
    """Return the hazards between this version and the newest, in a few words each."""
    way = ChartUpgrade(here, NEWEST, live.values, live.defaults, homes=_homes(readings))
    found = [one.title for one in without_chart(way) if one.severity > HazardSeverity.NOTE]
    more = len(found) - _MOST
    return [*found[:_MOST], f"and {more} more"] if more > 0 else found


def _homes(readings: Readings) -> HomeCounts | None:
    if isinstance(readings.claims, Unavailable):
        return None
    homes = [one for one in readings.claims if one.user and one.component == STORAGE]
    named = Counter(scheme(one.name, one.user, one.server) for one in homes)
    return HomeCounts(len(homes), named[Scheme.OLD] + named[Scheme.OTHER])


CHECK = Check(120, "Chart", judge)
