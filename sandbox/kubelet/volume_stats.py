"""The metrics of mounted volumes that kubelet exposes (pkg/kubelet/metrics/collectors/volume_stats.go).

How full a volume is follows from its claim's name, unless an annotation of the claim says otherwise:
`sandbox/used: 93%` of its bytes, `sandbox/files: 100%` of its inodes. An ext4 of Azure's CSI driver keeps 16 MiB for
itself, and has an inode for 16 KiB.
"""

import hashlib
import math
from collections.abc import Iterator, Mapping
from typing import Final

from sandbox.apiserver.objects.json_objects import at
from sandbox.apiserver.objects.quantities import amount
from sandbox.apiserver.objects.resource_kinds import PERSISTENT_VOLUME_CLAIM, POD, Json
from sandbox.apiserver.storage.store import Store
from sandbox.kubelet.homes import FILES, FULL, USED
from sandbox.runtime.pod_facts import claims_of, node_of

_KEPT: Final = 16 << 20
_BYTES_PER_INODE: Final = 16 << 10
# What a file has on average, in bytes.
_FILE: Final = 48 << 10
# What a file system takes of its disk, as a part of 64.
_OVERHEAD: Final = 64
_LEAST, _MOST = 0.03, 0.78

Samples = dict[frozenset[tuple[str, str]], float]


def exposed(store: Store, more: Mapping[str, str]) -> Samples:
    """Return what all kubelets expose of the volumes that running pods mount; each sample has the labels `more`."""
    found: Samples = {}
    for pod in store.list(POD):
        if at(pod, "status", "phase") == "Running":
            for claim in _claims(store, pod):
                found |= of_claim(claim, {"node": node_of(pod), "instance": node_of(pod), **more})
    return found


def of_claim(claim: Json, labels: Mapping[str, str]) -> Samples:
    """Return the samples of one claim's volume."""
    metadata = claim["metadata"]
    its = {**labels, "namespace": metadata["namespace"], "persistentvolumeclaim": metadata["name"]}
    return {
        frozenset({**its, "__name__": f"kubelet_volume_stats_{name}"}.items()): value for name, value in _stats(claim)
    }


def _claims(store: Store, pod: Json) -> Iterator[Json]:
    for name in claims_of(pod):
        claim = store.find(PERSISTENT_VOLUME_CLAIM, pod["metadata"]["namespace"], name)
        if claim is not None:
            yield claim


def _stats(claim: Json) -> Iterator[tuple[str, float]]:
    size = int(amount(str(at(claim, "status", "capacity", "storage") or "1Gi")))
    capacity = size - size // _OVERHEAD
    room, inodes = capacity - _KEPT, capacity // _BYTES_PER_INODE
    notes = claim["metadata"].get("annotations") or {}
    usual = _usual(str(claim["metadata"]["name"]))
    used = math.ceil(room * (1.0 if notes.get(FULL) == "true" else _part(notes.get(USED), usual)))
    files = math.ceil(inodes * _part(notes.get(FILES), used / _FILE / inodes))
    yield "capacity_bytes", float(capacity)
    yield "used_bytes", float(used)
    yield "available_bytes", float(room - used)
    yield "inodes", float(inodes)
    yield "inodes_used", float(files)
    yield "inodes_free", float(inodes - files)


def _usual(name: str) -> float:
    """Return how much of a volume is used that nobody said anything about, always the same for a name."""
    part = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) / (1 << 32)
    return _LEAST + part * part * (_MOST - _LEAST)


def _part(note: object, usual: float) -> float:
    try:
        return min(1.0, max(0.0, float(str(note).removesuffix("%")) / 100))
    except ValueError:
        return usual
