"""The sums of one day or of several: added up look by look, and kept as compressed lists of whole numbers.

People stand there by number (their names are kept once), so that a day of 5,000 people takes some tens of kilobytes on
either database, however often the bot looks. Sums of servers and nodes count looks, and PARTS of a node times looks.
"""

import json
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Any, Final, TypeVar

from bot.jobs.usage_look import PARTS, HomeLook, NodeLook, UsageLook

_FORMAT: Final = 1
K = TypeVar("K", bound=tuple[Any, ...])


@dataclass(frozen=True)
class PersonSums:
    """Two sums for each person, by number."""

    first: dict[int, int] = field(default_factory=dict)
    second: dict[int, int] = field(default_factory=dict)

    def add(self, people: Iterable[int], firsts: Iterable[int], seconds: Iterable[int]) -> None:
        """Add one number to either sum of each person."""
        # Of a month of 5,000 people there are hundreds of thousands: nothing is made for each.
        one, two = self.first, self.second
        for person, first, second in zip(people, firsts, seconds, strict=True):
            one[person] = one.get(person, 0) + first
            two[person] = two.get(person, 0) + second

    def written(self) -> tuple[list[int], list[int], list[int]]:
        """Return the people, each as what their number is more than the one before, and their sums."""
        people = sorted(self.first)
        steps = [after - before for before, after in pairwise([0, *people])]
        return steps, [self.first[one] for one in people], [self.second[one] for one in people]


Sums = dict[K, PersonSums]


@dataclass
class UsageDay:
    """What was used on one day, or on several together.

    `servers` has looks and PARTS by (profile, VM size) and person; `nodes` has PARTS in total, reserved by servers and
    left over, by (pool, VM size); `homes` has their number by (storage class, GiB) and person, on the `home_days` on
    which they were looked at.
    """

    looks: int = 0
    servers: Sums[tuple[str, str]] = field(default_factory=dict)
    nodes: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    homes: Sums[tuple[str, int]] = field(default_factory=dict)
    home_days: int = 0

    def add(self, look: UsageLook, number: Callable[[str], int], times: int = 1) -> None:
        """Add one look that stands for so many alike. `number` returns a person's number."""
        self.looks += times
        for one in look.servers:
            its = _sums(self.servers, (one.profile, one.size))
            its.add((number(one.user),), (times,), (one.share * times,))
        for pool in look.nodes:
            self._add_nodes(pool, times)
        if look.homes is not None and not self.home_days:
            self._add_homes(look.homes, number)

    def _add_nodes(self, look: NodeLook, times: int) -> None:
        its = self.nodes.setdefault((look.pool, look.size), [0, 0, 0])
        for place, more in enumerate((look.nodes * PARTS, look.used, look.idle)):
            its[place] += more * times

    def _add_homes(self, homes: Iterable[HomeLook], number: Callable[[str], int]) -> None:
        self.home_days = 1
        for home in homes:
            _sums(self.homes, (home.storage_class, home.gib)).add((number(home.user),), (1,), (0,))

    def written(self) -> bytes:
        """Return it as it is kept."""
        content = {
            "format": _FORMAT,
            "looks": self.looks,
            "servers": _written(self.servers),
            "nodes": [[*key, *its] for key, its in sorted(self.nodes.items())],
            "homes": _written(self.homes),
            "home_days": self.home_days,
        }
        return zlib.compress(json.dumps(content, separators=(",", ":")).encode(), 9)

    def add_written(self, written: bytes) -> "UsageDay":
        """Add the servers and homes of a day that was kept, and have its nodes in place of those here."""
        content = json.loads(zlib.decompress(written))
        self.looks += content["looks"]
        self.home_days += content["home_days"]
        self.nodes = {(pool, size): its for pool, size, *its in content["nodes"]}
        _add_written(self.servers, content["servers"])
        _add_written(self.homes, content["homes"])
        return self


def _sums(sums: Sums[K], key: K) -> PersonSums:
    return sums.setdefault(key, PersonSums())


def _written(sums: Mapping[K, PersonSums]) -> list[Any]:
    return [[*key, *its.written()] for key, its in sorted(sums.items())]


def _add_written(sums: Sums[Any], written: Iterable[list[Any]]) -> None:
    for *key, steps, firsts, seconds in written:
        _sums(sums, tuple(key)).add(accumulate(steps), firsts, seconds)
