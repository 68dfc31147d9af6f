"""The cluster autoscaler's status as it writes it, in both of its forms (cluster-autoscaler 1.33 and 1.29)."""

import json
from dataclasses import dataclass
from datetime import datetime

from clients.kube import AutoscalerStatus
from tests.world.constants import NOW

NEW, OLD = "new", "old"


@dataclass(frozen=True)
class Group:
    """A node group as the autoscaler is to describe it."""

    name: str
    health: str
    scale_up: str
    code: str
    message: str
    candidates: int
    ready: int
    target: int
    most: int
    since: datetime


def group(pool="users", **more):
    """Return a group that is well unless told otherwise."""
    usual = {"health": "Healthy", "scale_up": "NoActivity", "code": "", "message": "", "candidates": 0}
    usual |= {"ready": 2, "target": 2, "most": 5, "since": NOW}
    return Group(**{"name": f"aks-{pool}-31415926-vmss", **usual, **more})


def status(*groups, at=NOW, health="Healthy"):
    """Return the status as the client reads it."""
    return AutoscalerStatus.from_json(config_map(*groups, at=at, health=health))


def config_map(*groups, at=NOW, health="Healthy", form=NEW):
    """Return the ConfigMap."""
    name = {"name": "cluster-autoscaler-status", "namespace": "kube-system"}
    return {
        "kind": "ConfigMap",
        "metadata": name,
        "data": {"status": written(*groups, at=at, health=health, form=form)},
    }


def written(*groups, at=NOW, health="Healthy", form=NEW):
    """Return the text of a status."""
    return _old(groups, at, health) if form == OLD else _new(groups, at, health)


def _new(groups, at, health):
    wide = {"health": _condition(health, at, at), "scaleUp": _condition("NoActivity", at, at)}
    wide["scaleDown"] = _condition("NoCandidates", at, at)
    made = {"time": f"{at:%Y-%m-%d %H:%M:%S.%f} +0000 UTC", "autoscalerStatus": "Running", "clusterWide": wide}
    return json.dumps(made | {"nodeGroups": [_group(one, at) for one in groups]}, indent=1)


def _group(one, at):
    counts = {"registered": {"total": one.target, "ready": one.ready}, "longUnregistered": 0, "unregistered": 0}
    health = {"nodeCounts": counts, "cloudProviderTarget": one.target, "minSize": 1, "maxSize": one.most}
    why = {"backoffInfo": {"errorCode": one.code, "errorMessage": one.message}} if one.code or one.message else {}
    down = "CandidatesPresent" if one.candidates else "NoCandidates"
    return {
        "name": one.name,
        "health": _condition(one.health, at, one.since) | health,
        "scaleUp": _condition(one.scale_up, at, one.since) | why,
        "scaleDown": _condition(down, at, one.since) | ({"candidates": one.candidates} if one.candidates else {}),
    }


def _condition(status, at, since):
    return {
        "status": status,
        "lastProbeTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "lastTransitionTime": f"{since:%Y-%m-%dT%H:%M:%SZ}",
    }


def _old(groups, at, health):
    lines = [f"Cluster-autoscaler status at {_go(at)}:", "Cluster-wide:", *_told("Health", health, "", at, at)]
    lines += [*_told("ScaleUp", "NoActivity", "", at, at), *_told("ScaleDown", "NoCandidates", "", at, at)]
    lines += ["", "NodeGroups:"]
    for one in groups:
        size = f"cloudProviderTarget={one.target} (minSize=1, maxSize={one.most})"
        counts = f"ready={one.ready} unready=0 registered={one.target} longUnregistered=0 {size}"
        down = "CandidatesPresent" if one.candidates else "NoCandidates"
        lines += [f"  Name:        {one.name}", *_told("Health", one.health, counts, at, one.since)]
        lines += _told("ScaleUp", one.scale_up, f"ready={one.ready} cloudProviderTarget={one.target}", at, one.since)
        lines += [*_told("ScaleDown", down, f"candidates={one.candidates}", at, one.since), ""]
    return "\n".join(lines)


def _told(kind, status, message, at, since):
    return [
        f"  {kind + ':':12} {status}{f' ({message})' if message else ''}",
        f"{'':15}LastProbeTime:      {_go(at)} m=+5.5",
        f"{'':15}LastTransitionTime: {_go(since)} m=+1.5",
    ]


def _go(moment):
    return f"{moment:%Y-%m-%d %H:%M:%S.%f} +0000 UTC"
