"""Check of the hub: it answers the bot, with a token that is good."""

from clients.errors import Unavailable
from commands.diagnostics.checks.readings import Check, CheckResult, Readings, failed, passed


def judge(readings: Readings) -> CheckResult:
    """Judge the answer to the question for its version, which needs the token."""
    if isinstance(readings.version, Unavailable):
        return failed(str(readings.version), "/jhub pods hub")
    return passed(f"JupyterHub {readings.version}")


CHECK = Check(150, "Hub", judge)
