"""Results of helm's dry runs, and a cache of the latest ones that lives in this process alone."""

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
    """The manifests that would be applied: YAML documents, with a comment in place of each Secret.

    `defaults` are the chart's own values, which apply where no others are given. `hooks` are those that run before or
    after an upgrade, or before or after an installation.
    """

    chart: str
    chart_version: str
    app_version: str
    manifest: str = field(repr=False)
    hooks: str = field(default="", repr=False)
    defaults: Mapping[str, object] = field(default_factory=dict, repr=False)


class RenderCache:
    """A cache of the latest renderings by the digest of their input. `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._made: dict[bytes, tuple[float, Rendered]] = {}

    def __len__(self) -> int:
        return len(self._made)

    def get(self, key: bytes) -> Rendered | None:
        """Return the rendering for that input if it is less than five minutes old, else None."""
        now = self._clock()
        self._made = {key: one for key, one in self._made.items() if now < one[0]}
        found = self._made.get(key)
        return found[1] if found else None

    def keep(self, key: bytes, found: Rendered) -> None:
        """Store a rendering; the oldest is dropped where there are too many."""
        self._made.pop(key, None)
        while len(self._made) >= MOST:
            del self._made[next(iter(self._made))]
        self._made[key] = self._clock() + FRESH, found


def cache_key(arguments: Sequence[str], given: bytes, revision: int, chart: Path | None) -> bytes:
    """Return a digest of a rendering's input: helm's arguments, the values, the newest revision, a chart on disk.

    A digest, because values hold secrets. Reads files: not on the event loop. A version in a repository or in a
    registry never changes.
    """
    made = hashlib.sha256()
    for part in (*arguments, str(revision), *_state(chart)):
        made.update(f"{len(part)} {part}".encode("utf-8", "surrogateescape"))
    made.update(given)
    return made.digest()


def _state(chart: Path | None) -> list[str]:
    """Return a line for each file of a chart on disk, which changes when the file does."""
    if chart is None:
        return []
    files = ((path, path.stat()) for path in sorted(chart.rglob("*")) if path.is_file())
    return [f"{path} {about.st_size} {about.st_mtime_ns} {about.st_ino}" for path, about in files]
