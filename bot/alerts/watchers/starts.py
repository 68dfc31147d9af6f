"""Server starts that keep being refused: there is neither a pod nor an event, and only the user sees it."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from bot.alerts.finding import Finding, Severity, Watcher
from cards.views import Fact, typing
from commands.framework.usage import quoted
from commands.ports.context import Reads
from commands.servers.refused_starts import RefusedStart, refused_starts

_WITHIN: Final = timedelta(minutes=10)
# Fewer may be one person who tries again.
_MANY: Final = 3


async def look(reads: Reads) -> Sequence[Finding]:
    """Read the hub's log of the last ten minutes. Raise Unavailable."""
    return judge(await refused_starts(reads, _WITHIN))


def judge(refused: Sequence[RefusedStart]) -> list[Finding]:
    """Return one finding where many were refused, with the cause that most of them share. Pure."""
    if len(refused) < _MANY:
        return []
    (reason, shared), *others = Counter(one.reason for one in refused).most_common()
    typical = next(one.trouble for one in refused if one.reason == reason)
    step = typical.step
    users = tuple(dict.fromkeys(one.user for one in refused if one.user))
    more = f" {shared} of {len(refused)} failed so." if others else ""
    return [
        Finding(
            key="starts refused",
            severity=Severity.CRITICAL,
            title="Server starts keep failing",
            cause=typical.words + more,
            facts=(Fact("Failed starts", f"{len(refused)} within 10 minutes"),),
            advice=("/jhub why <user> explains one of them.",) if users else (),
            buttons=(
                *((typing(step.title, step.line),) if step else ()),
                *((typing("Why", f"/jhub why {quoted(users[-1])}"),) if users else ()),
            ),
            subjects=users,
        )
    ]


WATCHER = Watcher(
    "starts",
    look,
    every=timedelta(minutes=1),
    dwell=timedelta(0),
    clear=timedelta(minutes=1),
)
