"""Rounds of watching, and what becomes of each finding. One replica watches, by a lease; the others stand by.

All state is in the store: whichever replica looks next finds alerts and cards as the last one left them.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.alerts import lifecycle
from bot.alerts.finding import Finding, Severity, Watcher
from bot.alerts.grouping import grouped
from bot.alerts.lifecycle import Alert, AlertState
from bot.alerts.notifier import Notifier
from bot.alerts.repository import Alerts
from bot.alerts.transitions import transitions
from bot.alerts.wakeup import EngineWakeup
from bot.runtime.leases import Lease
from bot.runtime.periodic import FailureLog, Interval, background, jittered, repeat
from clients.errors import Forbidden, NotFound, Unavailable
from clients.kube import SYSTEM as KUBERNETES
from commands.framework.errors import UserError
from commands.ports.context import Reads

_LOG = logging.getLogger("jhub_bot.alerts")
_FAILURES: Final = FailureLog(_LOG, "alerts cannot be looked after", "a round of watching failed")

# The first round comes after the start, not with it: a start asks nobody outside, and who writes at once is answered
# at once. In each round what is due is looked at. A change in the cluster begins one sooner.
_ROUNDS: Final = Interval(5.0, first=2.0, at_least=1.0)
_LEASE: Final = timedelta(seconds=60)
_AGAIN: Final = timedelta(minutes=1)
# A watcher that takes longer than this, in seconds, has not seen anything.
_PATIENCE: Final = 20.0
# What is looked at at fixed times is looked at a little earlier or later, so that not all ask at once.
_JITTER: Final = 0.1

# Named where a watcher could not see what it looks at, for a reason that is no outside system's.
_WATCHED: Final = "A watched system"
# How long an alert lasts that is only a test.
_TEST: Final = timedelta(minutes=1)

# Watches whether there is anything to see at all: its findings are the systems that do not answer.
WATCHING: Final = "watching"
_SIGHT: Final = Watcher(
    WATCHING,
    look=lambda _: _nothing(),
    every=timedelta(0),
    dwell=timedelta(minutes=2),
    clear=timedelta(minutes=2),
)


async def _nothing() -> Sequence[Finding]:
    return ()


class Engine:
    """Loop that turns what watchers find into alerts. `reads` gives what can be read, as of now.

    `pace` is how much faster than they say watchers look and are believed. `wakeup` begins a round sooner.
    """

    def __init__(
        self,
        *,
        watchers: Sequence[Watcher],
        reads: Callable[[], Reads],
        alerts: Alerts,
        lease: Lease,
        delivery: Notifier,
        now: Callable[[], datetime],
        wakeup: EngineWakeup | None = None,
        pace: float = 1.0,
    ) -> None:
        self._watchers = [one.paced(pace) for one in watchers]
        self._sight = _SIGHT.paced(pace)
        self._reads = reads
        self._alerts = alerts
        self._lease = lease
        self._delivery = delivery
        self._now = now
        self._due: dict[str, datetime] = {}
        self._silent: dict[str, Unavailable] = {}
        self._asleep = False
        self.wakeup = wakeup or EngineWakeup()
        # When a round was last finished by this replica; None while another one looks.
        self.finished: datetime | None = None

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Watch while the block lasts."""
        try:
            rounds = repeat(self.look, _ROUNDS, _FAILURES, wakeup=self.wakeup.event)
            async with background(rounds, name="alerts"):
                yield
        finally:
            await self._delivery.settled()
            with contextlib.suppress(Unavailable):
                await self._lease.release()

    async def look(self) -> None:
        """Do one round: run the due watchers, store what follows and show it. Raise Unavailable of the store."""
        if not await self._lease.hold(self._now(), _LEASE):
            self.finished = None
            return
        asleep = await self._is_asleep()
        due = [one for one in self._take_due() if one.outside or not asleep]
        found = dict(zip((one.name for one in due), await asyncio.gather(*map(self._seen_by, due)), strict=True))
        if not await self._lease.hold(self._now(), _LEASE):
            # It took so long that another replica looks now: what is told twice is worse than what is told later.
            return
        there = await self._alerts.overview(self._now())
        alerts = await self._kept(there.alerts, due, found)
        await self._delivery.deliver(replace(there, alerts=alerts), self._now())
        self.finished = self._now()

    async def _is_asleep(self) -> bool:
        """Return True if the cluster was stopped on purpose, as Azure knows: nothing in it is wrong, nothing is there.

        Azure is asked only when Kubernetes does not answer, and as long as it says so.
        """
        if not self._asleep and not any(error.system == KUBERNETES for error in self._silent.values()):
            return False
        azure = self._reads().azure
        if azure is None:
            return False
        with contextlib.suppress(Unavailable, NotFound, TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                self._asleep = (await azure.cluster()).power == "Stopped"
        if self._asleep:
            for watcher in self._watchers:
                if not watcher.outside:
                    self._silent.pop(watcher.name, None)
        return self._asleep

    def _take_due(self) -> list[Watcher]:
        now, changed = self._now(), self.wakeup.take_cluster_change()
        due = [one for one in self._watchers if self._due.get(one.name, now) <= now or (changed and one.by_cluster)]
        for one in due:
            self._due[one.name] = now + one.every * jittered(_JITTER)
        return due

    async def _seen_by(self, watcher: Watcher) -> list[Finding] | None:
        """Return the findings of a watcher, or None where it cannot tell."""
        try:
            async with asyncio.timeout(_PATIENCE):
                findings = grouped(await watcher.look(self._reads()))
        except Unavailable as error:
            self._silent[watcher.name] = error
        except (NotFound, UserError) as error:
            self._silent[watcher.name] = Unavailable(_WATCHED, f"could not be examined: {error}")
        except TimeoutError:
            self._silent[watcher.name] = Unavailable(_WATCHED, f"did not answer within {_PATIENCE:.0f} s")
        except Exception:  # noqa: BLE001 - a bug in one watcher is not the others'
            _LOG.exception("the watcher %s failed", watcher.name)
            self._silent[watcher.name] = Unavailable("The bot", f"has a bug in its watcher {watcher.name}")
        else:
            self._silent.pop(watcher.name, None)
            return findings
        # What could not be seen is looked at again soon, however seldom it is looked at.
        self._due[watcher.name] = min(self._due.get(watcher.name, self._now()), self._now() + _AGAIN)
        return None

    async def _kept(
        self, known: Sequence[Alert], due: Sequence[Watcher], found: Mapping[str, list[Finding] | None]
    ) -> list[Alert]:
        """Return the alerts after these findings. They are in the store by then."""
        now = self._now()
        changed: list[Alert] = []
        dropped: list[str] = []
        for watcher, findings in (*((one, found[one.name]) for one in due), (self._sight, self._unseen_systems())):
            its = [alert for alert in known if alert.watcher == watcher.name and not alert.test]
            new, gone = transitions(its, watcher, findings, now)
            changed += new
            dropped += gone
        changed += self._left_over(known, now)
        if changed or dropped:
            await self._alerts.keep(changed, dropped, now)
        after = {alert.id: alert for alert in (*known, *changed) if alert.id not in dropped}
        return list(after.values())

    def _left_over(self, known: Sequence[Alert], now: datetime) -> list[Alert]:
        """Return ended alerts that no watcher sees to: a test after its time, those of a removed watcher at once."""
        watched = {WATCHING, *(one.name for one in self._watchers)}
        tests = [one for one in known if one.test and now - (one.told or one.since) >= _TEST]
        orphans = [one for one in known if not one.test and one.watcher not in watched]
        return [lifecycle.ended(one, now) for one in (*tests, *orphans) if one.stage is not AlertState.OVER]

    def _unseen_systems(self) -> list[Finding]:
        """Return a finding for each system that does not answer those who watch it."""
        silent: dict[str, list[str]] = {}
        for watcher, error in self._silent.items():
            silent.setdefault(error.system, []).append(watcher)
        return [_cannot_see(system, names, self._silent[names[0]]) for system, names in silent.items()]


def _cannot_see(system: str, watchers: Sequence[str], error: Unavailable) -> Finding:
    name = f"{system[:1].upper()}{system[1:]}"
    until = "may" if isinstance(error, Forbidden) else "answers"
    return Finding(
        key=f"unseen {system}",
        severity=Severity.WARNING,
        title=f"{name} cannot be monitored",
        cause=f"{error}. Until it {until}, the bot cannot tell whether anything is wrong there.",
        advice=(error.remedy if isinstance(error, Forbidden) else "/jhub status shows what still answers.",),
        subjects=tuple(sorted(watchers)),
    )
