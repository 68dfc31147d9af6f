"""Check of the channels by which the Azure Bot can be reached.

Teams alone says who somebody is, and the bot serves nothing else.
"""

from typing import Final

from commands.diagnostics.checks.readings import Check, CheckResult, Readings, failed, passed, unwrap, warning

_TEAMS: Final = "MsTeamsChannel"
_KNOWN: Final = {"WebChatChannel": "Web Chat", "DirectLineChannel": "Direct Line"}


def judge(readings: Readings) -> CheckResult:
    """Judge the channels that are on."""
    channels = unwrap(readings.channels)
    if channels is None:
        return passed("not checked: azure.bot, the Azure Bot’s name, is not configured")
    if _TEAMS not in channels:
        return failed("the channel Microsoft Teams is off", "Add it: the Azure Bot, Channels, Microsoft Teams")
    others = [_KNOWN.get(one, one.removesuffix("Channel")) for one in channels if one != _TEAMS]
    if not others:
        return passed("Microsoft Teams is the only one")
    return warning(
        f"{', '.join(others)} {'is' if len(others) == 1 else 'are'} on; the bot refuses what comes that way",
        "Delete every channel but Microsoft Teams: the Azure Bot, Channels",
    )


CHECK = Check(180, "The bot’s channels", judge)
