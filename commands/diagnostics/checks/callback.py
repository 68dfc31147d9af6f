"""Check of where Entra sends people back to: the hub, and an address that the app registration knows."""

from commands.diagnostics.checks.readings import Check, CheckResult, Readings, failed, passed, unwrap
from commands.login.problems import of_callback


def judge(readings: Readings) -> CheckResult:
    """Compare the values with the public host and the app registration."""
    found = unwrap(readings.login)
    if found is None or not found.settings.is_entra:
        return passed("not checked: people do not log in through Entra")
    if not found.settings.callback:
        way = f"Set oauth_callback_url in hub.config to {found.settings.expected_callback(found.host)}"
        return failed("the values name no callback", way)
    if problems := of_callback(found):
        line, way = problems[0][0][0], problems[0][0][-1]
        return failed(line.rstrip("."), way.removeprefix("→ "))
    unwrap(found.app)
    return passed(f"{found.settings.callback}, which is registered in Entra")


CHECK = Check(40, "Callback", judge)
