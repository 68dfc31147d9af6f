"""Check of the client secret of the login: good, and for how long."""

from cards.views import Tone
from commands.diagnostics.checks.readings import Check, CheckResult, Readings, failed, passed, unwrap, warning
from commands.login.client_secrets import urgency, validity


def judge(readings: Readings) -> CheckResult:
    """Judge what Entra says of the secret, then its age."""
    found = unwrap(readings.login)
    if found is None or not found.settings.is_entra:
        return passed("there is none")
    way = (
        "/jhub auth rotate"
        if found.settings.secret_path
        else f"It comes from {found.settings.elsewhere}: change it there"
    )
    if found.accepted is False:
        return failed("Entra does not accept it: nobody can log in", way)
    if found.used is not None and urgency(found.used, readings.now) is not Tone.GOOD:
        return warning(f"valid for only {validity(found.used, readings.now)}", way)
    unwrap(found.accepted)
    unwrap(found.app)
    return passed(f"valid for {validity(found.used, readings.now)}" if found.used else "Entra accepts it")


CHECK = Check(60, "Client secret", judge)
