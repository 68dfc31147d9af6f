"""The cluster autoscaler's own account of itself: the ConfigMap `cluster-autoscaler-status` in kube-system.

It is written anew in each loop, every ten seconds by default (cluster-autoscaler 1.33, `clusterstate/api/types.go` and
`clusterstate/utils/status.go`): YAML since 1.30, and before that text for people (1.29, `clusterstate/api/utils.go`).
AKS' autoscaler writes it, too. What is not there, in either form, is unknown.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from clients.answers import Json, as_moment, mapping, part, parts, text
from clients.kube.fields import labels
from clients.yaml_text import read_yaml

# The autoscaler cuts what it writes at 1,000,000 bytes; a hundred pools take a tenth of that.
_LARGEST: Final = 1_000_000
_MOST_GROUPS: Final = 1_000
_LONGEST: Final = 2_000
_LAST_UPDATED: Final = "cluster-autoscaler.kubernetes.io/last-updated"
# As Go prints a time: "2026-11-24 09:00:00.123456789 +0000 UTC m=+5.0".
_GO_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.\d{1,9})? ([+-]\d{2})(\d{2})")
# A condition of the text for people: its kind, its status, its message in brackets.
_CONDITION: Final = re.compile(r" {2}(Health|ScaleUp|ScaleDown): +(\w{1,40})(?: \((.{0,2000})\))?$")
_NAME: Final = re.compile(r" {2}Name: +(\S{1,300})$")
_TIME: Final = re.compile(r" +Last(Probe|Transition)Time: +(.{1,100})$")
_FIGURE: Final = re.compile(r"\b(\w{1,40})=(\d{1,9})\b")
_SAME: Final = ("cloudProviderTarget", "minSize", "maxSize", "candidates")
_FIELDS: Final = {"Health": "health", "ScaleUp": "scaleUp", "ScaleDown": "scaleDown"}


@dataclass(frozen=True)
class ScalingCondition:
    """One aspect of the autoscaler's work: its status in the autoscaler's own word, and since when it is so.

    `status` is empty where nothing was said. `code` and `message` say why a scale-up backs off (since 1.30).
    """

    status: str = ""
    since: datetime | None = None
    probed: datetime | None = None
    code: str = ""
    message: str = ""
    candidates: int = 0


@dataclass(frozen=True)
class NodeGroup:
    """A node group as the autoscaler sees it. Numbers are None where it does not say them."""

    name: str
    health: ScalingCondition
    scale_up: ScalingCondition
    scale_down: ScalingCondition
    target: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    ready: int | None = None
    registered: int | None = None
    unregistered: int | None = None

    @property
    def is_full(self) -> bool:
        """True if the group is known to be as large as the autoscaler may make it."""
        return self.target is not None and self.maximum is not None and self.target >= self.maximum


@dataclass(frozen=True)
class AutoscalerStatus:
    """The autoscaler's last account of itself: when it was `written`, the cluster's health, and each node group."""

    written: datetime | None
    is_running: bool
    health: ScalingCondition
    scale_down: ScalingCondition
    groups: tuple[NodeGroup, ...]

    @classmethod
    def from_json(cls, config_map: Json) -> "AutoscalerStatus | None":
        """Return the status that a v1 ConfigMap holds; None where it holds none that can be read."""
        written = text(part(config_map, "data"), "status")
        if not written or len(written) > _LARGEST:
            return None
        found = _of_text(written) if "Cluster-wide:" in written else _of_yaml(written)
        if found is None:
            return None
        noted = labels(part(config_map, "metadata"), "annotations").get(_LAST_UPDATED, "")
        whole = part(found, "clusterWide")
        return cls(
            written=_moment(text(found, "time")) or _moment(noted) or _condition(whole, "health").probed,
            is_running=text(found, "autoscalerStatus") in ("Running", ""),
            health=_condition(whole, "health"),
            scale_down=_condition(whole, "scaleDown"),
            groups=tuple(_group(one) for one in parts(found, "nodeGroups")[:_MOST_GROUPS]),
        )


def _of_yaml(written: str) -> Json | None:
    try:
        found = mapping(read_yaml(written.encode("utf-8", "replace")))
    except ValueError:
        return None
    return found if "clusterWide" in found or "autoscalerStatus" in found else None


def _of_text(written: str) -> Json:
    """Return the text for people in the form of the YAML that came after it."""
    head, _, below = written.partition("NodeGroups:")
    first = head.partition("\n")[0]
    groups: list[Json] = []
    for name, block in _blocks(below):
        groups.append({"name": name, **dict(_conditions(block))})
    return {"time": first, "clusterWide": dict(_conditions(head)), "nodeGroups": groups}


def _blocks(written: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the lines of each node group."""
    name, lines = "", list[str]()
    for line in written.splitlines():
        if found := _NAME.match(line):
            if name:
                yield name, "\n".join(lines)
            name, lines = found[1], []
        else:
            lines.append(line)
    if name:
        yield name, "\n".join(lines)


def _conditions(written: str) -> Iterator[tuple[str, Json]]:
    """Yield each condition of a block of lines under its later name."""
    kind, made = "", dict[str, object]()
    for line in written.splitlines():
        if found := _CONDITION.match(line):
            if kind:
                yield kind, made
            kind = _FIELDS[found[1]]
            figures = {name: int(figure) for name, figure in _FIGURE.findall(found[3] or "")}
            made = {"status": found[2], **_later(figures)}
        elif kind and (time := _TIME.match(line)):
            made[f"last{time[1]}Time"] = time[2]
    if kind:
        yield kind, made


def _later(figures: Mapping[str, int]) -> Json:
    """Return the figures of a message under the names that they have since 1.30."""
    counts: Json = {"registered": {"total": figures.get("registered"), "ready": figures.get("ready")}}
    counts["longUnregistered"] = figures.get("longUnregistered")
    same = {name: figure for name, figure in figures.items() if name in _SAME}
    return {**same, "nodeCounts": counts}


def _group(group: Json) -> NodeGroup:
    health, counts = part(group, "health"), part(group, "health", "nodeCounts")
    return NodeGroup(
        name=text(group, "name")[:300],
        health=_condition(group, "health"),
        scale_up=_condition(group, "scaleUp"),
        scale_down=_condition(group, "scaleDown"),
        target=_figure(health, "cloudProviderTarget"),
        minimum=_figure(health, "minSize"),
        maximum=_figure(health, "maxSize"),
        ready=_figure(part(counts, "registered"), "ready"),
        registered=_figure(part(counts, "registered"), "total"),
        unregistered=_figure(counts, "longUnregistered"),
    )


def _condition(parent: Json, name: str) -> ScalingCondition:
    found = part(parent, name)
    why = part(found, "backoffInfo")
    return ScalingCondition(
        status=text(found, "status")[:40],
        since=_moment(found.get("lastTransitionTime")),
        probed=_moment(found.get("lastProbeTime")),
        code=text(why, "errorCode")[:100],
        message=text(why, "errorMessage")[:_LONGEST],
        candidates=_figure(found, "candidates") or 0,
    )


def _figure(parent: Json, name: str) -> int | None:
    found = parent.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) and found >= 0 else None


def _moment(written: object) -> datetime | None:
    """Return a time as RFC 3339 or as Go prints one; None for anything else, and for Go's zero time."""
    if isinstance(written, datetime):
        # YAML's reader makes one of a time without quotes.
        found = written if written.tzinfo else written.replace(tzinfo=UTC)
        return found.astimezone(UTC) if found.year > 1 else None
    if not isinstance(written, str):
        return None
    printed = _GO_TIME.search(written[:200])
    told = as_moment("{}T{}{}:{}".format(*printed.groups()) if printed else written[:100])
    return told if told and told.year > 1 else None
