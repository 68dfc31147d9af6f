"""The plan of a user's new name, and what became of it."""

from dataclasses import dataclass, field

from commands.framework.plan_digest import incidental
from commands.spawner.runs import ServerRun
from commands.storage.deletion import ClaimRef
from commands.storage.snapshots import Original


@dataclass(frozen=True)
class HomeMove:
    """A volume that goes from one claim to another: `source` is the claim that has it now, `target` the new one."""

    server: str
    source: str
    source_uid: str
    target: str
    volume: str
    size: int


@dataclass(frozen=True)
class EmptyClaim:
    """A claim of the new name that never had a disk, and all that it takes to make it again."""

    uid: str
    original: Original


@dataclass(frozen=True)
class SnapshotMove:
    """A snapshot that the bot took, and the claim that it is restored to from then on."""

    name: str
    uid: str
    target: str


@dataclass(frozen=True)
class UserRename:
    """The plan: everything of a person that goes by their name.

    `known` is True if the hub has a record under the old name. That record is kept and renamed with `keeps_record`;
    else a new one takes its place, because the hub would look for the homes by the names that it remembers. `empties`
    are claims of the old name without a disk, which are removed in the end; `clears` those of the new one, which are
    removed first. `joins` says that the hub has a record by the new name that stays, `resumes` that an earlier
    run left this half done, `nobodys` that Entra knows nobody by the new name.
    """

    old: str
    new: str
    moves: tuple[HomeMove, ...]
    known: bool
    keeps_record: bool
    stops: tuple[str, ...] = ()
    empties: tuple[ClaimRef, ...] = ()
    groups: tuple[str, ...] = ()
    clears: tuple[EmptyClaim, ...] = ()
    snapshots: tuple[SnapshotMove, ...] = ()
    joins: bool = False
    resumes: bool = False
    nobodys: bool = False
    warnings: tuple[str, ...] = ()
    runs: tuple[ServerRun, ...] = field(default=(), metadata=incidental())


@dataclass(frozen=True)
class Carried:
    """The result. `problem` says why it did not work: all is under the old name then, unless it is `half` done.

    `notes` are what did not work besides, and has to be known.
    """

    problem: str = ""
    half: bool = False
    notes: tuple[str, ...] = ()


class Stuck(Exception):  # noqa: N818 - named after what the caller does with it
    """Something in the way, in a sentence: everything goes back to the old name."""
