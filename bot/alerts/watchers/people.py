"""People with a home whose name has changed in Entra: they would meet an empty one. And people who have left."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from bot.alerts.finding import Finding, Severity, Watcher
from cards.views import typing
from commands.ports.context import Reads
from commands.storage.departures import Departure, Fate, departures, home_owners
from commands.storage.homes import quoted

_DOCTOR: Final = "/jhub storage doctor"


async def look(reads: Reads) -> Sequence[Finding]:
    """Ask Graph who is behind the names of those who have a home. Raise Unavailable."""
    if reads.people is None or reads.identities is None:
        return ()
    owners = await home_owners(await reads.hub.users(), reads)
    return judge(await departures(owners, reads))


def judge(found: Sequence[Departure]) -> list[Finding]:
    """Return a finding for each of them: one alert for those with another name, one for those who left. Pure."""
    return [_renamed(one) if one.fate is Fate.RENAMED else _left(one) for one in found]


def _renamed(one: Departure) -> Finding:
    return Finding(
        key=f"renamed {one.name}",
        severity=Severity.WARNING,
        title=f"{one.name} is now {one.upn}",
        cause="Entra has another name for the same person. Whoever logs in by a new name meets an empty home.",
        advice=(f"Have the hub follow: {_DOCTOR} has the line for each.",),
        buttons=(
            typing("Rename", f"/jhub user rename {quoted(one.name)} {quoted(one.upn)}"),
            typing("Check storage", _DOCTOR),
        ),
        subjects=(f"{one.name} → {one.upn}",),
        group="people renamed",
        several="{count} people with a home have a new name",
    )


def _left(one: Departure) -> Finding:
    return Finding(
        key=f"left {one.name}",
        severity=Severity.NOTE,
        title=f"{one.name} has left, and the home is still there",
        cause="Entra no longer has the person, or does not let them log in. Their disks go on costing.",
        advice=("Ask whether anybody needs the files before you delete a home.",),
        buttons=(typing("Check storage", _DOCTOR),),
        subjects=(one.name,),
        group="people left",
        several="{count} people have left, and their homes are still there",
    )


# A name changes seldom, and nothing breaks before its owner logs in.
WATCHER = Watcher("people", look, every=timedelta(minutes=5), dwell=timedelta(0), clear=timedelta(minutes=10))
