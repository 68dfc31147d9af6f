"""The answers with the widest tables, the longest names and the most lines: users, homes, changes, the trail."""

from datetime import UTC, datetime

from cards.times import minute, timed
from cards.views import Button, ButtonStyle, Cell, Column, Fact, Facts, Lines, Notice, Status, Table, Tone, View

_AS_OF = minute(datetime(2026, 11, 24, 2, 42, tzinfo=UTC))


def _table(columns: dict[str, int], *rows: tuple[str | Cell, ...], title: str = "", rest: str = "") -> Table:
    return Table(
        tuple(Column(name, weight, numeric=name == "No.") for name, weight in columns.items()),
        tuple(tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in row) for row in rows),
        title,
        rest,
    )


_READY = Cell("ready", Tone.GOOD)
_NOW = Cell("now", Tone.GOOD)
_GONE = Cell("not in the hub", Tone.WARNING)

_USERS = Status(
    "Users",
    "40 users, 12 with a server",
    Tone.NOTE,
    sections=(
        _table(
            {"User": 6, "Server": 4, "Node": 4, "Since": 3, "Last active": 3, "Home": 2},
            ("alex.wilber@example.org", _READY, "users vmss000000", "4 days ago", "2 min 3 s ago", "10 GiB"),
            (
                "ada.ågård@example.org",
                Cell("geo-course: ready", Tone.GOOD),
                "users vmss000001",
                "5 h 18 min ago",
                "13 min ago",
                "20 GiB",
            ),
            (
                "isaiah.langer@example.org",
                Cell("Image not found: 7c1d2e9", Tone.BAD),
                "users vmss000001",
                "2 h 8 min ago",
                "23 min ago",
                "10 GiB",
            ),
            (
                "anna-katharina.freifrau-von-droste-huelshoff@mathematics.example.org",
                Cell("Waits for a node", Tone.WARNING),
                "—",
                "40 s ago",
                "40 s ago",
                "100 GiB",
            ),
            ("grace.o'brien@example.org", Cell("stopping", Tone.WORKING), "users vmss000002", "6 h ago", "—", "10 GiB"),
            ("omar.haddad@example.org", "none", "—", "—", "45 min ago", "10 GiB"),
            ("on.leave@example.org", "none", "—", "—", "104 days ago", "—"),
            rest="/jhub users --active",
        ),
    ),
    as_of=_AS_OF,
)
_HOMES = Status(
    "Homes",
    "47 homes, 470 GiB",
    Tone.NOTE,
    sections=(
        Facts(
            (
                Fact("All homes", "47, 470 GiB; 12 in use"),
                Fact("Class managed-csi", "460 GiB"),
                Fact("Class azurefile-csi", "10 GiB"),
                Fact("Without an owner", "3, 30 GiB: /jhub storage list --orphaned"),
                Fact("Listed", "the 40 largest of 47"),
            )
        ),
        _table(
            {"Owner": 6, "Size": 2, "Class": 3, "Age": 2, "Last use": 3},
            ("1st.floor@example.org, server “thesis”", "10 GiB", "managed-csi", "19 days", "4 days ago"),
            ("alex.wilber@example.org", "10 GiB", "managed-csi", "20 days", _NOW),
            (Cell("erik.gone@example.org", Tone.WARNING), "10 GiB", "managed-csi", "9 days", _GONE),
            ("file.share@example.org", "10 GiB", "azurefile-csi", "30 days", "30 h 25 min ago"),
            (
                Cell("nobody (claim-anna-katharina-freifrau-von-droste-huelshoff---1a2b3c4d)", Tone.WARNING),
                "1.5 TiB",
                "managed-csi-premium",
                "140 days",
                _GONE,
            ),
            rest="/jhub storage show <upn>",
        ),
    ),
    as_of=_AS_OF,
)


def _doubled(owner: str, old: str, new: str) -> tuple[str, str]:
    what = f"{owner} has 2 homes: {old} (10 GiB, made 19 days ago); {new} (10 GiB, made 2 days ago)."
    return what, f"→ /jhub storage show {owner}"


def _left(owner: str, claim: str, age: str) -> tuple[str, str]:
    what = f"{owner} is no user of the hub any more: {claim} (10 GiB, made {age} ago)."
    return what, f"→ /jhub storage delete {owner}"


_NO_WAY_BACK = (
    "Class azurefile-csi: the disk goes with its claim, and no snapshot class fits. A deleted home has no way back.",
    "→ have a VolumeSnapshotClass made for the driver file.csi.azure.com",
)
_DOUBLES = (
    *_doubled("megan.bowen@example.org", "claim-megan-2ebowen-40example-2eorg", "claim-megan-bowen---d654ec24"),
    *_doubled("søren.ågård@example.org", "claim-s-c3-b8ren-2e-c3-a5g-40example-2eorg", "claim-s-ren-g-rd---7118f814"),
)
_NOBODYS = (
    *_left("erik.gone@example.org", "claim-erik-gone-example-org---d7896bdc", "9 days"),
    *_left("guest-lecturer@example.org", "claim-guest-lecturer-example-org---86f82f3a", "60 days"),
    *_left("old.student@example.org", "claim-old-student-example-org---e1352dab", "140 days"),
)
_DOCTOR = Status(
    "Storage",
    "6 things are wrong",
    Tone.BAD,
    sections=(
        Lines(_NO_WAY_BACK, "Settings that lose data", rest="/jhub storage show <upn>"),
        Lines(_DOUBLES, "Servers with more than one home (2)", rest="/jhub storage show <upn>"),
        Lines(_NOBODYS, "Homes of nobody (3)", rest="/jhub storage show <upn>"),
    ),
    as_of=_AS_OF,
)
_CHANGES = {"Id": 2, "What": 5, "Asked by": 3, "State": 5, "Since": 2}
_OPERATIONS = Status(
    "Changes",
    "1 running, 1 queued, 2 waiting for a yes",
    Tone.WORKING,
    sections=(
        _table(
            _CHANGES,
            ("bda0c571", "Deploy 7c1d2e9", "Patti Fernandez", Cell("Upgrade to revision 4", Tone.WORKING), "38 s ago"),
            ("1f20c9aa", "Deploy b81c7aa", "Grace Hopper", "waits for its turn", "12 s ago"),
            (
                "594ec0d2",
                "Delete the home of emmy.noether@example.org",
                "Alex Wilber",
                "waits for 1 approval, has Megan Bowen's",
                "12 min ago",
            ),
            (
                "77ab01d3",
                "Restore the home of omar.haddad@example.org (emergency)",
                "Lynne Robbins",
                "waits for the end of its delay, in which approvers can stop it",
                "2 min 3 s ago",
            ),
            title="Going on",
            rest="/jhub audit",
        ),
        _table(
            _CHANGES,
            ("0c94aa12", "Deploy 3f9a41c", "Ada Lovelace", Cell("done", Tone.GOOD), "4 days ago"),
            (
                "9e1c77b0",
                "Stop the server of mei.chen@example.org",
                "Alex Wilber",
                Cell("failed", Tone.BAD),
                "5 days ago",
            ),
            ("d0227fe4", "Delete the home of old.student@example.org", "Alex Wilber", "rejected", "9 days ago"),
            title="Ended",
            rest="/jhub audit",
        ),
    ),
    as_of=_AS_OF,
)
_LISTED = (("id", "594ec0d2a1b2c3d4"), ("digest", "5b1c"), ("listed", "approvals"))
_APPROVALS = Status(
    "What waits for a yes",
    "1 for approval, 1 for the confirmation of who asked",
    Tone.NOTE,
    sections=(
        _table(
            {"Id": 2, "What": 5, "Asked by": 4, "Waits for": 4, "Expires": 2, "Why": 4},
            (
                "594ec0d2",
                "Delete the home of emmy.noether@example.org",
                "Alex Wilber, 12 min ago",
                "1 approval, has Megan Bowen's",
                "in 18 min",
                "she left on 30 September, her files are archived (ticket 4711)",
            ),
            ("1f20c9aa", "Deploy b81c7aa", "Grace Hopper, 12 s ago", "Grace Hopper's own yes", "in 29 min", "—"),
            rest="/jhub operations",
        ),
    ),
    as_of=_AS_OF,
    buttons=(
        Button("Approve 594ec0d2", "approve", _LISTED, ButtonStyle.POSITIVE),
        Button("Reject 594ec0d2", "reject", _LISTED, ButtonStyle.DESTRUCTIVE),
    ),
)
_DELETE = 'storage delete emmy.noether@example.org --reason "left the university; ticket 4711"'
_AUDIT = Status(
    "Audit trail",
    "Entries 128 to 123",
    Tone.NOTE,
    sections=(
        _table(
            {"No.": 1, "When": 3, "Who": 3, "What": 3, "Command": 5, "Detail": 5},
            (
                "128",
                "2026-11-24 02:44:27",
                "Patti Fernandez",
                Cell("ended: done", Tone.GOOD),
                "deploy 7c1d2e9",
                "—",
            ),
            ("127", "2026-11-24 02:44:14", "Patti Fernandez", "step", "deploy 7c1d2e9", "step: Upgrade to revision 4"),
            (
                "126",
                "2026-11-24 02:44:14",
                "Patti Fernandez",
                "intent",
                "deploy 7c1d2e9",
                "digest: c923ae8f92306947adf0e079092619460f7239aa8d341cf7b794b659c8b9ffe7",
            ),
            ("125", "2026-11-24 02:44:13", "Megan Bowen", "rejected", _DELETE, "—"),
            (
                "124",
                "2026-11-24 02:44:13",
                "Patti Fernandez",
                "asked",
                _DELETE,
                "reason: left the university; ticket 4711",
            ),
            ("123", "2026-11-24 02:41:02", "Mei Chen", Cell("refused", Tone.WARNING), "deploy", "—"),
            rest="/jhub audit --since 1d",
        ),
        Lines(("/jhub audit --before 123",), "Earlier entries"),
    ),
    as_of=_AS_OF,
)
_WHOAMI = Status(
    "Alex Wilber",
    "You are an operator.",
    Tone.NOTE,
    sections=(
        Facts(
            (
                Fact("Level", "operator, which includes viewer"),
                Fact("Given by", "jhub-operators"),
                Fact("Approving", "others approve what you ask for; you approve nothing"),
            )
        ),
        Lines(
            (
                "/jhub approvals",
                "/jhub help [command]",
                "/jhub pods [component]",
                "/jhub status",
                "/jhub storage list [--orphaned] [--unused <unused>] [--sort <sort>]",
                "/jhub storage show <upn>",
                "/jhub users [--active] [--idle]",
                "/jhub whoami",
            ),
            "You may look at",
            rest="/jhub help",
        ),
        Lines(
            (
                "/jhub cancel <id>",
                "/jhub deploy <tag>",
                (
                    "/jhub storage delete <upn> [--server <server>] [--claim <claim>] [--stop-server] [--no-snapshot] "
                    "(needs the approval of another person)"
                ),
            ),
            "You may change",
            rest="/jhub help",
        ),
        Lines(
            ("/jhub audit [--user <user>] [--since <since>] [--before <before>]",),
            "Beyond your level",
            rest="/jhub help",
        ),
    ),
)
_DELETED = Notice(
    "The home of emmy.noether@example.org is deleted",
    "emmy.noether@example.org can log in and gets an empty home.",
    Tone.GOOD,
    (
        Facts(
            (
                Fact("Claim", "claim-emmy-noether-example-org---c920e7e9, 10 GiB: gone"),
                Fact("Disk", "deleted with the claim"),
                Fact("Snapshot", "home-594ec0d2e188f3fd", Tone.GOOD),
                Fact("Kept", timed("until ", minute(datetime(2026, 12, 8, 2, 42, tzinfo=UTC)))),
            )
        ),
        Lines(("/jhub storage restore emmy.noether@example.org",), "To bring it back"),
        Facts((Fact("Asked by", "Alex Wilber"), Fact("Approved by", "Megan Bowen"))),
    ),
)

LISTS: dict[str, View] = {
    "users": _USERS,
    "storage-list": _HOMES,
    "storage-doctor": _DOCTOR,
    "storage-deleted": _DELETED,
    "operations": _OPERATIONS,
    "approvals": _APPROVALS,
    "audit": _AUDIT,
    "whoami": _WHOAMI,
}
