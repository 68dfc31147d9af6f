"""Interfaces to tests of the hub: a synthetic user's account and server, and the records of earlier tests."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from clients.hub import SpawnEvent
from clients.jupyter import CellResult, KernelSpecs


@dataclass(frozen=True)
class HubTestRecord:
    """A test of the hub, from its begin on.

    `seconds` is how long the server took to be ready, 0 where it never was. `ended` is None while it is at work.
    `failed` is the stage that it failed at, and `cause` why; both are empty where it passed. `removed` is True once
    nothing is left of its user.
    """

    operation: str
    began: datetime
    by: str
    tag: str
    profile: str = ""
    ended: datetime | None = None
    seconds: float = 0.0
    failed: str = ""
    cause: str = ""
    removed: bool = False

    @property
    def passed(self) -> bool:
        """True if it has ended and every stage succeeded."""
        return self.ended is not None and not self.failed


@dataclass(frozen=True)
class HubTestRules:
    """The settings: after which commands a test follows, which packages a server has to have, where a tag has to pass.

    `required_on` is the hub on which a tag has to have passed a test before it is deployed here; empty for none.
    """

    after: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    required_on: str = ""


class HubTestReads(Protocol):
    """Reads of tests. Every method raises Unavailable when the store cannot be read."""

    @property
    def rules(self) -> HubTestRules:
        """The settings."""

    async def left(self) -> Sequence[HubTestRecord]:
        """Return the tests of whose user something may be left, the oldest first."""

    async def recent(self, limit: int = 10) -> Sequence[HubTestRecord]:
        """Return the tests that were begun last, the newest first."""

    async def passed_elsewhere(self, tag: str) -> HubTestRecord | None:
        """Return the last test of that tag on the hub `rules.required_on`, if it passed; else None."""


class HubTestRecords(Protocol):
    """Changes of the records of tests. Every method raises Unavailable."""

    async def begin(self, record: HubTestRecord) -> None:
        """Store a test that begins. One of that operation stays as it is."""

    async def end(self, record: HubTestRecord) -> None:
        """Store how a test ended; again, it stays as it is."""

    async def remove(self, operations: Sequence[str]) -> None:
        """Note that nothing is left of the users of these tests."""


class SyntheticAccounts(Protocol):
    """The hub's API for a synthetic user. Every method raises Unavailable."""

    async def create(self, user: str) -> bool:
        """Make a user. Return False if there is one of that name. Raise Rejected for a name that the hub refuses."""

    async def delete(self, user: str) -> bool:
        """Delete a user. Return True once there is none, False while their server stops."""

    async def start(self, user: str, options: Mapping[str, object]) -> bool:
        """Start the default server. Return True if it is ready. Raise NotFound, Rejected where it cannot start."""

    def progress(self, user: str, seconds: float) -> AsyncIterator[SpawnEvent]:
        """Yield what the hub tells of a start, for at most `seconds`; nothing where nothing starts."""


class Cells(Protocol):
    """A kernel at work."""

    async def execute(self, code: str) -> CellResult:
        """Run a cell. Raise Unavailable for a kernel that does not answer in time."""


class Notebooks(Protocol):
    """A user's server, as a notebook in a browser uses it. Every method raises Unavailable."""

    async def kernel_specs(self) -> KernelSpecs:
        """Return the kernels that it offers."""

    def kernel(self, name: str) -> AbstractAsyncContextManager[Cells]:
        """Start a kernel, which ends with the block."""


class NotebookServers(Protocol):
    """Users' servers."""

    def of(self, user: str) -> AbstractAsyncContextManager[Notebooks]:
        """Use the default server of a user, by a token of its own. Raise Unavailable, Rejected of the hub."""


@dataclass(frozen=True)
class HubTesting:
    """Everything that a test writes to."""

    accounts: SyntheticAccounts
    servers: NotebookServers
    records: HubTestRecords
