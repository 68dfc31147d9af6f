"""Check of the bot's rights in Kubernetes: each verb that it needs, asked of the cluster itself."""

from typing import Final

from clients.kube import PERMISSIONS
from commands.diagnostics.checks.readings import Check, CheckResult, Readings, failed, passed, unwrap

_NAMED: Final = 5


def judge(readings: Readings) -> CheckResult:
    """Name the rights that the bot lacks."""
    denied = [one.text for one in unwrap(readings.denied)]
    if denied:
        more = f" and {len(denied) - _NAMED} more" if len(denied) > _NAMED else ""
        return failed(
            f"it may not {', '.join(denied[:_NAMED])}{more}", "Grant it in the bot's Role (docs/permissions.md)"
        )
    return passed(f"it has all {len(PERMISSIONS)} permissions that it needs")


CHECK = Check(160, "The bot in Kubernetes", judge)
