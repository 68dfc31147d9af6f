"""Check of the bot's rights in Microsoft Graph: who is in which group, and the hub's app registration."""

from clients.errors import Unavailable
from commands.diagnostics.checks.readings import Check, CheckResult, Readings, failed, passed, unwrap


def judge(readings: Readings) -> CheckResult:
    """Judge both: without the first nobody may do anything, without the second no secret is seen to expire."""
    if isinstance(readings.memberships, Unavailable):
        return failed(
            str(readings.memberships), "Grant the permission (docs/permissions.md); until then nobody's level is known"
        )
    found = unwrap(readings.login)
    if found is not None and found.settings.is_entra and isinstance(found.app, Unavailable):
        return failed(f"the hub's app registration cannot be read: {found.app}", "Grant the permission (docs/login.md)")
    return passed("memberships and app registrations can be read")


CHECK = Check(170, "The bot in Microsoft Graph", judge)
