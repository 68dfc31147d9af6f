"""Check of what the bot itself has noticed and nobody has mended: the alerts that are open."""

from typing import Final

from cards.views import Tone
from commands.diagnostics.checks.readings import Check, CheckResult, Readings, passed, unwrap

_NAMED: Final = 3


def judge(readings: Readings) -> CheckResult:
    """Judge the open alerts by the worst of them."""
    if readings.alerts is None:
        return passed("kept by the bot that runs: /jhub alerts there")
    alerts = unwrap(readings.alerts)
    if not alerts:
        return passed("none")
    titles = [one.title.rstrip(".") for one in alerts[:_NAMED]]
    left = len(alerts) - len(titles)
    told = "; ".join(titles) + (f"; and {left} more" if left > 0 else "")
    bad = any(one.severity == "critical" for one in alerts)
    return CheckResult(Tone.BAD if bad else Tone.WARNING, told, "/jhub alerts")


CHECK = Check(5, "Open alerts", judge)
