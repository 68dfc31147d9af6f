"""A hazard of going from one version of the chart to another, and what it is judged by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from commands.chart.support_dates import parsed
from commands.values.schema_errors import coalesced


class HazardSeverity(IntEnum):
    """How bad it is: worth knowing, something may stop working, people lose what they have or are locked out."""

    NOTE = 1
    WARNING = 2
    SERIOUS = 3


@dataclass(frozen=True)
class Hazard:
    """One thing to know before an upgrade. No value of a secret is in it.

    `blocks` says that the upgrade must not begin as things are. `mended` says that `/jhub config migrate` takes care
    of it; `way` is what to do else, mostly a line to type. `key` is a name that stays, for programs.
    """

    key: str
    severity: HazardSeverity
    title: str
    text: str
    blocks: bool = False
    mended: bool = False
    way: str = ""


@dataclass(frozen=True)
class Edition:
    """A version of the chart, and of the JupyterHub in it."""

    version: str
    app_version: str = ""

    @property
    def numbers(self) -> tuple[int, int, int]:
        """The chart's version, to compare by."""
        return parsed(self.version) or (0, 0, 0)

    @property
    def hub(self) -> int:
        """The major version of its JupyterHub; 0 where it is not said."""
        found = parsed(self.app_version)
        return found[0] if found else 0


@dataclass(frozen=True)
class Homes:
    """The users' homes: all of them, and those whose names only the scheme before chart 4 makes."""

    all: int = 0
    old: int = 0


@dataclass(frozen=True)
class Crossing:
    """From `here` to `there`: with which values, over which defaults, and what there is in the cluster.

    `wanted` is the Kubernetes that the chart asks for, as its Chart.yaml says; `kubernetes` is the nodes' newest.
    `servers` is how many run; both they and `homes` are None where nobody knows.
    """

    here: Edition
    there: Edition
    values: Mapping[str, object] = field(repr=False)
    defaults: Mapping[str, object] = field(default_factory=dict, repr=False)
    wanted: str = ""
    kubernetes: str = ""
    servers: int | None = 0
    homes: Homes | None = Homes()

    def passes(self, *version: int) -> bool:
        """Whether that version is on the way: later than `here`, and not later than `there`."""
        return self.here.numbers < (*version, 0, 0)[:3] <= self.there.numbers

    @property
    def is_downgrade(self) -> bool:
        """Whether it goes back."""
        return self.there.numbers < self.here.numbers

    def given(self, *path: str) -> object:
        """What somebody set there; None for nothing."""
        return at(self.values, path)

    def effective(self, *path: str) -> object:
        """What counts there with the new chart."""
        return at(coalesced(self.values, self.defaults), path)


def at(values: object, path: tuple[str, ...]) -> object:
    """The value at a path; None where there is none."""
    for name in path:
        values = values.get(name) if isinstance(values, Mapping) else None
    return values
