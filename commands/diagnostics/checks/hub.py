"""Check of the hub: it answers the bot, and accepts its token.

It tells everybody its version (JupyterHub 1.4 to 6.1, apihandlers/hub.py), so that proves no token.
"""

from clients.errors import Forbidden, Unavailable
from commands.diagnostics.checks.readings import Check, CheckResult, Readings, failed, passed


def judge(readings: Readings) -> CheckResult:
    """Judge the answers to the questions for its version, and for its users, which needs the token."""
    for answer in (readings.version, readings.active_users):
        if isinstance(answer, Forbidden):
            return failed(str(answer), answer.remedy)
        if isinstance(answer, Unavailable):
            return failed(str(answer), "/jhub pods hub")
    return passed(f"JupyterHub {readings.version}")


CHECK = Check(150, "Hub", judge)
