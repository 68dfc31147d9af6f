"""What a home that grows looks like, a request for it, and lists of servers and homes that go."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.changes import approval_card
from cards.times import minute, timed
from cards.views import Button, ButtonStyle, Refresh, Request, View
from commands.servers.stop_idle import IdleServer, IdleStop, PartStopped, _summary, preview_idle
from commands.storage.delete_left import HomeFate, HomeResult, preview_left
from commands.storage.delete_left import _summary as summary_of_left
from commands.storage.deletion import ClaimRef
from commands.storage.disks import DISK
from commands.storage.growth import Growth
from commands.storage.growth_messages import not_enlarged, outcome, preview
from commands.storage.growth_steps import Extent, Grown
from commands.storage.left_homes import LeftDeletion, LeftHome

_GIB = 2**30
_NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
_DATA = (("id", "594ec0d2e188f3fd"), ("digest", "c923ae8f92306947"))
_REFUSED = (
    'resize volume "pvc-5d8f2a10-6c1e-4b7a-9f3d-000000000010" by resizer "disk.csi.azure.com" failed: rpc error: '
    "code = Internal desc = failed to resize disk: Operation could not be completed as it results in exceeding "
    "approved DiskCapacityGiB quota."
)

_GROWTH = Growth(
    user="emmy.noether@example.org",
    server="",
    claim=ClaimRef("claim-emmy-noether-example-org---c920e7e9", "uid", "pvc-5d8f2a10", 10 * _GIB),
    to=40 * _GIB,
    pending=0,
    by_name=False,
    storage_class="managed-csi",
    driver=DISK,
    mounted=("jupyter-emmy-noether-example-org---c920e7e9",),
    was_billed="E3 LRS",
    billed="E6 LRS",
    costs="4.44 EUR a month, 3.33 more than now",
    new_homes=10 * _GIB,
)


def _asked(**more: object) -> Request:
    plan = replace(preview(_GROWTH), requester="Emmy Noether")
    made = Request(
        plan=plan,
        state="Waiting for approval",
        needed=1,
        reason="the measurements of the **field study**, [24 GiB](https://example.org)",
        expires=timed(minute(_NOW + timedelta(days=6)), ", in 6 days"),
        approvers=("jhub-operators", "jhub-approvers"),
        refresh=Refresh("view", _DATA),
        buttons=(Button("Review", "view", _DATA),),
    )
    return replace(made, **more)


def _idle(name: str, hours: float) -> IdleServer:
    started = _NOW - timedelta(hours=hours + 3)
    return IdleServer(f"{name}@example.org", "", started.isoformat(), _NOW - timedelta(hours=hours))


_IDLE = IdleStop(4 * 3600, (_idle("mei.chen", 30), _idle("grace.hopper", 9), _idle("priya.raman", 4.2)), 0, 12)


def _left(name: str, days: int) -> LeftHome:
    ref = ClaimRef(f"claim-{name.replace('.', '-')}-example-org---e1352dab", f"uid-{name}", "pvc", 10 * _GIB)
    return LeftHome(f"{name}@example.org", "", ref, "azuredisk-snapshots", _NOW - timedelta(days=days))


_LEFT = LeftDeletion(
    180 * 86400,
    tuple(
        _left(name, days) for name, days in (("old.student", 940), ("guest.lecturer", 400), ("visiting.fellow", 181))
    ),
    0,
    "14 days",
    unsure=False,
    others=("Of people whom the hub does not know, but the directory does: 2", "Of a class without snapshots: 1"),
)
_RESULTS = (
    HomeResult("old.student@example.org", HomeFate.DELETED, size=10 * _GIB),
    HomeResult("guest.lecturer@example.org", HomeFate.SPARED, "its owner has logged in in the meantime"),
    HomeResult("visiting.fellow@example.org", HomeFate.FAILED, "The snapshot was not ready within 10 minutes."),
)

HOMES: dict[str, View] = {
    "home-grow": replace(preview(_GROWTH), requester="Alex Wilber"),
    "home-grow-pending": preview(replace(_GROWTH, pending=500 * _GIB, mounted=(), costs="", by_name=True)),
    "home-grown": outcome(_GROWTH, Grown(Extent.WHOLE)),
    "home-grown-at-the-next-start": outcome(replace(_GROWTH, mounted=()), Grown(Extent.AWAITS_START)),
    "home-grows-still": outcome(_GROWTH, Grown(Extent.UNDER_WAY)),
    "home-does-not-grow": outcome(_GROWTH, Grown(Extent.UNDER_WAY, _REFUSED)),
    "home-not-grown": not_enlarged(_GROWTH, "Kubernetes did not accept it: exceeded quota: homes"),
    "home-asked": _asked(),
    "home-asked-operator": _asked(
        buttons=(
            Button("Approve", "approve", _DATA, ButtonStyle.POSITIVE),
            Button("Reject", "reject", _DATA, ButtonStyle.DESTRUCTIVE),
        ),
        asks_why=approval_card.WHY_NOT,
    ),
    "home-idle-servers": replace(preview_idle(_IDLE), requester="Alex Wilber"),
    "home-idle-stopped": _summary(_IDLE, [PartStopped(("grace.hopper@example.org: used in the meantime",), ())]),
    "home-left": replace(preview_left(_LEFT), requester="Alex Wilber"),
    "home-left-deleted": summary_of_left(_LEFT, _RESULTS),
}
