"""The revisions of the release: what was deployed when, by whom, and whether it worked."""

from dataclasses import dataclass

from cards.views import Cell, Column, Notice, Status, Table, Tone, View
from clients.helm import Release
from commands.durations import spoken
from commands.reads import Reads
from commands.release import image_tag, since, standing, updated, who
from commands.spec import Level, NoArgs, Query

_SHOWN = 10
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
    """Nothing."""


async def run(args: Args, reads: Reads) -> View:
    """The newest revisions, newest first."""
    del args
    releases = await reads.releases.history(_SHOWN)
    if not releases:
        return Notice("No history", f"There is no release “{reads.names.release}” in {reads.names.namespace}.")
    rows = tuple(_row(release, reads) for release in releases)
    live = next((r for r in releases if r.status == "deployed"), None)
    headline = f"Live: revision {live.revision}, tag {image_tag(live)}" if live else "No revision is live"
    tone = standing(releases[0])[1]
    return Status(
        f"History of {reads.names.release}", headline, tone, sections=(Table(_COLUMNS, rows),), as_of=_date(reads)
    )


def _row(release: Release, reads: Reads) -> tuple[Cell, ...]:
    word, tone = standing(release)
    quiet = Tone.NOTE if release.status == "superseded" else tone
    return (
        Cell(str(release.revision)),
        Cell(f"{updated(release)}, {spoken(since(release, reads.now))} ago"),
        Cell(image_tag(release)),
        Cell(release.chart.version),
        Cell(word, quiet),
        Cell(who(release, reads.access)),
    )


def _date(reads: Reads) -> str:
    return f"{reads.now:%Y-%m-%d %H:%M} UTC"


COMMAND = Query("history", "The last revisions: when, chart, tag, result, who.", Level.VIEWER, run, Args, in_menu=True)
