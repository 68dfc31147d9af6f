"""The release in Helm's records: an upgrade that hangs or failed, and one that was not made by the bot."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.alerts.finding import Finding, Severity, Watcher
from cards.times import timed
from cards.views import Fact, typing
from clients.helm import Release
from commands.kubernetes.messages import shown
from commands.ports.context import Reads
from commands.release.record import image_tag, since, updated

# Each of an upgrade's phases (hooks before, the upgrade, hooks after) has the time-out to itself.
_PHASES: Final = 3
_HISTORY = (typing("Show history", "/jhub history"),)


async def look(reads: Reads) -> Sequence[Finding]:
    """Ask for Helm's records. Raise Unavailable."""
    newest, history = await asyncio.gather(reads.releases.current(), reads.releases.history())
    return judge(newest, history, reads.names.timeout, reads.now)


def judge(newest: Release | None, history: Sequence[Release], timeout: timedelta, now: datetime) -> list[Finding]:
    """Return findings about the release. Pure.

    `history` is newest first, `timeout` the time that helm is given for a phase.
    """
    if newest is None:
        return []
    live = next((one for one in history if one.status == "deployed"), None)
    found = []
    if newest.is_pending and since(newest, now) > _PHASES * timeout:
        found.append(_hangs(newest, now))
    if newest.status == "failed":
        found.append(_failed(newest, live))
    if live is not None and live.by_bot is None and any(one.by_bot for one in history if one.revision < live.revision):
        found.append(_drifted(live, next(one for one in history if one.by_bot and one.revision < live.revision)))
    return found


def _hangs(release: Release, now: datetime) -> Finding:
    minutes = since(release, now) // timedelta(minutes=1)
    return Finding(
        key=f"release pending {release.revision}",
        severity=Severity.WARNING,
        title=f"Revision {release.revision} is stuck in {release.status}",
        cause=f"Helm began it {minutes} minutes ago and has not finished it: helm was probably killed. "
        "No other upgrade can begin until this is repaired.",
        advice=(
            "/jhub repair restores the last revision that was live."
            if release.revision > 1
            else "/jhub repair removes it and installs it again: there is no revision to go back to.",
        ),
        buttons=(typing("Repair", "/jhub repair"), *_HISTORY),
    )


def _failed(release: Release, live: Release | None) -> Finding:
    now_live = f"Revision {live.revision} (tag {image_tag(live)}) was live before it." if live else ""
    return Finding(
        key=f"release failed {release.revision}",
        severity=Severity.WARNING,
        title=f"Revision {release.revision} failed",
        cause=f"{shown(release.description)}. {now_live} What it changed before it failed stays changed.".replace(
            "..", "."
        ),
        facts=(Fact("Tag", image_tag(release)), Fact("At", updated(release))),
        advice=("/jhub deploy <tag> deploys a tag that works. /jhub pods shows what is not ready.",),
        buttons=(
            *((typing("Roll back", f"/jhub rollback {live.revision}"),) if live else ()),
            *_HISTORY,
            typing("Show pods", "/jhub pods"),
        ),
    )


def _drifted(live: Release, ours: Release) -> Finding:
    changes = []
    if image_tag(live) != image_tag(ours):
        changes.append(Fact("Tag", f"{image_tag(ours)} → {image_tag(live)}"))
    if live.chart.version != ours.chart.version:
        changes.append(Fact("Chart", f"{ours.chart.version} → {live.chart.version}"))
    return Finding(
        key=f"release drifted {live.revision}",
        severity=Severity.NOTE,
        title=f"Revision {live.revision} was not deployed by the bot",
        cause=timed(f"The bot’s last revision was {ours.revision}. Somebody has run helm since: ", updated(live), "."),
        facts=tuple(changes) or (Fact("Changed", "values other than the tag and the chart"),),
        advice=("This resolves with the bot’s next deployment, which keeps the live values.",),
        buttons=_HISTORY,
    )


WATCHER = Watcher("release", look, every=timedelta(minutes=2), dwell=timedelta(minutes=1), clear=timedelta(minutes=1))
