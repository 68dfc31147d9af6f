"""Check that the bot may read the hub's counters of starts, by which it notices those that leave no trace elsewhere."""

from commands.diagnostics.checks.readings import Check, CheckResult, Readings, passed, unwrap, warning


def judge(readings: Readings) -> CheckResult:
    """Judge by the hub's answer: it refuses a token without the scope read:metrics."""
    if unwrap(readings.spawns) is None:
        return warning(
            "the hub does not let the bot read them: starts that fail are known by its log alone",
            "Add read:metrics to the scopes of the bot's role in hub.loadRoles and deploy",
        )
    return passed("the bot reads them")


CHECK = Check(152, "Counters of starts", judge)
