"""The model of an upgrade's hazards, and of the upgrade that they are judged by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property

from commands.release.removed_apis import RemovedObject
from commands.text.version_numbers import parsed
from commands.values.hub_config import CONFIG, HubConfig
from commands.values.schema_errors import coalesced


class HazardSeverity(IntEnum):
    """A severity: worth knowing, something may stop working, people lose data or are locked out."""

    NOTE = 1
    WARNING = 2
    SERIOUS = 3


@dataclass(frozen=True)
class Hazard:
    """One thing to know before an upgrade. It contains no value of a secret.

    `blocks` says that the upgrade must not begin as things are. `fixable` says that `/jhub config migrate` fixes it;
    `remedy` is what to do otherwise, mostly a line to type. `key` is a stable name for programs.
    """

    key: str
    severity: HazardSeverity
    title: str
    text: str
    blocks: bool = False
    fixable: bool = False
    remedy: str = ""


@dataclass(frozen=True)
class Edition:
    """A version of the chart, with the version of its JupyterHub."""

    version: str
    app_version: str = ""

    @property
    def numbers(self) -> tuple[int, int, int]:
        """The chart's version, for comparisons."""
        return parsed(self.version) or (0, 0, 0)

    @property
    def hub(self) -> int:
        """The major version of its JupyterHub, or 0 if unknown."""
        found = parsed(self.app_version)
        return found[0] if found else 0


@dataclass(frozen=True)
class HomeCounts:
    """The number of users' homes: of all, and of those that the new chart would look for elsewhere."""

    all: int = 0
    moved: int = 0


@dataclass(frozen=True)
class ChartUpgrade:
    """An upgrade from `here` to `there`, with the values, the new defaults and the state of the cluster.

    `wanted` is the Kubernetes version that the chart requires, from its Chart.yaml; `kubernetes` is the nodes' newest.
    `servers` is how many run; it, `homes` and `removed`, the live revision's objects whose API some version of
    Kubernetes has removed, are None if unknown.
    """

    here: Edition
    there: Edition
    values: Mapping[str, object] = field(repr=False)
    defaults: Mapping[str, object] = field(default_factory=dict, repr=False)
    wanted: str = ""
    kubernetes: str = ""
    servers: int | None = 0
    homes: HomeCounts | None = HomeCounts()
    removed: tuple[RemovedObject, ...] | None = ()

    def passes(self, *version: int) -> bool:
        """Return True if the upgrade crosses that version: it is later than `here` and not later than `there`."""
        return self.here.numbers < (*version, 0, 0)[:3] <= self.there.numbers

    @property
    def is_downgrade(self) -> bool:
        """True if the new version is older."""
        return self.there.numbers < self.here.numbers

    @cached_property
    def config(self) -> HubConfig:
        """The configuration that the values give the hub, with the code in them as far as it can be read."""
        return HubConfig(self.values)

    def given(self, *path: str) -> object:
        """Return the value that somebody set at the path, or None; a trait of `hub.config` as code may have set it."""
        if path[:2] == CONFIG and len(path) == len(CONFIG) + 2:
            return self.config.get(path[-1], path[-2])
        return value_at(self.values, path)

    def effective(self, *path: str) -> object:
        """Return the value at the path with the new chart's defaults."""
        return value_at(coalesced(self.values, self.defaults), path)


def value_at(values: object, path: tuple[str, ...]) -> object:
    """Return the value at a path, or None if there is none."""
    for name in path:
        values = values.get(name) if isinstance(values, Mapping) else None
    return values
