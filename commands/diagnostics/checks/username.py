"""Check of the claim from which users get their names: homes hang on them."""

from commands.diagnostics.checks.readings import Check, CheckResult, Readings, passed, warning
from commands.login.settings import DEFAULT_CLAIM, login_settings


def judge(readings: Readings) -> CheckResult:
    """Doubt the display name: two people can have the same."""
    its = login_settings(readings.release)
    if its.is_entra and its.username_claim == DEFAULT_CLAIM:
        return warning(
            "users are named by the claim “name”: two people with the same name would share a home",
            "Set username_claim in hub.config to upn before people have homes",
        )
    return passed(f"the claim “{its.username_claim}”" if its.is_entra else "decided by the authenticator")


CHECK = Check(30, "User names", judge)
