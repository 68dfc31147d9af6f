"""`/jhub storage snapshots`: list the snapshots of homes, whose they are, and until when they are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from cards.times import minute
from cards.views import Cell, Column, Fact, Facts, Notice, Status, Table, Tone, View
from clients.kube import Snapshot
from commands.framework.command import Level, NoArgs, Query, Topic
from commands.ports.context import Reads
from commands.spawner.runs import title
from commands.storage.snapshots import expires, is_managed
from commands.text.byte_sizes import spoken as amount
from commands.timing.durations import spoken
from commands.timing.timestamps import ago

_COLUMNS = (
    Column("Owner", 5),
    Column("Snapshot", 5),
    Column("Size", 2),
    Column("Age", 2),
    Column("State", 3),
    Column("Expires", 3),
)


@dataclass(frozen=True)
class Args(NoArgs):
    """No arguments."""


async def run(args: Args, reads: Reads) -> View:
    """List all snapshots of the hub's namespace, newest first."""
    del args
    kept = spoken(reads.snapshot_retention)
    snapshots = sorted(await reads.kube.snapshots(), key=lambda one: one.created or reads.now, reverse=True)
    if not snapshots:
        return Notice(
            "No snapshots", f"“/jhub storage delete” takes one of every home that it deletes and keeps it for {kept}."
        )
    failed = [one for one in snapshots if one.error and not one.ready]
    return Status(
        "Snapshots",
        _headline(snapshots),
        Tone.WARNING if failed else Tone.NOTE,
        tuple(f"{one.name} is not ready: {one.error[:200]}" for one in failed),
        (
            Facts((Fact("Kept", f"the bot's own for {kept}; others are never removed"),)),
            Table(_COLUMNS, tuple(_row(one, reads) for one in snapshots)),
        ),
        minute(reads.now),
    )


def _headline(snapshots: Sequence[Snapshot]) -> str:
    total = amount(sum(one.size for one in snapshots))
    return f"{len(snapshots)} snapshots of {total}" if len(snapshots) > 1 else f"1 snapshot of {total}"


def _row(snapshot: Snapshot, reads: Reads) -> tuple[Cell, ...]:
    words, tone = _state(snapshot)
    return (
        Cell(title(snapshot.user, snapshot.server) if snapshot.user else "—"),
        Cell(snapshot.name),
        Cell(amount(snapshot.size) if snapshot.size else "—"),
        Cell(ago(snapshot.created, reads.now)),
        Cell(words, tone),
        Cell(_expiry(snapshot, reads)),
    )


def _state(snapshot: Snapshot) -> tuple[str, Tone]:
    if snapshot.terminating:
        return "being removed", Tone.WORKING
    if snapshot.ready:
        return "ready", Tone.GOOD
    return ("failed", Tone.BAD) if snapshot.error else ("being taken", Tone.WORKING)


def _expiry(snapshot: Snapshot, reads: Reads) -> str:
    end = expires(snapshot, reads)
    if end is None:
        return "never" if not is_managed(snapshot) else "—"
    left = end - reads.now
    return f"in {spoken(left)}" if left > timedelta(0) else "at the next daily clean-up"


COMMAND = Query(
    "storage snapshots",
    "List the snapshots of homes: whose, how old, kept until when.",
    Level.VIEWER,
    run,
    Args,
    topic=Topic.STORAGE,
    rank=5,
)
