"""Check of the bot's rights in Microsoft Graph: who is in which group, and the hub's app registration."""

from clients.errors import Unavailable
from commands.diagnostics.checks.readings import Check, Line, Readings, fine, told, wrong


def judge(readings: Readings) -> Line:
    """Judge both: without the first nobody may do anything, without the second no secret is seen to expire."""
    if isinstance(readings.memberships, Unavailable):
        return wrong(
            str(readings.memberships), "Grant the permission (docs/permissions.md); until then nobody's level is known"
        )
    found = told(readings.login)
    if found is not None and found.its.is_entra and isinstance(found.app, Unavailable):
        return wrong(f"the hub's app registration cannot be read: {found.app}", "Grant the permission (docs/login.md)")
    return fine("memberships and app registrations can be read")


CHECK = Check(170, "The bot in Microsoft Graph", judge)
