"""Check of who gets in: not everybody in the tenant."""

from cards.views import Tone
from commands.diagnostics.checks.readings import Check, CheckResult, Readings, failed, passed, unwrap, warning
from commands.login.problems import of_names, of_people


def judge(readings: Readings) -> CheckResult:
    """Judge the restriction in the values, and that of the enterprise application."""
    found = unwrap(readings.login)
    if found is None or not found.settings.is_entra:
        return passed("decided by the authenticator")
    # The name of users has a line of its own.
    for lines, tone in (one for one in of_people(found) if one not in of_names(found.settings)):
        judged = failed if tone is Tone.BAD else warning
        return judged(lines[0].rstrip("."), lines[-1].removeprefix("→ ").rstrip("."))
    if found.settings.everybody:
        unwrap(found.app)
        return passed("everybody who is assigned to the enterprise application")
    return passed("those whom the values name")


CHECK = Check(50, "Who gets in", judge)
