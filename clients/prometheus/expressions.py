"""PromQL about kubelet's metrics of volumes, with one metric in each expression, as Azure Monitor wants it."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

CLAIM: Final = "persistentvolumeclaim"
"""The label that names the claim."""
CLUSTER: Final = "cluster"
"""The label by which managed Prometheus, and others that serve several clusters, tell them apart."""

METRICS: Final = tuple(
    f"kubelet_volume_stats_{name}"
    for name in ("capacity_bytes", "used_bytes", "available_bytes", "inodes", "inodes_used")
)
"""The metrics that are asked for."""

_LABEL: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


@dataclass(frozen=True)
class Past:
    """A length of time until now, looked at step by step.

    With `whole` all samples of a step count, else those that are present at its end.
    """

    length: timedelta
    step: timedelta
    whole: bool = False


def is_claim(name: object) -> bool:
    """Return True for what can be the name of a claim."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def matchers(labels: Mapping[str, str]) -> str:
    """Return matchers of labels that are so. Raise ValueError for a name that no label has."""
    if wrong := [name for name in labels if not _LABEL.fullmatch(name)]:
        raise ValueError(f"“{wrong[0][:60]}” is not the name of a label")
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())


def of_claims(chosen: str, claims: Collection[str]) -> str:
    """Return matchers that also want one of these claims; empty if none of them can be one."""
    names = sorted(filter(is_claim, set(claims)))
    pattern = "|".join(names).replace(".", "[.]")
    return f'{chosen},{CLAIM}=~"{pattern}"' if names else ""


def last_values(chosen: str, past: Past) -> list[str]:
    """Return an expression for each metric: by claim, its value at the last step at which it was measured.

    Series of one claim are one at each step: those of two replicas that scrape the same, and of the nodes that the
    volume was at, one after the other. At the end stands an expression for when that step was, in seconds since 1970.
    """
    series = [f"{metric}{{{chosen}}}" for metric in METRICS]
    measured = [_by_claim(f"last_over_time({one}[{_seconds(past.step)}])" if past.whole else one) for one in series]
    return [_lately(one, past) for one in (*measured, f"timestamp({measured[0]})")]


def counts(chosen: str, within: timedelta) -> list[str]:
    """Return an expression for each metric: how many series there were within that time, by cluster."""
    return [f"count by ({CLUSTER}) (last_over_time({one}{{{chosen}}}[{_seconds(within)}]))" for one in METRICS]


def _by_claim(expression: str) -> str:
    return f"max by ({CLAIM}, {CLUSTER}) ({expression})"


def _lately(expression: str, past: Past) -> str:
    return f"last_over_time({expression}[{_seconds(past.length)}:{_seconds(past.step)}])"


def _seconds(length: timedelta) -> str:
    return f"{int(length.total_seconds())}s"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
