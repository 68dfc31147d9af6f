"""`/jhub storage delete`: delete a user's home after a snapshot of it, or those of people who left.

The user can log in afterwards and gets an empty home.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from cards.views import Failure, Notice, Plan
from clients.errors import NotFound
from clients.kube import Claim, Pod, Volume
from commands.framework.argument_types import Age, ObjectName, ServerName, UserName, folded
from commands.framework.command import Arg, Change, Flag, Level, Renamed, Steps, Topic
from commands.framework.effects import Effect, Effects, Impact, of
from commands.framework.errors import UserError
from commands.kubernetes.components import USER_SERVER
from commands.ports.context import Reads
from commands.spawner.runs import title
from commands.storage.delete_left import apply_left, preview_left
from commands.storage.deletion import (
    ClaimRef,
    Deletion,
    PodRef,
    Taken,
    create_empty_claim,
    delete_claim,
    read_claim,
    stop_server,
    take_snapshot,
)
from commands.storage.deletion_messages import claim_remains, deleted, not_deleted
from commands.storage.deletion_messages import preview as preview_one
from commands.storage.homes import Home, HomeOwner, choose_home, find, pods_mounting, quoted
from commands.storage.left_homes import LeftDeletion, plan_left
from commands.storage.snapshots import OPERATION, RESTORED_FROM, class_for
from commands.timing.durations import spoken


@dataclass(frozen=True)
class Args:
    """The home to delete, and how; or how old those of people who left have to be."""

    user: Annotated[UserName | None, Arg("whose home, e.g. ada@example.org", "ada@example.org")] = None
    server: Annotated[ServerName | None, Flag("the home of a named server instead of the default one", "thesis")] = None
    claim: Annotated[ObjectName | None, Flag("this claim, if one server has several", "claim-ada")] = None
    stop_server: Annotated[bool, Flag("stop the server that uses it first")] = False
    no_snapshot: Annotated[bool, Flag("delete without a way to restore")] = False
    left: Annotated[bool, Flag("instead of one, the homes of all people who left the hub and the directory")] = False
    older: Annotated[Age | None, Flag("with --left: homes at least this old", "180d")] = None


async def plan(args: Args, reads: Reads) -> Deletion | LeftDeletion:
    """Plan the deletion. Raise UserError if there is no home, more than one, one in use, or no snapshot can be taken.

    A home in use is refused unless its server may be stopped, one without a snapshot unless that was asked for.
    """
    if args.left or args.older is not None:
        return await plan_left(_age(args), reads)
    if args.user is None:
        raise UserError("Whose home? Type a user, or --left and --older.", "/jhub storage list", _LEFT)
    return await _plan_one(args, args.user, reads)


_LEFT: Final = "/jhub storage delete --left --older 180d"


def _age(args: Args) -> Age:
    """Return how old the homes have to be. Raise UserError where something else is typed beside."""
    if any((args.user, args.server, args.claim, args.stop_server, args.no_snapshot)):
        raise UserError("--left is about all people who left: leave out the user and the other flags.", _LEFT)
    if args.older is None or not args.left:
        raise UserError("--left and --older go together: how old has a home to be?", _LEFT)
    return args.older


async def _plan_one(args: Args, user: UserName, reads: Reads) -> Deletion:
    named = [args.server] if args.server else []
    person = await find(user, reads, "/jhub storage delete {}", named)
    home = choose_home(person, args.server, args.claim)
    pods, volume = await asyncio.gather(reads.kube.pods(), _volume(home.claim, reads))
    holders = pods_mounting(home.claim.name, pods)
    _check_state(home, person, holders)
    stops = bool(holders) or _is_busy(home, person, pods)
    if stops and not args.stop_server:
        raise _in_use(args, home, person, holders)
    return Deletion(
        user=person.name,
        typed=str(user),
        server=home.server,
        claim=ClaimRef(home.claim.name, home.claim.uid, home.claim.volume, home.claim.size),
        by_name=home.by_name,
        pods=tuple(PodRef(pod.name, pod.uid) for pod in holders),
        known=person.known,
        stops=stops,
        remakes=person.known and not _has_another(home, person, pods),
        snapshot_class=await _snapshot_class(args, home, volume, reads),
        reclaim_policy=volume.reclaim_policy if volume else "",
        kept_for=spoken(reads.snapshot_retention),
        awaits="" if home.claim.volume else home.claim.annotations.get(RESTORED_FROM, ""),
        last_activity=person.account.last_activity if person.account else None,
        started=person.started(home.server),
    )


def _impacts(plan: Deletion | LeftDeletion) -> tuple[Impact, ...]:
    if isinstance(plan, LeftDeletion):
        what = (
            f"{len(plan.homes):,} homes of people who left are deleted; a snapshot of each is kept for {plan.kept_for}."
        )
        return of(Effect.DELETES_DATA, what)
    way_back = f"a snapshot is kept for {plan.kept_for}" if plan.snapshot_class else "there is no way back"
    return of(Effect.DELETES_DATA, f"{plan.claim.name}, a home of {plan.user}, is deleted; {way_back}.")


async def _volume(claim: Claim, reads: Reads) -> Volume | None:
    try:
        return await reads.kube.volume(claim.volume) if claim.volume else None
    except NotFound:
        return None


def _check_state(home: Home, person: HomeOwner, holders: Sequence[Pod]) -> None:
    claim = home.claim
    if claim.terminating:
        held = f" Pod {holders[0].name} still mounts it; the claim is removed when that pod ends." if holders else ""
        raise UserError(f"{claim.name} is already being deleted.{held}", f"/jhub storage show {quoted(person.name)}")
    made_by_us = OPERATION in claim.annotations and RESTORED_FROM not in claim.annotations
    if person.known and made_by_us and not claim.volume:
        raise UserError(
            f"The home of {title(person.name, home.server)} is already empty: {claim.name} was created for the next "
            "login and has no disk yet.",
            f"/jhub storage show {quoted(person.name)}",
        )
    for pod in holders:
        if pod.component != USER_SERVER or (pod.user and folded(pod.user) != folded(person.name)):
            raise UserError(
                f"{claim.name} is mounted by pod {pod.name}, which is not a server of {person.name}: the bot does not "
                "stop it. Find out whose it is and stop it first."
            )


def _is_busy(home: Home, person: HomeOwner, pods: Sequence[Pod]) -> bool:
    """Return True if the hub has the home's server up in a way that may use this claim, though no pod mounts it yet."""
    others = [other.claim.name for other in person.of(home.server) if other is not home]
    return person.runs(home.server) and not any(pods_mounting(name, pods) for name in others)


def _has_another(home: Home, person: HomeOwner, pods: Sequence[Pod]) -> bool:
    """Return True if the server has another home that the hub uses instead of this one."""
    others = [other.claim.name for other in person.of(home.server) if other is not home]
    never_used = not home.claim.volume and OPERATION not in home.claim.annotations
    return any(never_used or pods_mounting(name, pods) for name in others)


def _in_use(args: Args, home: Home, person: HomeOwner, holders: Sequence[Pod]) -> UserError:
    whose = title(person.name, home.server)
    how = f"pod {holders[0].name} mounts it" if holders else "its server runs or is starting"
    return UserError(
        f"The home of {whose} is in use: {how}. Stopping the server loses unsaved work.",
        _line(args, "--stop-server"),
    )


async def _snapshot_class(args: Args, home: Home, volume: Volume | None, reads: Reads) -> str:
    """Return the class to take the snapshot with; empty for none.

    Raise UserError where no snapshot can be taken and --no-snapshot is not given.
    """
    if args.no_snapshot or not home.claim.volume:
        return ""
    lost = volume is None or home.claim.phase == "Lost"
    found = "" if lost else class_for(await _driver(home.claim, volume, reads), await reads.kube.snapshot_classes())
    if found:
        return found
    why = (
        f"its volume {home.claim.volume} no longer exists"
        if lost
        else f"no snapshot class fits its storage class “{home.claim.storage_class}”"
    )
    raise UserError(
        f"No snapshot can be taken of {home.claim.name}: {why}. Once deleted, the home cannot be restored.",
        _line(args, "--no-snapshot"),
    )


async def _driver(claim: Claim, volume: Volume | None, reads: Reads) -> str:
    if volume and volume.driver:
        return volume.driver
    classes = await reads.kube.storage_classes()
    return next((one.provisioner for one in classes if one.name == claim.storage_class), "")


def _line(args: Args, more: str) -> str:
    """Return the line that was typed, with one more flag."""
    words = ["/jhub storage delete", quoted(args.user or "")]
    words += [f"--server {quoted(args.server)}"] if args.server else []
    words += [f"--claim {args.claim}"] if args.claim else []
    words += ["--stop-server"] if args.stop_server else []
    words += ["--no-snapshot"] if args.no_snapshot else []
    return " ".join([*words, more])


def preview(plan: Deletion | LeftDeletion) -> Plan:
    """Show what approvers decide on."""
    return preview_left(plan) if isinstance(plan, LeftDeletion) else preview_one(plan)


async def apply(plan: Deletion | LeftDeletion, do: Steps) -> Notice | Failure:
    """Stop the server, take a snapshot, delete the claim, and make sure that the user can log in."""
    if isinstance(plan, LeftDeletion):
        return await apply_left(plan, do)
    if plan.stops:
        held = await do.step("Stop the server", stop_server, plan, do)
        if held:
            return not_deleted(plan, held)
    claim = await do.step("Look at the claim", read_claim, plan, do)
    if claim is None:
        return Failure(f"Nothing was deleted for {plan.user}", f"{plan.claim.name} no longer exists.")
    taken = Taken()
    if plan.snapshot_class:
        taken = await do.step("Take a snapshot", take_snapshot, plan, claim, do)
        if taken.problem:
            return not_deleted(plan, taken.problem)
    held = await do.step("Delete the claim", delete_claim, plan, do)
    if held:
        return claim_remains(plan, taken, held)
    if plan.remakes:
        await do.step(
            Renamed("Prepare for the next login", "Make room for the next login"), create_empty_claim, claim, do
        )
    return deleted(plan, taken, do)


COMMAND = Change(
    "storage delete",
    "Delete a user's home after taking a snapshot of it, or those of people who left.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=Effects(always=(Effect.DELETES_DATA,), of=_impacts),
    button="Delete the home",
    approvals=1,
    in_emergencies=False,
    is_list=lambda plan: isinstance(plan, LeftDeletion),
    details="Refuses while the home is in use, unless --stop-server is given, and if no snapshot can be taken, unless "
    "--no-snapshot is given. The user can log in afterwards and gets an empty home. --left deletes what the plan lists "
    "and nothing else, each home once its snapshot is ready.",
    topic=Topic.STORAGE,
    rank=3,
)
