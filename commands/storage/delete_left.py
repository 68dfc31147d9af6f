"""`/jhub storage delete --left`: delete the homes of people who left, as a list that is agreed to as a whole.

Nothing is deleted that was not on the list, or whose snapshot is not ready. Some homes are dealt with at a time; one
that fails stops no other. After a crash the work goes on where it was: a home is gone, or it is looked at anew.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from cards.times import day
from cards.views import Cell, Column, Fact, Facts, Failure, Lines, Notice, Plan, Section, Table, Tone
from clients.errors import NotFound, Rejected, Unavailable
from clients.kube import Claim
from commands.framework.command import Steps
from commands.storage.deletion import find_claim, holders_of, remove_claim, snapshot_home
from commands.storage.left_homes import MOST, LeftDeletion, LeftHome
from commands.storage.snapshots import name_for, original_of
from commands.text.byte_sizes import spoken as amount
from commands.timing.durations import spoken

# A snapshot takes Azure a while, and it limits how many are taken at once.
_AT_ONCE: Final = 5
_COLUMNS: Final = (Column("Owner", 5), Column("Size", 2), Column("Made", 2), Column("Claim", 5))


class HomeFate(Enum):
    """What became of a home."""

    DELETED = "deleted"
    SPARED = "spared"
    FAILED = "failed"


@dataclass(frozen=True)
class HomeResult:
    """What became of one home, and why where it was not deleted. `size` is in bytes, 0 unless it was deleted."""

    title: str
    fate: HomeFate
    why: str = ""
    size: int = 0


def preview_left(plan: LeftDeletion) -> Plan:
    """Show what approvers decide on: each home by its owner."""
    count, size = len(plan.homes), sum(one.claim.size for one in plan.homes)
    return Plan(
        f"Delete {_homes(count)} of people who left",
        "",
        (),
        (
            f"A snapshot of each is taken first and kept for {plan.kept_for}; “/jhub storage restore” restores a home.",
            "A home whose snapshot is not ready is not deleted.",
            f"They are deleted {_AT_ONCE} at a time. A home whose owner logs in meanwhile is left alone.",
        ),
        tuple(_warnings(plan)),
        "Delete this home?" if count == 1 else f"Delete all {count:,} homes?",
        (
            Facts((Fact("Together", amount(size)), Fact("Each is older than", spoken(plan.older)))),
            Table(_COLUMNS, tuple(map(_row, plan.homes)), "Homes"),
            *([Lines(plan.others, "Left out")] if plan.others else []),
        ),
    )


def _warnings(plan: LeftDeletion) -> Iterator[str]:
    yield (
        "When these homes were last used nobody knows: the hub forgets that with the person. Their age is that of the "
        "claim."
    )
    yield "Somebody whose name changed before the bot first saw it looks like somebody who left: read the names."
    if plan.unsure:
        yield "The directory does not tell of some of these people: that they left, only the hub says."
    if plan.more:
        yield f"{plan.more:,} more homes fit: these are the {MOST:,} oldest. Type it again for the next."


def _row(one: LeftHome) -> tuple[Cell, ...]:
    return Cell(one.title), Cell(amount(one.claim.size)), Cell(day(one.created)), Cell(one.claim.name)


def _homes(count: int) -> str:
    return "1 home" if count == 1 else f"{count:,} homes"


async def apply_left(plan: LeftDeletion, do: Steps) -> Notice | Failure:
    """Delete the homes some at a time, each part in a step of its own, and say what became of all."""
    results: list[HomeResult] = []
    for first in range(0, len(plan.homes), _AT_ONCE):
        part = plan.homes[first : first + _AT_ONCE]
        results += await do.step(f"Delete homes {first + 1} to {first + len(part)}", delete_part, part, first, do)
        if do.stopping:
            break
    return _summary(plan, results)


async def delete_part(part: Sequence[LeftHome], first: int, do: Steps) -> tuple[HomeResult, ...]:
    """Delete these homes, whose numbers on the list begin with `first`. It may run again after a crash."""
    do.tell(f"{first} done; now: {'; '.join(one.title for one in part)}")
    return tuple(await asyncio.gather(*(_deleted(one, first + number, do) for number, one in enumerate(part))))


async def _deleted(home: LeftHome, number: int, do: Steps) -> HomeResult:
    try:
        return await _delete(home, f"{name_for(do.operation)}-{number + 1}", do)
    except (Unavailable, NotFound, Rejected) as error:
        return HomeResult(home.title, HomeFate.FAILED, str(error))


async def _delete(home: LeftHome, snapshot: str, do: Steps) -> HomeResult:
    claim = await find_claim(home.claim, do)
    if claim is None:
        return await _gone(home, snapshot, do)
    if why := await _not_ours(home, claim, snapshot, do):
        return HomeResult(home.title, HomeFate.SPARED, why)
    if not claim.terminating:
        taken = await snapshot_home(snapshot, original_of(claim, home.user, home.server), home.snapshot_class, do)
        if taken.problem:
            return HomeResult(home.title, HomeFate.FAILED, taken.problem)
        # That took a while.
        if why := await _wanted(home, do):
            return HomeResult(home.title, HomeFate.SPARED, why)
    held = await remove_claim(home.claim, do)
    if held:
        return HomeResult(home.title, HomeFate.FAILED, held)
    return HomeResult(home.title, HomeFate.DELETED, size=home.claim.size)


async def _gone(home: LeftHome, snapshot: str, do: Steps) -> HomeResult:
    """Return what became of a home that is not there: deleted by this change before a crash, or by somebody else."""
    if await _has_snapshot(home, snapshot, do):
        return HomeResult(home.title, HomeFate.DELETED, size=home.claim.size)
    return HomeResult(home.title, HomeFate.SPARED, "it was deleted by somebody else in the meantime")


async def _not_ours(home: LeftHome, claim: Claim, snapshot: str, do: Steps) -> str:
    """Return why this change leaves the claim alone. One that it marked for deletion before a crash is its own."""
    if not claim.terminating:
        return await _wanted(home, do)
    return "" if await _has_snapshot(home, snapshot, do) else "somebody else is deleting it"


async def _has_snapshot(home: LeftHome, snapshot: str, do: Steps) -> bool:
    """Return True if this change took a snapshot of the home, without which it deletes nothing."""
    try:
        return (await do.reads.kube.snapshot(snapshot)).claim == home.claim.name
    except NotFound:
        return False


async def _wanted(home: LeftHome, do: Steps) -> str:
    """Return why the home is wanted after all: its owner is back; empty where nobody is."""
    for name in dict.fromkeys((home.user, home.user.lower())):
        try:
            await do.reads.hub.user(name)
        except NotFound:
            continue
        return "its owner has logged in in the meantime"
    # A long list takes hours.
    if "@" in home.user and await do.reads.access.is_in_directory(home.user):
        return "its owner is in the directory again"
    holders = await holders_of(home.claim, do)
    return f"{holders[0].name} has mounted it in the meantime" if holders else ""


def _summary(plan: LeftDeletion, results: Sequence[HomeResult]) -> Notice | Failure:
    gone = [one for one in results if one.fate is HomeFate.DELETED]
    failed = [one for one in results if one.fate is HomeFate.FAILED]
    rest = len(plan.homes) - len(results)
    sections: list[Section] = [Facts(tuple(_facts(plan, gone, rest)))]
    for title, fate in (("Left alone", HomeFate.SPARED), ("Not deleted", HomeFate.FAILED)):
        if lines := tuple(f"{one.title}: {one.why}" for one in results if one.fate is fate):
            sections.append(Lines(lines, f"{title} ({len(lines):,})"))
    heading = f"{_homes(len(gone))} of {len(plan.homes):,} deleted"
    if failed:
        return Failure(
            f"{heading}, {len(failed):,} not",
            "What failed did not stop the others. Each line says why, and nothing was deleted without a snapshot.",
            (),
            ("Type it again for those that are left: the ones that are gone are not on the new list.",),
            sections=tuple(sections),
        )
    return Notice(heading, "", Tone.WARNING if rest else Tone.GOOD, tuple(sections))


def _facts(plan: LeftDeletion, gone: Sequence[HomeResult], rest: int) -> Iterator[Fact]:
    yield Fact("Freed", amount(sum(one.size for one in gone)))
    yield Fact("Snapshots", f"{len(gone):,}, kept for {plan.kept_for}: /jhub storage snapshots")
    if rest:
        yield Fact("Not reached", f"{_homes(rest)}: somebody asked to stop", Tone.WARNING)
