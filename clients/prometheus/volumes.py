"""How full volumes are, by kubelet's metrics `kubelet_volume_stats_*` (pkg/kubelet/metrics/collectors/volume_stats.go).

Kubelet measures a volume while a pod mounts it, about once a minute. One that no pod mounts has no present sample, so
the past is looked at as well, in steps that are the larger the longer ago it is: what it costs Prometheus is a matter
of their number. What is said of a claim is its last measurement; when that was is known as exactly as the step is long.
"""

import asyncio
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from clients.errors import Unavailable
from clients.http import bounded
from clients.prometheus.api import SYSTEM, Answer, Api, Sample, Token, merged_warnings
from clients.prometheus.expressions import (
    CLAIM,
    CLUSTER,
    METRICS,
    Past,
    counts,
    is_claim,
    last_values,
    matchers,
    of_claims,
)
from clients.prometheus.usage import VolumeUsage, VolumeUsages

_CAPACITY, _USED, _AVAILABLE, _INODES, _INODES_USED = METRICS
_NOW: Final = Past(timedelta(minutes=15), timedelta(seconds=30))
_TODAY: Final = Past(timedelta(hours=6), timedelta(minutes=15), whole=True)
_STEP_BEFORE: Final = timedelta(hours=6)
_COVERED: Final = timedelta(days=1)
_MOST: Final = float(1 << 60)
# 2100.
_LATEST: Final = 4_102_444_800.0

Values = Mapping[str, float]


@dataclass(frozen=True)
class Coverage:
    """How many series of each metric the namespace had within a day; 0 for those that Prometheus does not keep."""

    series: Mapping[str, int]

    @property
    def missing(self) -> tuple[str, ...]:
        """The metrics of which there are none."""
        return tuple(name for name in METRICS if not self.series.get(name))


class Prometheus:
    """A client of one Prometheus for the volumes of one namespace. Every method takes at most `timeout` seconds.

    `labels` are those that its series have besides, such as the cluster's; `history` is how far back volumes are looked
    for that no pod mounts now. Every method raises Unavailable; for `token`, `trust` and ValueError see `Api`. Labels
    that are none raise ValueError as well.
    """

    def __init__(
        self,
        url: str,
        token: Token | None = None,
        *,
        namespace: str,
        labels: Mapping[str, str] | None = None,
        history: timedelta = timedelta(days=7),
        trust: Path | None = None,
        timeout: float = 20.0,
    ) -> None:
        self._api = Api(url, token, trust)
        self._ours = matchers({"namespace": namespace, **(labels or {})})
        self._history = history
        # The later ones last, since what is known of later counts.
        self._pasts = (Past(history, _STEP_BEFORE, whole=True), _TODAY, _NOW)
        self._timeout = timeout

    async def close(self) -> None:
        """Close the session. The next call opens another."""
        await self._api.close()

    async def volumes(self, claims: Collection[str] | None = None) -> VolumeUsages:
        """Return what is known of the volumes of these claims, of all claims by default."""
        chosen = self._ours if claims is None else of_claims(self._ours, claims)
        if not chosen:
            return VolumeUsages({}, self._history)
        expressions = [last_values(chosen, past) for past in self._pasts]
        answers = await self._ask([one for each in expressions for one in each])
        known = {usage.claim: usage for part in _parts(answers, len(expressions)) for usage in _usages(part)}
        return VolumeUsages(known, self._history, merged_warnings(answers))

    async def coverage(self) -> Coverage:
        """Return which of the metrics Prometheus keeps of the namespace."""
        answers = await self._ask(counts(self._ours, _COVERED))
        return Coverage({name: _count(answer) for name, answer in zip(METRICS, answers, strict=True)})

    async def _ask(self, expressions: Sequence[str]) -> list[Answer]:
        """Return the answers in their order. Where one fails, those that are under way are given up."""
        asked = [asyncio.ensure_future(self._api.query(one)) for one in expressions]
        try:
            async with bounded(SYSTEM, self._timeout):
                return await asyncio.gather(*asked)
        finally:
            for one in asked:
                one.cancel()
            await asyncio.gather(*asked, return_exceptions=True)


def _parts(answers: Sequence[Answer], count: int) -> list[Sequence[Answer]]:
    """Return the answers in as many parts of the same length."""
    length = len(answers) // count
    return [answers[start : start + length] for start in range(0, len(answers), length)]


def _usages(answers: Sequence[Answer]) -> Iterator[VolumeUsage]:
    """Yield what is known of each claim, by the answers to `last_values`: at least its size, and how much is used."""
    *measured, times = answers
    values = {name: _values(answer) for name, answer in zip(METRICS, measured, strict=True)}
    for claim, step in _of_claims(times):
        seen = _moment(step.value)
        if seen is not None and (usage := _usage(claim, values, seen)):
            yield usage if _is_now(step) else usage.left()


def _usage(claim: str, values: Mapping[str, Values], seen: datetime) -> VolumeUsage | None:
    capacity, used, free = (values[name].get(claim) for name in (_CAPACITY, _USED, _AVAILABLE))
    if not capacity or (used is None and free is None):
        return None
    used = max(0.0, capacity - (free or 0.0)) if used is None else used
    free = max(0.0, capacity - used) if free is None else free
    files, most = (int(values[name].get(claim, 0.0)) for name in (_INODES_USED, _INODES))
    return VolumeUsage(claim, int(used), int(free), int(capacity), seen, files=files, most_files=most)


def _values(answer: Answer) -> Values:
    """Return the values by claim, without what is no amount: NaN, without an end, or below 0.

    Raise Unavailable where they are those of several clusters.
    """
    _check_clusters(answer)
    return {claim: one.value for claim, one in _of_claims(answer) if _is_amount(one.value)}


def _of_claims(answer: Answer) -> Iterator[tuple[str, Sample]]:
    for one in answer.samples:
        if is_claim(claim := one.labels.get(CLAIM)):
            yield str(claim), one


def _check_clusters(answer: Answer) -> None:
    clusters = sorted({str(one.labels.get(CLUSTER) or "") for one in answer.samples})
    if len(clusters) > 1:
        named = ", ".join(one[:60] or "none" for one in clusters[:3])
        raise Unavailable(SYSTEM, f"has volumes of several clusters ({named}): set prometheus.labels to the hub's")


def _is_amount(value: float) -> bool:
    return math.isfinite(value) and 0 <= value <= _MOST


def _is_now(step: Sample) -> bool:
    """Return True if the last step at which it was measured is the last step that there is."""
    return step.at - step.value < _NOW.step.total_seconds()


def _moment(seconds: float) -> datetime | None:
    """Return a time since 1970; None for what is none, or lies in a century to come."""
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < _LATEST else None


def _count(answer: Answer) -> int:
    _check_clusters(answer)
    return int(sum(one.value for one in answer.samples if _is_amount(one.value)))
