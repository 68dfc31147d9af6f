"""The place where the chart's values are written down."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from clients.values import Written
from commands.values.base import with_changes
from tests.world.helm import ReleaseReads

if TYPE_CHECKING:
    from tests.world.world import World


@dataclass
class Home:
    """The place of the chart's values: the release, or, with `values`, a file whose version counts up.

    `problem` is raised instead of saving; `saved` keeps the arguments of each save.
    """

    world: "World"
    values: dict[str, object] | None = None
    extra: dict[str, object] = field(default_factory=dict)
    text: str = ""
    version: int = 1
    problem: Exception | None = None
    saved: list[tuple[object, ...]] = field(default_factory=list)

    @property
    def kind(self):
        return "release" if self.values is None else "file"

    @property
    def place(self):
        return "the release" if self.values is None else "config.yaml"

    async def written(self):
        if self.values is not None:
            return Written(self.values, f"v{self.version}", self.text)
        releases = ReleaseReads(self.world)
        found = await releases.deployed() or await releases.current()
        return Written(found.values, f"revision {found.revision}") if found else None

    async def secrets(self):
        return self.extra

    async def save(self, changes, *, base, author, message, operation):
        if self.problem is not None:
            raise self.problem
        if self.values is None:
            return base
        made = with_changes(self.values, changes)
        if made == self.values:
            return f"v{self.version}"
        self.saved.append((tuple(changes), base, author, message, operation))
        self.values = made
        self.version += 1
        return f"v{self.version}"
