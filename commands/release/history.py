"""`/jhub history`: the release's revisions, with time, requester and outcome of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cards.times import minute, timed
from cards.views import Cell, Column, Notice, Status, Table, Tone, View
from clients.helm import Release
from commands.framework.command import Level, NoArgs, Query, Topic
from commands.ports.context import Reads
from commands.release.record import ended, image_tag, since, standing, updated, who
from commands.timing.durations import spoken

# Helm keeps ten by default.
_MOST: Final = 200
_COLUMNS = (
    Column("Rev.", 1, numeric=True),
    Column("When", 3),
    Column("Tag", 3),
    Column("Chart", 2),
    Column("Result", 3),
    Column("Who", 4),
)


@dataclass(frozen=True)
class Args(NoArgs):
    """No arguments."""


async def run(args: Args, reads: Reads) -> View:
    """Return the latest revisions, newest first."""
    del args
    releases = await reads.releases.history(_MOST)
    if not releases:
        return Notice("No history", f"There is no release “{reads.names.release}” in {reads.names.namespace}.")
    rows = tuple(_row(release, releases, reads) for release in releases)
    live = next((r for r in releases if r.status == "deployed"), None)
    headline = f"Live: revision {live.revision}, tag {image_tag(live)}" if live else "No revision is live"
    if len(releases) == _MOST:
        headline = f"{headline}; the newest {_MOST} revisions"
    tone = standing(releases[0])[1]
    return Status(
        f"History of {reads.names.release}", headline, tone, sections=(Table(_COLUMNS, rows),), as_of=minute(reads.now)
    )


def _row(release: Release, releases: Sequence[Release], reads: Reads) -> tuple[Cell, ...]:
    word, tone = ended(release, releases)
    quiet = Tone.NOTE if release.status == "superseded" else tone
    if tone is Tone.BAD and release is not releases[0]:
        # It failed, but another revision followed.
        quiet = Tone.WARNING
    return (
        Cell(str(release.revision)),
        Cell(timed(updated(release), f", {spoken(since(release, reads.now))} ago")),
        Cell(image_tag(release)),
        Cell(release.chart.version),
        Cell(word, quiet),
        Cell(who(release, reads.access)),
    )


COMMAND = Query(
    "history",
    "List the release's latest revisions: when, chart, tag, result and who.",
    Level.VIEWER,
    run,
    Args,
    in_menu=True,
    topic=Topic.RELEASES,
    rank=2,
)
