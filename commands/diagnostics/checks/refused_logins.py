"""Check of what Entra did with the logins of the last hour: a good secret in the values proves none of them."""

from cards.views import Tone
from commands.diagnostics.checks.readings import Check, CheckResult, Readings, passed, unwrap
from commands.login.problems import of_refusals


def judge(readings: Readings) -> CheckResult:
    """Judge the refusals that nobody's login has ended."""
    found = unwrap(readings.login)
    if found is None or not found.settings.is_entra:
        return passed("not by Entra")
    if found.log:
        return CheckResult(Tone.WARNING, f"cannot be checked: {found.log}", "/jhub logs hub")
    wrong = sorted(of_refusals(found), key=lambda one: one[1] is not Tone.BAD)
    if not wrong:
        return passed("none was refused by Entra within the last hour")
    (line, *ways), tone = wrong[0]
    return CheckResult(tone, line.rstrip("."), (ways[0].removeprefix("→ ") if ways else "/jhub auth"))


CHECK = Check(62, "Logins lately", judge)
