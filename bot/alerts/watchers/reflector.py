"""A hub that is ready, answers, and no longer sees its pods: nothing else tells, and a restart mends it."""

from collections.abc import Sequence
from datetime import timedelta

from bot.alerts.finding import Finding, Severity, Watcher
from cards.times import minute
from cards.views import Fact, typing
from commands.ports.context import Reads
from commands.servers.reflector import DeadReflector, dead_reflector


async def look(reads: Reads) -> Sequence[Finding]:
    """Hold the hub's servers against the pods, and its log. Raise Unavailable of either."""
    return judge(await dead_reflector(reads))


def judge(dead: DeadReflector | None) -> list[Finding]:
    """Return the finding where the evidence is complete. Pure."""
    if dead is None:
        return []
    return [
        Finding(
            key="reflector",
            severity=Severity.CRITICAL,
            title="The hub no longer sees its pods",
            cause=f"{dead.words} New servers start and never become ready for their users.",
            facts=(Fact("Gave up", minute(dead.since)),),
            advice=("Restarting the hub begins the watch again; users’ servers go on. /jhub logs hub has its words.",),
            buttons=(typing("Restart hub", "/jhub restart hub"),),
            subjects=tuple(dict.fromkeys((*dead.unseen, *dead.gone))),
        )
    ]


WATCHER = Watcher(
    "reflector",
    look,
    every=timedelta(minutes=1),
    # A hub that has just been told of a pod is still on its way to it.
    dwell=timedelta(minutes=1),
    clear=timedelta(minutes=1),
)
