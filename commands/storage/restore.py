"""`/jhub storage restore`: restore a deleted home from its snapshot, under the name it had."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from cards.times import minute, timed
from cards.views import Fact, Facts, Failure, Lines, Notice, Plan, Tone
from clients.errors import NotFound
from clients.kube import Claim, Snapshot
from commands.framework.argument_types import ObjectName, ServerName, UserName, folded
from commands.framework.command import Arg, Change, Consent, Flag, Level, Renamed, Steps, Topic
from commands.framework.effects import NOTHING
from commands.framework.errors import UserError
from commands.ports.context import Reads
from commands.spawner.runs import title
from commands.storage.deletion import ClaimRef
from commands.storage.homes import HomeOwner, described, pods_mounting, quoted, unknown_user, with_homes
from commands.storage.restore_steps import Made, Restoration, create_claim, delete_empty_claim, wait_for_volume
from commands.storage.snapshots import RESTORED_FROM, Original, default_original, is_managed, of_user, recorded_original
from commands.text.byte_sizes import spoken as amount
from commands.timing.timestamps import ago


@dataclass(frozen=True)
class Args:
    """The owner of the home, and which of its snapshots."""

    user: Annotated[UserName, Arg("whose home, e.g. ada@example.org", "ada@example.org")]
    snapshot: Annotated[ObjectName | None, Arg("a snapshot of that home; the newest if not given")] = None
    server: Annotated[ServerName | None, Flag("the home of a named server instead of the default one", "thesis")] = None


async def plan(args: Args, reads: Reads) -> Restoration:
    """Plan the restoration. Raise UserError if there is nothing to restore or something in the way."""
    users, snapshots = await asyncio.gather(reads.hub.users(), reads.kube.snapshots())
    named = [args.server] if args.server else []
    person = await with_homes(args.user, users, reads, named, "/jhub storage restore {}")
    snapshot = _snapshot(args, person, snapshots)
    if snapshot is None:
        if not person.known and not person.homes:
            raise unknown_user(args.user, users, "/jhub storage restore {}", person.successor)
        raise _no_snapshot(args, person, snapshots)
    claim, late = await _to_make(snapshot, reads)
    in_the_way = await _in_the_way(claim.name, snapshot, person, reads)
    return Restoration(
        user=person.name if person.known else snapshot.user,
        server=snapshot.server,
        snapshot=snapshot.name,
        snapshot_uid=snapshot.uid,
        claim=claim.name,
        size=claim.size,
        storage_class=claim.storage_class,
        binds_late=late,
        replaces=_ref(in_the_way),
        taken=snapshot.created,
        age=ago(snapshot.created, reads.now),
        beside=tuple(home.claim.name for home in person.of(snapshot.server) if home.claim.name != claim.name),
    )


def _snapshot(args: Args, person: HomeOwner, snapshots: Sequence[Snapshot]) -> Snapshot | None:
    wanted = str(args.server or "")
    if args.snapshot is None:
        ours = [
            one for one in of_user(snapshots, person.name, wanted, but=person.others) if one.ready and is_managed(one)
        ]
        return next((one for one in ours if not one.terminating), None)
    for one in of_user(snapshots, person.name, wanted if args.server else None, but=person.others):
        if one.name == args.snapshot:
            return _usable(one)
    return None


def _usable(snapshot: Snapshot) -> Snapshot:
    if snapshot.terminating:
        raise UserError(f"{snapshot.name} is being removed: it can no longer be restored.")
    if not snapshot.ready:
        why = f": {snapshot.error[:200]}" if snapshot.error else "."
        raise UserError(f"{snapshot.name} is not ready yet{why}", "/jhub storage snapshots")
    return snapshot


def _no_snapshot(args: Args, person: HomeOwner, snapshots: Sequence[Snapshot]) -> UserError:
    found = of_user(snapshots, person.name, but=person.others)
    hints = tuple(
        f"/jhub storage restore {quoted(args.user)} {one.name}"
        for one in found[:3]
        if one.ready and not one.terminating
    )
    whose = title(person.name, args.server or "")
    what = f"{args.snapshot} is not a snapshot of {whose}." if args.snapshot else f"There is no snapshot of {whose}."
    return UserError(what, *hints, "/jhub storage snapshots")


async def _to_make(snapshot: Snapshot, reads: Reads) -> tuple[Original, bool]:
    """Return the claim to make, and True if it gets its disk only when a pod needs it."""
    claim = recorded_original(snapshot) or default_original(snapshot)
    if claim is None:
        raise UserError(f"{snapshot.name} does not say which home it was taken of, so the bot cannot restore it.")
    classes = await reads.kube.storage_classes()
    chosen = next(
        (c for c in classes if (c.name == claim.storage_class if claim.storage_class else c.is_default)), None
    )
    if claim.storage_class and chosen is None:
        raise UserError(
            f"{claim.name} was of storage class “{claim.storage_class}”, which the cluster no longer has. "
            "Whoever runs the cluster has to create the class again first."
        )
    return claim, chosen is not None and chosen.binds_late


async def _in_the_way(name: str, snapshot: Snapshot, person: HomeOwner, reads: Reads) -> Claim | None:
    """Return an empty claim of that name, never used. Raise UserError if the user has a home that is used."""
    whose, server = title(person.name, snapshot.server), snapshot.server
    pods = await reads.kube.pods()
    live = [home for home in person.of(server) if home.claim.volume or pods_mounting(home.claim.name, pods)]
    if live:
        back = f"/jhub storage restore {quoted(person.name)} {snapshot.name}"
        first = f"/jhub storage delete {quoted(person.name)}" + (f" --server {quoted(server)}" if server else "")
        raise UserError(
            f"{whose} has a home: {described(live[0])}. It is not overwritten. To have the older one instead, "
            "delete it, then restore this snapshot by its name.",
            first,
            back,
        )
    if person.runs(server):
        stop = f"/jhub server stop {quoted(person.name)}" + (f" --server {quoted(server)}" if server else "")
        raise UserError(f"The server of {whose} is running or starting: stop it first.", stop)
    try:
        found = await reads.kube.claim(name)
    except NotFound:
        return None
    if found.terminating:
        raise UserError(f"{name} is still being deleted. Try again in a minute.")
    if found.annotations.get(RESTORED_FROM) == snapshot.name and not found.volume:
        raise UserError(f"{name} is already restored from {snapshot.name}: its disk is created at the next login.")
    if found.volume or (found.user and folded(found.user) != folded(person.name)):
        raise UserError(f"There is another claim named {name} that is not {person.name}'s. It is not overwritten.")
    return found


def _ref(claim: Claim | None) -> ClaimRef | None:
    return ClaimRef(claim.name, claim.uid, claim.volume, claim.size) if claim else None


def preview(plan: Restoration) -> Plan:
    """Show what the requester confirms."""
    taken = timed(minute(plan.taken), f", {plan.age}") if plan.taken else "at an unknown time"
    facts = (
        Fact("Snapshot", timed(f"{plan.snapshot}, taken ", taken)),
        Fact("Becomes", f"{plan.claim}, {amount(plan.size)}"),
    )
    done = [f"{plan.user} finds the files again as they were when the snapshot was taken."]
    if plan.replaces:
        done.insert(0, f"The empty claim {plan.replaces.name}, which was never used, is replaced.")
    done.append("The snapshot stays until it expires.")
    beside = [f"The same server also has an empty claim {name}: see /jhub storage doctor." for name in plan.beside]
    return Plan(
        f"Restore the home of {title(plan.user, plan.server)}",
        "",
        (),
        tuple(done),
        tuple(beside),
        "Restore this now?",
        (Facts(facts),),
    )


async def apply(plan: Restoration, do: Steps) -> Notice | Failure:
    """Delete the empty claim, make the new one, and wait until its disk is there."""
    if plan.replaces:
        held = await do.step("Remove the empty claim", delete_empty_claim, plan.replaces, do)
        if held:
            return _failure(plan, held)
    made = await do.step(
        Renamed("Create the home from the snapshot", "Make the home from the snapshot"), create_claim, plan, do
    )
    if not made.problem:
        made = await do.step("Wait for its disk", wait_for_volume, plan, do)
    return _failure(plan, made.problem) if made.problem else _restored(plan, made)


def _restored(plan: Restoration, made: Made) -> Notice:
    text, tone = "Its disk is ready: the user can start a server.", Tone.GOOD
    if not made.bound and plan.binds_late:
        text = "Its disk is created at the user's next login, which takes a little longer than usual."
    elif not made.bound:
        text, tone = "Its disk is not ready yet; the cluster is still creating it.", Tone.WARNING
    facts = (Fact("Claim", f"{plan.claim}, {amount(plan.size)}"), Fact("From", plan.snapshot))
    return Notice(f"The home of {title(plan.user, plan.server)} is restored", text, tone, (Facts(facts),))


def _failure(plan: Restoration, why: str) -> Failure:
    return Failure(
        f"The home of {title(plan.user, plan.server)} was not restored",
        why,
        (Fact("Snapshot", f"{plan.snapshot}: untouched", Tone.GOOD),),
        (f"/jhub storage show {quoted(plan.user)} shows its state.",),
        sections=(Lines((f"/jhub storage restore {quoted(plan.user)} {plan.snapshot}",), "To try again"),),
    )


COMMAND = Change(
    "storage restore",
    "Restore a deleted home from its snapshot.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=NOTHING,
    button="Restore the home",
    consent=Consent.CALLER,
    details="Takes the newest snapshot that the bot made of that home, or the one named. A home that is in use or "
    "has a disk, is never overwritten.",
    topic=Topic.STORAGE,
    rank=4,
)
