"""Ages as in kubectl's tables: "45s", "5m12s", "3h20m", "12d"."""

from datetime import datetime

from sandbox.apiserver.objects.json_objects import moment

_MINUTE, _HOUR, _DAY, _YEAR = 60, 3600, 86400, 365 * 86400

# Up to that many seconds: in which unit, with which smaller one beside it.
_STEPS = (
    (2 * _MINUTE, 1, "s", 0, ""),
    (10 * _MINUTE, _MINUTE, "m", 1, "s"),
    (3 * _HOUR, _MINUTE, "m", 0, ""),
    (8 * _HOUR, _HOUR, "h", _MINUTE, "m"),
    (2 * _DAY, _HOUR, "h", 0, ""),
    (8 * _DAY, _DAY, "d", _HOUR, "h"),
    (2 * _YEAR, _DAY, "d", 0, ""),
    (8 * _YEAR, _YEAR, "y", _DAY, "d"),
)


def age(since: object, now: datetime) -> str:
    """Return the time from a Kubernetes timestamp to now, "<unknown>" without one."""
    if not isinstance(since, str) or not since:
        return "<unknown>"
    return duration((now - moment(since)).total_seconds())


def duration(seconds: float) -> str:
    """Return a span of time in at most two units, in the steps of apimachinery's HumanDuration."""
    whole = max(int(seconds), 0)
    for limit, unit, name, smaller, smaller_name in _STEPS:
        if whole < limit:
            rest = whole % unit // smaller if smaller else 0
            return f"{whole // unit}{name}" + (f"{rest}{smaller_name}" if rest else "")
    return f"{whole // _YEAR}y"
