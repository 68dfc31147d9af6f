"""A user under another name: planned, done, done with something left to do, gone back, and half done."""

from dataclasses import replace

from cards.views import View
from commands.users.messages import half_renamed, not_renamed, preview, renamed
from commands.users.model import Carried, HomeMove, SnapshotMove, UserRename

_EMMY, _BAUER = "emmy.noether@example.org", "emmy.bauer@example.org"
_PLAN = UserRename(
    old=_EMMY,
    new=_BAUER,
    moves=(
        HomeMove(
            "",
            "claim-emmy-noether-example-org---c920e7e9",
            "uid-1",
            "claim-emmy-bauer-example-org---d02674d7",
            "pvc-5d8f2a10-6c1e-4b7a-9f3d-000000000010",
            10 << 30,
        ),
        HomeMove(
            "thesis",
            "claim-emmy-noether-example-org---c920e7e9--thesis",
            "uid-2",
            "claim-emmy-bauer-example-org---d02674d7--thesis",
            "pvc-5d8f2a10-6c1e-4b7a-9f3d-000000000011",
            10 << 30,
        ),
    ),
    known=True,
    keeps_record=False,
    stops=("",),
    groups=("geo", "theory"),
    snapshots=(SnapshotMove("home-3f9a41c2", "uid-3", "claim-emmy-bauer-example-org---d02674d7"),),
    warnings=("Entra knows nobody named emmy.bauer@example.org: unless that changes, nobody can log in by that name.",),
)
_KEPT = replace(_PLAN, keeps_record=True, moves=_PLAN.moves[:1], stops=(), warnings=(), snapshots=())

RENAMES: dict[str, View] = {
    "rename-plan": preview(_PLAN),
    "rename-plan-kept": preview(_KEPT),
    "rename-plan-resumed": preview(replace(_PLAN, resumes=True, warnings=(), stops=())),
    "rename-done": renamed(_KEPT, Carried()),
    "rename-done-unknown": renamed(replace(_PLAN, nobodys=True), Carried()),
    "rename-done-notes": renamed(_PLAN, Carried(notes=("The hub no longer has the group geo.",))),
    "rename-back": not_renamed(
        _PLAN, "In the meantime jupyter-emmy has mounted the home: the server was started again."
    ),
    "rename-half": half_renamed(
        _PLAN,
        Carried(
            "Kubernetes cannot be reached: nothing listens there.",
            half=True,
            notes=("Kubernetes cannot be reached: nothing listens there",),
        ),
    ),
}
