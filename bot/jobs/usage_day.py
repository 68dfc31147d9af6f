"""The sums of one day: added up look by look, and kept as a few compressed lists of whole numbers.

People stand there by number (their names are kept once), what they use by its place in a list, so that a day of 5,000
people takes some tens of kilobytes on either database, however often the bot looks. Sums of servers and nodes count
looks, and PARTS of a node times looks.
"""

import json
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, TypeVar

from bot.jobs.usage_look import PARTS, HomeLook, UsageLook

_FORMAT: Final = 1
# A person, a place in a list, and two sums.
_ROW: Final = 4
K = TypeVar("K", bound=tuple[Any, ...])
# Sums by person and by a key of what they use.
Sums = dict[tuple[int, K], list[int]]


@dataclass
class UsageDay:
    """What was used on one day.

    `servers` has looks and PARTS by person and (profile, VM size); `nodes` has PARTS in total, reserved by servers and
    left over, by (pool, VM size); `homes` has their number by person and (storage class, GiB), or is None before they
    were looked at.
    """

    looks: int = 0
    servers: Sums[tuple[str, str]] = field(default_factory=dict)
    nodes: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    homes: Sums[tuple[str, int]] | None = None

    def add(self, look: UsageLook, number: Callable[[str], int]) -> None:
        """Add one look. `number` returns a person's number."""
        self.looks += 1
        for one in look.servers:
            _add(self.servers, (number(one.user), (one.profile, one.size)), 1, one.share)
        for pool in look.nodes:
            _add(self.nodes, (pool.pool, pool.size), pool.nodes * PARTS, pool.used, pool.idle)
        if look.homes is not None and self.homes is None:
            self.homes = _counted(look.homes, number)

    def written(self) -> bytes:
        """Return it as it is kept."""
        content = {
            "format": _FORMAT,
            "servers": _flat(self.servers),
            "nodes": [[*key, *its] for key, its in sorted(self.nodes.items())],
            "homes": None if self.homes is None else _flat(self.homes),
        }
        return zlib.compress(json.dumps(content, separators=(",", ":")).encode(), 9)

    @classmethod
    def read(cls, looks: int, written: bytes) -> "UsageDay":
        """Return a day from what was kept."""
        content = json.loads(zlib.decompress(written))
        homes = content["homes"]
        return cls(
            looks,
            dict(_rows(content["servers"])),
            {(pool, size): its for pool, size, *its in content["nodes"]},
            None if homes is None else dict(_rows(homes)),
        )


def _counted(homes: Iterable[HomeLook], number: Callable[[str], int]) -> Sums[tuple[str, int]]:
    found: Sums[tuple[str, int]] = {}
    for home in homes:
        _add(found, (number(home.user), (home.storage_class, home.gib)), 1, 0)
    return found


def _add(sums: dict[Any, list[int]], key: object, *more: int) -> None:
    before = sums.get(key)
    sums[key] = [had + one for had, one in zip(before, more, strict=True)] if before else list(more)


def _flat(sums: Mapping[tuple[int, K], list[int]]) -> dict[str, object]:
    """Return the sums as one list of numbers, each person's number as what is added to the one before."""
    keys = sorted({key for _, key in sums})
    places = {key: place for place, key in enumerate(keys)}
    rows: list[int] = []
    last = 0
    for (person, key), its in sorted(sums.items()):
        rows += (person - last, places[key], *its)
        last = person
    return {"keys": keys, "rows": rows}


def _rows(flat: Mapping[str, Any]) -> Iterable[tuple[tuple[int, Any], list[int]]]:
    keys, rows, person = [tuple(key) for key in flat["keys"]], iter(flat["rows"]), 0
    while row := list(islice(rows, _ROW)):
        person += row[0]
        yield (person, keys[row[1]]), row[2:]
