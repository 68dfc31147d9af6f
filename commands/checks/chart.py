"""The chart: which version is live, whether the last upgrade worked, and what a newer one would break.

After z2jh's own upgrade notes (2.0: database migration; 3.0: whom OAuthenticator lets in; 4.0: names of homes).
"""

from typing import Final

from commands.checks.readings import Check, Line, Readings, doubtful, fine, told, wrong
from commands.release import standing

_HAZARDS: Final = (
    (2, "2.0 migrates the hub's database and there is no way back"),
    (3, "from 3.0 who may log in must be said in the values"),
    (4, "4.0 names homes anew: keep slug_scheme and the name template, and stop all servers first"),
)
_MEND: Final = "Read docs/decisions and the chart's upgrade notes before deploying another chart"


def judge(readings: Readings) -> Line:
    """The newest revision's standing first: nothing can be upgraded while it hangs."""
    live, newest = readings.release, told(readings.newest)
    if newest is not None and newest.revision != live.revision:
        return wrong(f"revision {newest.revision} is not live: {standing(newest)[0]}", "/jhub history")
    major = _major(live.chart.version)
    ahead = [text for number, text in _HAZARDS if major < number]
    if ahead:
        return doubtful(f"{live.chart.version} is old: {'; '.join(ahead)}", _MEND)
    local = told(readings.chart)
    if local is not None and _major(local) > major:
        return doubtful(f"{live.chart.version} is live, the configured chart is {local}: another major version", _MEND)
    return fine(f"{live.chart.name} {live.chart.version}, revision {live.revision}")


def _major(version: str) -> int:
    first = version.lstrip("v").partition(".")[0]
    return int(first) if first.isdecimal() else 0


CHECK = Check(120, "Chart", judge)
