"""`/jhub storage list`: list homes with owner, size, class, age and last use, and those whose owner the hub lost."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Final

from cards.times import minute
from cards.views import Cell, Column, Fact, Facts, Section, Status, Table, Tone, View
from clients.errors import Unavailable
from clients.kube import Claim, Pod
from clients.prometheus import VolumeUsages
from commands.framework.argument_types import Age
from commands.framework.command import Flag, Level, Query, Topic
from commands.framework.errors import UserError
from commands.framework.partial_results import attempt
from commands.kubernetes.components import USER_SERVER
from commands.ports.context import Reads
from commands.storage.arguments import Order
from commands.storage.former_name import made
from commands.storage.fullest import by_fullness
from commands.storage.fullness import NOT_CONFIGURED
from commands.storage.homes import may_be_home
from commands.storage.owners import Owners
from commands.storage.rows import Row, owner_cell
from commands.text.byte_sizes import spoken as amount
from commands.timing.durations import spoken

_COLUMNS = (
    Column("Owner", 6),
    Column("Size", 2),
    Column("Class", 3),
    Column("Age", 2),
    Column("Last use", 3),
)


@dataclass(frozen=True)
class Args:
    """The homes to list, and their order."""

    orphaned: Annotated[bool, Flag("only homes whose owner the hub no longer knows")] = False
    unused: Annotated[Age | None, Flag("only homes that nobody has used for this long", "90d")] = None
    sort: Annotated[Order | None, Flag("by size (the default), age or name", "age")] = None
    full: Annotated[bool, Flag("by how full they are, the fullest first")] = False


@dataclass
class Totals:
    """The sums over all homes, and the names of the claims that are none."""

    homes: int = 0
    size: int = 0
    mounted: int = 0
    unbound: int = 0
    orphans: int = 0
    orphaned_size: int = 0
    matching: int = 0
    matching_size: int = 0
    classes: Counter[str] = field(default_factory=Counter)
    others: list[str] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """Count one home."""
        self.homes += 1
        self.size += row.size
        self.mounted += row.mounted
        self.unbound += not row.bound
        self.orphans += row.orphan
        self.orphaned_size += row.size if row.orphan else 0
        self.classes[row.storage_class or "no class"] += row.size


async def run(args: Args, reads: Reads) -> View:
    """List the homes that match, in the order asked for, with the totals of all."""
    measured = await _measured(args, reads)
    async with asyncio.TaskGroup() as asking:
        users = asking.create_task(attempt("The hub", reads.hub.users()))
        pods = asking.create_task(attempt("Kubernetes", reads.kube.pods(f"component={USER_SERVER}")))
    owners = Owners(users.result())
    if owners.doubt and (args.orphaned or args.unused):
        raise _cannot_tell(args, owners)
    totals, rows = await _collect(args, owners, _mounted(pods.result()), reads)
    if measured is not None:
        return by_fullness(rows, totals.others, measured, owners, _limits(args), reads)
    return _card(args, totals, rows, owners, reads)


async def _measured(args: Args, reads: Reads) -> VolumeUsages | None:
    """Return what was measured of all volumes, where that is asked for. Raise Unavailable, and UserError."""
    if not args.full:
        return None
    if args.sort:
        raise UserError("--full sorts by how full homes are: leave out --sort.", "/jhub storage list --full")
    if reads.prometheus is None:
        raise UserError(f"How full homes are is not known: {NOT_CONFIGURED}.", "/jhub storage list")
    return await reads.prometheus.volumes()


def _cannot_tell(args: Args, owners: Owners) -> UserError:
    what = "which homes have lost their owner" if args.orphaned else "which homes are unused"
    return UserError(f"{owners.doubt}: the bot cannot tell {what} now.", "/jhub storage list")


def _mounted(pods: list[Pod] | Unavailable) -> frozenset[str]:
    """Return the claims in use. If pods cannot be listed, claims cannot either, and the card says so."""
    return frozenset() if isinstance(pods, Unavailable) else frozenset(name for pod in pods for name in pod.claims)


async def _collect(args: Args, owners: Owners, mounted: frozenset[str], reads: Reads) -> tuple[Totals, list[Row]]:
    """Return the totals of all homes, and those that match in their order. Hold no more than a page of claims."""
    totals, matches = Totals(), _matcher(args, reads)
    kept: list[Row] = []
    async for page in reads.kube.claim_pages():
        rows = [_row(claim, owners, mounted, reads) for claim in page if may_be_home(claim)]
        totals.others += [claim.name for claim in page if not may_be_home(claim)]
        for row in rows:
            totals.add(row)
        fitting = [row for row in rows if matches(row)]
        totals.matching += len(fitting)
        totals.matching_size += sum(row.size for row in fitting)
        kept += fitting
    return totals, sorted(kept, key=_ORDERS[args.sort or "size"])


def _row(claim: Claim, owners: Owners, mounted: frozenset[str], reads: Reads) -> Row:
    in_use = claim.name in mounted
    return Row(
        owner=owners.owner(claim),
        server=claim.server,
        claim=claim.name,
        size=claim.size,
        storage_class=claim.storage_class,
        created=made(claim),
        claimed=claim.created,
        seen=reads.now if in_use else owners.last_activity(claim),
        mounted=in_use,
        orphan=owners.is_orphan(claim) and not in_use,
        bound=bool(claim.volume),
    )


def _matcher(args: Args, reads: Reads) -> Callable[[Row], bool]:
    before = reads.now - (args.unused.length if args.unused else timedelta(0))

    def matches(row: Row) -> bool:
        # Who never came back since the home was made has not used it for as long as it exists.
        last = row.seen or row.created
        unused = not row.mounted and last is not None and last < before
        return (row.orphan or not args.orphaned) and (unused or not args.unused)

    return matches


def _creation(row: Row) -> float:
    return row.created.timestamp() if row.created else 0.0


_ORDERS: Final[dict[str, Callable[[Row], tuple[object, ...]]]] = {
    "size": lambda row: (-row.size, row.owner, row.claim),
    "age": lambda row: (_creation(row), row.owner, row.claim),
    "name": lambda row: (row.owner.casefold(), row.server, row.claim),
}


def _card(args: Args, totals: Totals, rows: Sequence[Row], owners: Owners, reads: Reads) -> Status:
    sections: list[Section] = [Facts(tuple(_facts(args, totals, owners)))]
    if rows:
        table = tuple(_cells(row, owners, reads) for row in rows)
        sections.append(Table(_COLUMNS, table))
    return Status(
        "Homes",
        _headline(args, totals),
        Tone.WARNING if owners.doubt else Tone.NOTE,
        (f"{owners.doubt}: owners cannot be checked now.",) if owners.doubt else (),
        tuple(sections),
        minute(reads.now),
    )


def _headline(args: Args, totals: Totals) -> str:
    noun = "home" if totals.matching == 1 else "homes"
    what = _limits(args)
    if not totals.matching:
        return f"No {noun}{what}"
    return f"{totals.matching:,} {noun}{what}, {amount(totals.matching_size)}"


def _limits(args: Args) -> str:
    """Return which homes are asked for, as words after “homes”; nothing for all."""
    what = " without an owner in the hub" if args.orphaned else ""
    return f"{what} not used for {spoken(args.unused.length)}" if args.unused else what


def _facts(args: Args, totals: Totals, owners: Owners) -> list[Fact]:
    facts = [Fact("All homes", f"{totals.homes:,}, {amount(totals.size)}; {totals.mounted:,} in use")]
    facts += [Fact(f"Class {name}", amount(size)) for name, size in totals.classes.most_common()]
    if totals.unbound:
        facts.append(Fact("Without a disk", f"{totals.unbound:,}, not used yet"))
    if not owners.doubt:
        line = "" if args.orphaned or not totals.orphans else ": /jhub storage list --orphaned"
        facts.append(Fact("Without an owner", f"{totals.orphans:,}, {amount(totals.orphaned_size)}{line}"))
    return facts


def _cells(row: Row, owners: Owners, reads: Reads) -> tuple[Cell, ...]:
    return (
        owner_cell(row, owners),
        Cell(amount(row.size)),
        Cell(row.storage_class or "—"),
        Cell(spoken(reads.now - row.created) if row.created else "—"),
        _last_use(row, owners, reads),
    )


def _last_use(row: Row, owners: Owners, reads: Reads) -> Cell:
    if row.mounted:
        return Cell("now", Tone.GOOD)
    if row.orphan:
        return Cell("not in the hub", Tone.WARNING)
    if row.seen is None:
        return Cell("unknown" if owners.doubt else "never")
    return Cell(f"{spoken(reads.now - row.seen)} ago")


COMMAND = Query(
    "storage list",
    "List the homes: owner, size, class, age, last use, and totals.",
    Level.VIEWER,
    run,
    Args,
    details="Last use is the owner's last activity at the hub, or now while a server mounts the home. --full takes how "
    "full they are from Prometheus, where kubelet's measurements are (prometheus.url): of a home that no server mounts "
    "it is the last one of the past days, or none.",
    topic=Topic.STORAGE,
    rank=1,
)
