"""Samples in the order of time: each series as spans of equal values, one sample for each scrape.

A series that a scrape no longer finds is stale at once, as by Prometheus' staleness markers; one that nobody scrapes
any more is forgotten by instant queries after five minutes (`query.lookback-delta`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

Labels = frozenset[tuple[str, str]]
"""The labels of a series, its name among them as `__name__`."""

NAME: Final = "__name__"
LOOKBACK: Final = 300.0
# Series are found by the hours in which they have samples.
_SLOT: Final = 3600


@dataclass(slots=True)
class Span:
    """Samples of one value, from `first` to `last` (Unix time), one each `every` seconds."""

    first: float
    last: float
    value: float


@dataclass(slots=True)
class _Series:
    spans: list[Span] = field(default_factory=list)
    is_stale: bool = False


class TimeSeries:
    """All series of one Prometheus that scrapes once in `every` seconds."""

    def __init__(self, every: float) -> None:
        self.every = every
        self._series: dict[Labels, _Series] = defaultdict(_Series)
        self._slots: dict[tuple[str, int], set[Labels]] = defaultdict(set)
        self._found: frozenset[Labels] = frozenset()

    def scrape(self, samples: Mapping[Labels, float], at: float) -> None:
        """Add what a scrape found; what the one before had found besides is stale from then on."""
        for labels, value in samples.items():
            self._add(labels, value, at)
        for gone in self._found - samples.keys():
            self._series[gone].is_stale = True
        self._found = frozenset(samples)

    def remember(self, labels: Labels, span: Span) -> None:
        """Add samples of the past, before any that are there."""
        series = self._series[labels]
        series.spans.insert(0, span)
        series.is_stale = series.is_stale or len(series.spans) == 1
        for slot in range(int(span.first // _SLOT), int(span.last // _SLOT) + 1):
            self._slots[dict(labels)[NAME], slot].add(labels)

    def present(self, name: str, at: float) -> Iterator[tuple[Labels, float, float]]:
        """Yield the series of that name that an instant query sees: labels, value, and the time of the sample."""
        for labels, value, seen in self.within(name, at - LOOKBACK, at):
            if seen > at - self.every or not self._is_stale(labels, at):
                yield labels, value, seen

    def within(self, name: str, start: float, end: float) -> Iterator[tuple[Labels, float, float]]:
        """Yield the last sample of each series after `start`, up to `end`."""
        for labels in self._candidates(name, start, end):
            if (found := self._last(labels, start, end)) is not None:
                yield labels, *found

    def _add(self, labels: Labels, value: float, at: float) -> None:
        series = self._series[labels]
        newest = series.spans[-1] if series.spans else None
        if newest and newest.value == value and not series.is_stale:
            newest.last = at
        else:
            series.spans.append(Span(at, at, value))
        series.is_stale = False
        self._slots[dict(labels)[NAME], int(at // _SLOT)].add(labels)

    def _is_stale(self, labels: Labels, at: float) -> bool:
        series = self._series[labels]
        later = any(span.first > at for span in series.spans)
        return series.is_stale or later

    def _candidates(self, name: str, start: float, end: float) -> Iterable[Labels]:
        slots = range(int(start // _SLOT), int(end // _SLOT) + 1)
        return set[Labels]().union(*(self._slots.get((name, slot), ()) for slot in slots))

    def _last(self, labels: Labels, start: float, end: float) -> tuple[float, float] | None:
        for span in reversed(self._series[labels].spans):
            if span.first <= end:
                seen = span.last if span.last <= end else span.first + (end - span.first) // self.every * self.every
                return (span.value, seen) if seen > start else None
        return None
