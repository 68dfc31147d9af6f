"""The users' image: its tags, and a build that has ended."""

from cards.views import (
    ButtonStyle,
    Cell,
    Column,
    Fact,
    Facts,
    Failure,
    Lines,
    Notice,
    Status,
    Table,
    Tone,
    View,
    opening,
    typing,
)

_COMMIT = "b5d20f4ed9fc68ce4a2637b3f03ece8ed9403355"
_PAGE = "https://portal.azure.com/#resource/subscriptions/6f1d2c3b-4a59-4687-9b8c-7d6e5f4a3b2c/resourceGroups/jhub"
_LOG = opening("Log in the portal", f"{_PAGE}/providers/Microsoft.ContainerRegistry/registries/jhub/tasks")


def _row(*cells: str | Cell) -> tuple[Cell, ...]:
    return tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in cells)


_TAGS = Status(
    "Images of jhub.azurecr.io/notebook",
    "Live: 3f9a41c; 3 tags",
    Tone.WARNING,
    ("1 server runs 88f0d2c, and the registry does not have it any more.",),
    (
        Table(
            (
                Column("Tag", 3),
                Column("Made", 3),
                Column("Size", 2, numeric=True),
                Column("Digest", 3),
                Column("State", 4),
                Column("Servers", 2, numeric=True),
            ),
            (
                _row("e07f3a2", "9 h 36 min ago", "53.1 MiB", "a992598341e4", "—", "—"),
                _row("7c1d2e9", "28 h 48 min ago", "376.7 MiB", "bdcb55c0afaa", "failed as 4, locked", "—"),
                _row("3f9a41c", "3 days ago", "606.2 MiB", "2363aa81fb6d", Cell("live, revision 3", Tone.GOOD), "11"),
            ),
            rest="/jhub images --all",
        ),
    ),
    "2026-11-24 20:50 UTC",
)

_BUILT = Notice(
    "b5d20f4 is built",
    "Nobody gets it before it is deployed.",
    Tone.GOOD,
    (
        Facts(
            (
                Fact("Image", "jhub.azurecr.io/notebook:b5d20f4"),
                Fact("Digest", "6ac9c93013b9"),
                Fact("From", f"main, commit {_COMMIT}"),
                Fact("Took", "4 min 12 s"),
                Fact("Run", "ca1"),
            )
        ),
    ),
    (typing("Deploy b5d20f4", "/jhub deploy b5d20f4", ButtonStyle.POSITIVE), _LOG),
)

_NOT_BUILT = Failure(
    "b5d20f4 was not built",
    "The build ended after 1 min 35 s: failed to run step ID: build: exit status 1. Nothing was pushed.",
    (Fact("Run", "ca1"), Fact("Commit", _COMMIT)),
    sections=(
        Lines(
            (
                "2026/11/24 20:50:54 Step 3/5 : RUN mamba env update --name base --file /tmp/environment.yml",
                "2026/11/24 20:50:58 error    nothing provides requested pandas 9",
                "2026/11/24 20:50:58 Run ID: ca1 failed after 95s",
            ),
            "The end of its log",
            code=True,
        ),
    ),
    buttons=(_LOG,),
)

IMAGES: dict[str, View] = {"images": _TAGS, "image-built": _BUILT, "image-not-built": _NOT_BUILT}
