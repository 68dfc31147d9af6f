"""Check of the claim from which users get their names: homes hang on them."""

from commands.diagnostics.checks.readings import Check, CheckResult, Readings, passed, warning
from commands.login.problems import of_names
from commands.login.settings import login_settings


def judge(readings: Readings) -> CheckResult:
    """Doubt the display name: two people can have the same."""
    its = login_settings(readings.release)
    if not its.is_entra:
        return passed("decided by the authenticator")
    for lines, _ in of_names(its):
        return warning(lines[0].rstrip("."), lines[-1].removeprefix("→ ").rstrip("."))
    return passed(f"the claim “{its.username_claim}”")


CHECK = Check(30, "User names", judge)
