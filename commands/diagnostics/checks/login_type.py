"""Check of how people log in: by Microsoft Entra, at the page that leads to the release's own client."""

from clients.errors import Unavailable
from clients.http import NOT_ACCEPTED
from commands.diagnostics.checks.readings import Check, CheckResult, Readings, failed, passed, unwrap, warning
from commands.login.problems import of_page
from commands.login.settings import login_settings


def judge(readings: Readings) -> CheckResult:
    """Judge the authenticator, and where the login page leads."""
    its = login_settings(readings.release)
    if not its.is_entra:
        return warning(f"people log in through “{its.authenticator}”, not Entra", "Set authenticator_class to azuread")
    found = unwrap(readings.login)
    if found is not None and isinstance(found.page, Unavailable) and found.page.what == NOT_ACCEPTED:
        return passed("Microsoft Entra; the login page is checked once its certificate is good")
    if found is not None and (problems := of_page(found)):
        line, way = problems[0][0][0], problems[0][0][-1]
        return failed(line.rstrip("."), way.removeprefix("→ "))
    return passed("Microsoft Entra; the login page leads to the release's client")


CHECK = Check(20, "Login type", judge)
