"""What helm said that it would put in place, and what it said lately, kept in this process alone."""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

# How long, in seconds, the same counts as the same: a chart may look things up in the cluster, whose changes are no
# revision. z2jh looks up the secrets that it generated, and those are in no rendering.
FRESH: Final = 300.0
# Each is a manifest (z2jh 4.4: 0.1 MB) and the chart's defaults: two people who plan two changes each.
MOST: Final = 4


@dataclass(frozen=True)
class Rendered:
    """What would be put in place: YAML documents, with a comment in place of each Secret.

    `defaults` are the values that the chart brings, which count where nobody gives others. `hooks` are those that run
    before or after an upgrade, or before or after an installation.
    """

    chart: str
    chart_version: str
    app_version: str
    manifest: str = field(repr=False)
    hooks: str = field(default="", repr=False)
    defaults: Mapping[str, object] = field(default_factory=dict, repr=False)


class RenderCache:
    """The last few renderings by the mark of what they were made of. `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._made: dict[bytes, tuple[float, Rendered]] = {}

    def __len__(self) -> int:
        return len(self._made)

    def get(self, asked: bytes) -> Rendered | None:
        """What was rendered for that less than five minutes ago; None where helm has to be asked."""
        now = self._clock()
        self._made = {key: one for key, one in self._made.items() if now < one[0]}
        found = self._made.get(asked)
        return found[1] if found else None

    def keep(self, asked: bytes, found: Rendered) -> None:
        """Remember it; the oldest is forgotten where there are too many."""
        self._made.pop(asked, None)
        while len(self._made) >= MOST:
            del self._made[next(iter(self._made))]
        self._made[asked] = self._clock() + FRESH, found


def mark(arguments: Sequence[str], given: bytes, revision: int, chart: Path | None) -> bytes:
    """What tells one question from another: what helm is told, the values, the newest revision, a chart on disk.

    A digest, for values hold secrets. Looks at files: not on the event loop. A version in a repository or in a registry
    never changes.
    """
    made = hashlib.sha256()
    for part in (*arguments, str(revision), *_state(chart)):
        made.update(f"{len(part)} {part}".encode("utf-8", "surrogateescape"))
    made.update(given)
    return made.digest()


def _state(chart: Path | None) -> list[str]:
    """A line for each file of a chart on disk, another one when the file is another."""
    if chart is None:
        return []
    files = ((path, path.stat()) for path in sorted(chart.rglob("*")) if path.is_file())
    return [f"{path} {about.st_size} {about.st_mtime_ns} {about.st_ino}" for path, about in files]
