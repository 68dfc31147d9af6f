"""Check of the hub: it answers the bot, with a token that is good."""

from clients.errors import Unavailable
from commands.diagnostics.checks.readings import Check, Line, Readings, fine, wrong


def judge(readings: Readings) -> Line:
    """Judge the answer to the question for its version, which needs the token."""
    if isinstance(readings.version, Unavailable):
        return wrong(str(readings.version), "/jhub pods hub")
    return fine(f"JupyterHub {readings.version}")


CHECK = Check(150, "Hub", judge)
