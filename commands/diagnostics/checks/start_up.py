"""Check of the start-up script of users' servers, which sets up what the image expects.

The result does not show what the script runs: commands hold passwords as well as anything.
"""

from commands.diagnostics.checks.readings import Check, CheckResult, Readings, passed, warning


def judge(readings: Readings) -> CheckResult:
    """Judge the hook after the start, by the values of z2jh."""
    command = readings.release.value("singleuser", "lifecycleHooks", "postStart", "exec", "command")
    if not isinstance(command, list) or not command:
        way = "Set singleuser.lifecycleHooks.postStart.exec.command in the release's values"
        return warning("users' servers start without a start-up script", way)
    lines = sum(len(str(part).strip().splitlines()) for part in command)
    return passed(f"set, {lines} lines" if lines > 1 else "set")


CHECK = Check(130, "Start-up script", judge)
