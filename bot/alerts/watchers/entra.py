"""Logins that Entra keeps refusing for the same reason: only who tries sees it, on an error page of the hub.

What a browser brings back from Entra, anybody can make up: of it, only a known code is told, and as what it is.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from bot.alerts.finding import Finding, Severity, Watcher
from cards.views import Fact, typing
from commands.login.entra_codes import name_of
from commands.login.refused_logins import RefusalCount, RefusedLogin, counted, refused_logins
from commands.login.settings import login_settings
from commands.ports.context import Reads

_WITHIN: Final = timedelta(minutes=10)
# Fewer may be one person who tries again.
_MANY: Final = 3


async def look(reads: Reads) -> Sequence[Finding]:
    """Read the hub's log of the last ten minutes, where people log in by Entra. Raise Unavailable."""
    live = await reads.releases.deployed()
    if live is None or not login_settings(live).is_entra:
        return ()
    return judge(await refused_logins(reads, _WITHIN))


def judge(refused: Sequence[RefusedLogin]) -> list[Finding]:
    """Return a finding for each reason that was met often enough, but for what is one person's own. Pure."""
    return [_finding(one) for one in counted(refused) if one.times >= _MANY and _is_told(one.last)]


def _is_told(last: RefusedLogin) -> bool:
    if last.known is None:
        return last.by_entra and bool(last.code)
    return not last.known.is_own


def _finding(count: RefusalCount) -> Finding:
    last = count.last
    known = last.known
    why = f"{name_of(last.code)}: {known.meaning}." if known else f"Its code is {name_of(last.code)}."
    source = (
        "Entra told the hub so."
        if last.by_entra
        else "The browsers that came back from Entra brought that code; who opens that address can bring any."
    )
    step = known.step if known and known.step else None
    lines = {"/jhub auth": "Show login", **({step.line: step.title} if step else {})}
    return Finding(
        key=f"login refused {last.code}",
        severity=Severity.CRITICAL if last.by_entra else Severity.WARNING,
        title="Entra refuses the hub: nobody can log in" if last.by_entra else "Entra does not let people log in",
        cause=f"{why} {source}",
        facts=(Fact("Refused logins", f"{count.times} within 10 minutes"),),
        advice=(known.way,) if known else (f"Microsoft explains it: login.microsoftonline.com/error?code={last.code}",),
        buttons=tuple(typing(title, line) for line, title in lines.items()),
    )


WATCHER = Watcher("entra", look, every=timedelta(minutes=1), dwell=timedelta(0), clear=timedelta(minutes=1))
