"""How full volumes are, by kubelet's metrics `kubelet_volume_stats_*` (pkg/kubelet/metrics/collectors/volume_stats.go).

Kubelet measures a volume while a pod mounts it, about once a minute. One that no pod mounts has no present sample, so
the last one of the past days is asked for as well, with the time of it. Series of one claim are put together by
Prometheus: of two replicas that scrape the same, or of the nodes that a volume was at one after the other.
"""

import asyncio
import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from clients.errors import Unavailable
from clients.http import bounded
from clients.prometheus.api import SYSTEM, Answer, Api, Sample, Token, merged_warnings
from clients.prometheus.usage import VolumeUsage, VolumeUsages

_PREFIX: Final = "kubelet_volume_stats_"
CAPACITY, USED, AVAILABLE, INODES, INODES_USED = METRICS = tuple(
    f"{_PREFIX}{name}" for name in ("capacity_bytes", "used_bytes", "available_bytes", "inodes", "inodes_used")
)
"""The metrics that are asked for."""

_CLAIM: Final = "persistentvolumeclaim"
# Managed Prometheus, and others that serve several clusters, tell them apart by it.
_CLUSTER: Final = "cluster"
_LABEL: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
# The past is looked at in pieces of this length, which is how exactly the time of a last sample is known.
_PIECE: Final = timedelta(minutes=15)
_COVERED: Final = timedelta(days=1)
_MOST: Final = float(1 << 60)
# 2100.
_LATEST: Final = 4_102_444_800.0


@dataclass(frozen=True)
class Coverage:
    """How many series of each metric the namespace had within a day; 0 for those that Prometheus does not keep."""

    series: Mapping[str, int]

    @property
    def missing(self) -> tuple[str, ...]:
        """The metrics of which there are none."""
        return tuple(name for name in METRICS if not self.series.get(name))


Values = Mapping[str, float]


class Prometheus:
    """A client of one Prometheus for the volumes of one namespace. Every method takes at most `timeout` seconds.

    `labels` are those that its series have besides, such as the cluster's; `history` is how far back volumes are looked
    for that no pod mounts now. Every method raises Unavailable; for `token`, `trust` and ValueError see `Api`, which
    labels that are none raise as well.
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
        self._matchers = _matchers({"namespace": namespace, **(labels or {})})
        self._history = history
        self._timeout = timeout

    async def close(self) -> None:
        """Close the session. The next call opens another."""
        await self._api.close()

    async def volumes(self, claims: Collection[str] | None = None) -> VolumeUsages:
        """Return what is known of the volumes of these claims, of all claims by default."""
        chosen = self._chosen(claims)
        if chosen is None:
            return VolumeUsages({}, self._history)
        present = [_present(one, chosen) for one in METRICS]
        past = [self._past(one, chosen) for one in METRICS]
        answers = await self._ask([*present, *past, self._times(chosen)])
        found = {one.claim: one for one in _past_usages(answers[len(METRICS) :])}
        found |= {one.claim: one for one in _present_usages(answers[: len(METRICS)])}
        return VolumeUsages(found, self._history, merged_warnings(answers))

    async def coverage(self) -> Coverage:
        """Return which of the metrics Prometheus keeps of the namespace."""
        counts = [f"count by ({_CLUSTER}) ({_last(one, self._matchers, _COVERED)})" for one in METRICS]
        answers = await self._ask(counts)
        return Coverage({name: _count(answer) for name, answer in zip(METRICS, answers, strict=True)})

    async def _ask(self, expressions: Sequence[str]) -> list[Answer]:
        async with bounded(SYSTEM, self._timeout):
            return await asyncio.gather(*map(self._api.query, expressions))

    def _chosen(self, claims: Collection[str] | None) -> str | None:
        """Return the matchers for these claims; None if there is none to ask for."""
        if claims is None:
            return self._matchers
        names = sorted({one for one in claims if _NAME.fullmatch(one)})
        pattern = "|".join(names).replace(".", "[.]")
        return f'{self._matchers},{_CLAIM}=~"{pattern}"' if names else None

    def _past(self, metric: str, chosen: str) -> str:
        return self._lately(_highest(_last(metric, chosen, _PIECE)))

    def _times(self, chosen: str) -> str:
        return self._lately(f"timestamp({_highest(_last(CAPACITY, chosen, _PIECE))})")

    def _lately(self, expression: str) -> str:
        return f"last_over_time({expression}[{_seconds(self._history)}:{_seconds(_PIECE)}])"


def _present(metric: str, chosen: str) -> str:
    return _highest(f"{metric}{{{chosen}}}")


def _last(metric: str, chosen: str, within: timedelta) -> str:
    return f"last_over_time({metric}{{{chosen}}}[{_seconds(within)}])"


def _highest(expression: str) -> str:
    return f"max by ({_CLAIM}, {_CLUSTER}) ({expression})"


def _seconds(length: timedelta) -> str:
    return f"{int(length.total_seconds())}s"


def _matchers(labels: Mapping[str, str]) -> str:
    """Return label matchers as PromQL. Raise ValueError for a name that no label has."""
    if wrong := [name for name in labels if not _LABEL.fullmatch(name)]:
        raise ValueError(f"“{wrong[0][:60]}” is not the name of a label")
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _by_metric(answers: Sequence[Answer]) -> Mapping[str, Values]:
    return {name: _by_claim(answer) for name, answer in zip(METRICS, answers, strict=True)}


def _by_claim(answer: Answer) -> Values:
    """Return the values by claim. Raise Unavailable where they are those of several clusters.

    What names no claim is left out, and so is what is no amount: NaN, without an end, or below 0.
    """
    _check_clusters(answer)
    return dict(_named(answer))


def _named(answer: Answer) -> Iterator[tuple[str, float]]:
    for claim, one in _of_claims(answer):
        if _is_amount(one.value):
            yield claim, one.value


def _of_claims(answer: Answer) -> Iterator[tuple[str, Sample]]:
    for one in answer.samples:
        claim = one.labels.get(_CLAIM)
        if isinstance(claim, str) and _NAME.fullmatch(claim):
            yield claim, one


def _check_clusters(answer: Answer) -> None:
    clusters = sorted({str(one.labels.get(_CLUSTER) or "") for one in answer.samples})
    if len(clusters) > 1:
        named = ", ".join(one[:60] or "none" for one in clusters[:3])
        raise Unavailable(SYSTEM, f"has volumes of several clusters ({named}): set prometheus.labels to the hub's")


def _is_amount(value: float) -> bool:
    return math.isfinite(value) and 0 <= value <= _MOST


def _present_usages(answers: Sequence[Answer]) -> Iterator[VolumeUsage]:
    seen = {claim: at for claim, one in _of_claims(answers[0]) if (at := _moment(one.at))}
    yield from _usages(_by_metric(answers), seen, mounted=True)


def _past_usages(answers: Sequence[Answer]) -> Iterator[VolumeUsage]:
    *values, times = answers
    seen = {claim: at for claim, written in _by_claim(times).items() if (at := _moment(written))}
    yield from _usages(_by_metric(values), seen, mounted=False)


def _moment(seconds: float) -> datetime | None:
    """Return a time since 1970; None for what is none, or lies in a century to come."""
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < _LATEST else None


def _usages(values: Mapping[str, Values], seen: Mapping[str, datetime], *, mounted: bool) -> Iterator[VolumeUsage]:
    """Yield what is known of each claim: at least its size, and what is used or what is free of it."""
    for claim, at in seen.items():
        capacity = values[CAPACITY].get(claim, 0.0)
        used, free = values[USED].get(claim), values[AVAILABLE].get(claim)
        if not capacity or (used is None and free is None):
            continue
        used = max(0.0, capacity - (free or 0.0)) if used is None else used
        free = max(0.0, capacity - used) if free is None else free
        most, files = values[INODES].get(claim, 0.0), values[INODES_USED].get(claim, 0.0)
        yield VolumeUsage(claim, int(used), int(free), int(capacity), at, mounted, int(files), int(most))


def _count(answer: Answer) -> int:
    _check_clusters(answer)
    return int(sum(one.value for one in answer.samples if _is_amount(one.value)))
