"""Check of who gets in: not everybody in the tenant."""

from commands.diagnostics.checks.readings import Check, CheckResult, Readings, passed, unwrap, warning
from commands.login.problems import of_people


def judge(readings: Readings) -> CheckResult:
    """Judge the restriction in the values, and that of the enterprise application."""
    found = unwrap(readings.login)
    if found is None or not found.settings.is_entra:
        return passed("decided by the authenticator")
    # The name of users has a line of its own.
    problems = [lines for lines, _ in of_people(found) if "username_claim" not in lines[-1]]
    if problems:
        return warning(problems[0][0].rstrip("."), problems[0][-1].removeprefix("→ "))
    if found.settings.allow_all:
        unwrap(found.app)
        return passed("everybody who is assigned to the enterprise application")
    return passed("those whom the values name")


CHECK = Check(50, "Who gets in", judge)
