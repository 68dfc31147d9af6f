"""Check of the namespace's quotas and limit ranges: there is room for another server, as the values ask for it."""

from collections.abc import Sequence
from typing import Final

from clients.kube import ResourceQuota
from clients.kube.quotas import amount
from commands.diagnostics.checks.readings import Check, CheckResult, Readings, failed, passed, unwrap, warning
from commands.servers.quotas import outlook

_WAY: Final = "Whoever runs the cluster can raise it"
_NAMED: Final = 3


def judge(readings: Readings) -> CheckResult:
    """Judge what one server asks for, then what else is used up."""
    quotas, ranges = unwrap(readings.quotas), unwrap(readings.limit_ranges)
    found = outlook(readings.release, quotas, ranges)
    if found:
        says = failed if found[0].refuses else warning
        return says(" ".join(one.words for one in found[:_NAMED]).rstrip("."), found[0].way)
    if full := _used_up(quotas):
        return warning(f"used up, though no server needs it: {', '.join(full[:_NAMED])}", _WAY)
    if not (quotas or ranges):
        return passed("none: the namespace may use what the nodes have")
    return passed("there is room for more servers")


def _used_up(quotas: Sequence[ResourceQuota]) -> list[str]:
    """Return the resources of which nothing is left. That a quota allows none at all is meant so."""
    return [
        f"{resource} of {quota.name}"
        for quota in quotas
        for resource, hard in quota.hard.items()
        if 0 < amount(hard) <= amount(quota.used.get(resource))
    ]


CHECK = Check(155, "Quotas", judge)
