"""Objects of a release whose API a version of Kubernetes has removed: helm can change such a release no more.

Before an upgrade or a rollback helm builds the objects of the live revision from its record (helm 3.17 and 4,
pkg/action/upgrade.go and rollback.go), whichever chart it goes to, and gives up at a kind that the cluster lacks.

The table is Kubernetes' "Deprecated API Migration Guide", whose newest entry is 1.32 (as of 2026-12-01). Where a group
may have other kinds in that version, the kinds are named.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from clients.errors import Unavailable
from clients.helm import Release
from commands.framework.partial_results import attempt
from commands.ports.context import Reads
from commands.release.manifest_objects import objects
from commands.text.version_numbers import parsed

WAY_OUT: Final = (
    "The way out is helm’s plugin mapkubeapis, which rewrites that record: whoever may write the release’s Secrets "
    "runs it by hand."
)
_NAMED: Final = 3
_ALL: Final = ""
_1_16, _1_22, _1_25, _1_26 = (1, 16), (1, 22), (1, 25), (1, 26)
_FLOWS: Final = "flowcontrol.apiserver.k8s.io"
# By API version, then by kind; `_ALL` stands for those that are not named.
_REMOVED: Final[Mapping[str, Mapping[str, tuple[int, int]]]] = {
    "extensions/v1beta1": {"Ingress": _1_22, _ALL: _1_16},
    "apps/v1beta1": {_ALL: _1_16},
    "apps/v1beta2": {_ALL: _1_16},
    "networking.k8s.io/v1beta1": dict.fromkeys(("Ingress", "IngressClass"), _1_22),
    "rbac.authorization.k8s.io/v1beta1": {_ALL: _1_22},
    "scheduling.k8s.io/v1beta1": {"PriorityClass": _1_22},
    "apiextensions.k8s.io/v1beta1": {_ALL: _1_22},
    "apiregistration.k8s.io/v1beta1": {_ALL: _1_22},
    "admissionregistration.k8s.io/v1beta1": dict.fromkeys(
        ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"), _1_22
    ),
    "certificates.k8s.io/v1beta1": {"CertificateSigningRequest": _1_22},
    "coordination.k8s.io/v1beta1": {"Lease": _1_22},
    "storage.k8s.io/v1beta1": {
        **dict.fromkeys(("CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"), _1_22),
        "CSIStorageCapacity": (1, 27),
    },
    "policy/v1beta1": {_ALL: _1_25},
    "batch/v1beta1": {_ALL: _1_25},
    "discovery.k8s.io/v1beta1": {_ALL: _1_25},
    "events.k8s.io/v1beta1": {_ALL: _1_25},
    "node.k8s.io/v1beta1": {_ALL: _1_25},
    "autoscaling/v2beta1": {_ALL: _1_25},
    "autoscaling/v2beta2": {_ALL: _1_26},
    f"{_FLOWS}/v1beta1": {_ALL: _1_26},
    f"{_FLOWS}/v1beta2": {_ALL: (1, 29)},
    f"{_FLOWS}/v1beta3": {_ALL: (1, 32)},
}


@dataclass(frozen=True, order=True)
class RemovedObject:
    """An object in a release's record, and the minor version of Kubernetes that no longer has its API."""

    since: tuple[int, int]
    kind: str
    name: str
    api: str

    @property
    def text(self) -> str:
        """The object with its API and the version: "PodDisruptionBudget hub (policy/v1beta1, gone in 1.25)"."""
        return f"{self.kind} {self.name} ({self.api}, gone in {self.since[0]}.{self.since[1]})"

    def is_gone_in(self, version: str) -> bool:
        """Return True if that version of Kubernetes has removed its API; False for what is no version."""
        known = parsed(version)
        return known is not None and self.since <= known[:2]


def removed_objects(manifest: str) -> tuple[RemovedObject, ...]:
    """Return the objects whose API some version has removed, the earliest first. Raise ValueError if it is no YAML."""
    found = []
    for ref, made in objects(manifest).found.items():
        api = str(made.get("apiVersion"))
        kinds = _REMOVED.get(api, {})
        if since := kinds.get(ref.kind, kinds.get(_ALL)):
            found.append(RemovedObject(since, ref.kind, ref.name, api))
    return tuple(sorted(found))


async def of_release(release: Release) -> tuple[RemovedObject, ...] | Unavailable:
    """Return those in a revision's record, or why they are not known."""
    try:
        return await asyncio.to_thread(removed_objects, release.manifest)
    except ValueError as error:
        return Unavailable("Helm's record", str(error))


async def of_live_release(reads: Reads) -> tuple[RemovedObject, ...] | Unavailable:
    """Return those in the record of the revision that helm starts from; none where there is no release."""
    live = await attempt("Helm's record", _live(reads))
    if isinstance(live, Unavailable):
        return live
    return await of_release(live) if live else ()


async def _live(reads: Reads) -> Release | None:
    return await reads.releases.deployed() or await reads.releases.current()


def gone_in(found: Iterable[RemovedObject], version: str) -> tuple[RemovedObject, ...]:
    """Return the objects whose API that version of Kubernetes no longer has."""
    return tuple(one for one in found if one.is_gone_in(version))


def named(found: Sequence[RemovedObject]) -> str:
    """Return the first few in words, and how many there are beyond."""
    rest = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return ", ".join(one.text for one in found[:_NAMED]) + rest
