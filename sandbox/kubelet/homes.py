"""What can be wrong with the disk of a claim that is bound: planted by annotations, so that kubectl can do so as well.

`sandbox/full: "true"` has what runs on it end because nothing can be written; `sandbox/zone: westeurope-9` has it lie
in that zone, where maybe no node is. `sandbox/used: 93%` and `sandbox/files: 100%` are what kubelet measures of it
(`sandbox.kubelet.volume_stats`); all of the files used up is full as well.
"""

from sandbox.apiserver.objects.resource_kinds import PERSISTENT_VOLUME_CLAIM, Json
from sandbox.apiserver.storage.store import Store
from sandbox.runtime.pod_facts import claims_of

FULL = "sandbox/full"
USED = "sandbox/used"
FILES = "sandbox/files"
ZONE = "sandbox/zone"
CONFLICT = "node(s) had volume node affinity conflict"

_LABEL = "topology.kubernetes.io/zone"


def is_full(store: Store, pod: Json) -> bool:
    """Return True if one of the pod's disks takes nothing more."""
    return "true" in _notes(store, pod, FULL) or "100%" in _notes(store, pod, FILES)


def is_elsewhere(store: Store, pod: Json, node: Json) -> bool:
    """Return True if one of the pod's disks lies in another zone than the node."""
    zone = (node["metadata"].get("labels") or {}).get(_LABEL)
    return any(one != zone for one in _notes(store, pod, ZONE))


def _notes(store: Store, pod: Json, name: str) -> list[str]:
    namespace = pod["metadata"]["namespace"]
    claims = (store.find(PERSISTENT_VOLUME_CLAIM, namespace, one) for one in claims_of(pod))
    notes = ((claim["metadata"].get("annotations") or {}).get(name) for claim in claims if claim)
    return [str(note) for note in notes if note]
