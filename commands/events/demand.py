"""What one person's server asks for, by the values of the live release: as KubeSpawner makes it of a profile."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clients.errors import Unavailable
from clients.helm import Release
from clients.kube import LimitRange, StorageClass
from commands.events.packing import DISKS, PODS, Amounts
from commands.framework.argument_types import folded
from commands.framework.errors import UserError
from commands.framework.partial_results import attempt
from commands.ports.context import Reads
from commands.servers.server_demand import ContainerDemand, ServerDemand, with_defaults
from commands.values.formats import quantity
from commands.values.kubespawner_traits import mapping_at
from commands.values.schema_errors import effective_values
from commands.values.server_pod import Json
from commands.values.server_profiles import Server, servers
from commands.values.spawner_config import Installation, value_of

_DISKS_OF_AZURE = ("disk.csi.azure.com", "kubernetes.io/azure-disk")
# As many profiles as a sentence names.
_NAMED = 8


@dataclass(frozen=True)
class PersonsServer:
    """A server as somebody would start it: its profile (empty without profiles), what it asks for, image and nodes."""

    profile: str
    each: Amounts
    image: str
    selector: Mapping[str, str]


async def server_of(profile: str, reads: Reads) -> PersonsServer:
    """Return the server of that profile, of the default one if it is empty. Raise UserError where there is none."""
    release, ranges, classes = await asyncio.gather(
        reads.releases.deployed(), reads.kube.limit_ranges(), attempt("Kubernetes", reads.kube.storage_classes())
    )
    if release is None:
        raise UserError(
            f"No revision of “{reads.names.release}” is live, so nobody could start a server.", "/jhub status"
        )
    values = effective_values(release.values, release.defaults)
    its = _server(profile, values, _here(release, reads))
    if its.pod is None:
        raise UserError(f"No server can start with the live values: {its.why}.", "/jhub config validate")
    known = [] if isinstance(classes, Unavailable) else classes
    return _persons(its.profile, its.pod, ranges, disks=_is_on_disks(values, known))


def _here(release: Release, reads: Reads) -> Installation:
    return Installation(reads.names.release, reads.names.namespace, release.chart.name, release.chart.version)


def _server(profile: str, values: Mapping[str, object], here: Installation) -> Server:
    plain = [one for one in servers(values, here).rendered if not one.choices]
    if not profile:
        return plain[_default(values)]
    found = [one for one in plain if one.profile and folded(one.profile) == folded(profile)]
    if not found:
        names = [one.profile for one in plain if one.profile]
        raise UserError(_no_profile(profile, names))
    return found[0]


def _no_profile(profile: str, names: Sequence[str]) -> str:
    if not names:
        return "The live values have no profiles (singleuser.profileList): leave out --profile."
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    listed = ", ".join(f"“{one}”" for one in names[:_NAMED])
    return f"The live values have no profile “{profile}”. They have {listed}{more}."


def _default(values: Mapping[str, object]) -> int:
    """Return the place of the profile that is chosen beforehand, the first where none is."""
    listed = value_of(values, "singleuser.profileList")
    profiles = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    return next((place for place, one in enumerate(profiles) if one.get("default") is True), 0)


def _persons(profile: str, pod: Json, ranges: Sequence[LimitRange], *, disks: bool) -> PersonsServer:
    spec = mapping_at(pod, "spec")
    asked = with_defaults(ServerDemand(tuple(_containers(spec)), 0.0), ranges)
    names = {name for one in asked.containers for name in one.requests}
    each = {name: total for name in sorted(names) if (total := asked.total("requests", name))}
    homes = _claims(spec) if disks else 0
    notebook = next((one for one in _listed(spec, "containers")), {})
    selector = {str(name): str(value) for name, value in mapping_at(spec, "nodeSelector").items()}
    extra = {PODS: 1.0} | ({DISKS: float(homes)} if homes else {})
    return PersonsServer(profile, each | extra, str(notebook.get("image") or ""), selector)


def _containers(spec: Mapping[str, object]) -> list[ContainerDemand]:
    found = []
    for kind in ("containers", "initContainers"):
        for one in _listed(spec, kind):
            asked = mapping_at(one, "resources")
            limits = _numbers(mapping_at(asked, "limits"))
            # Kubernetes takes a limit for the request where there is none.
            requests = limits | _numbers(mapping_at(asked, "requests"))
            found.append(ContainerDemand(str(one.get("name") or "?"), requests, limits, kind == "initContainers"))
    return found


def _listed(spec: Mapping[str, object], kind: str) -> list[Mapping[str, object]]:
    given = spec.get(kind)
    return [one for one in given if isinstance(one, Mapping)] if isinstance(given, list) else []


def _numbers(given: Mapping[str, object]) -> dict[str, float]:
    found = {str(name): quantity(value) for name, value in given.items()}
    return {name: number for name, number in found.items() if number is not None}


def _claims(spec: Mapping[str, object]) -> int:
    """Return how many volumes of its own a server mounts, each of which is a disk."""
    return sum(bool(mapping_at(one, "persistentVolumeClaim")) for one in _listed(spec, "volumes"))


def _is_on_disks(values: Mapping[str, object], classes: Sequence[StorageClass]) -> bool:
    """Return True if homes are disks of Azure, which a machine takes so many of; also where that is not known."""
    if value_of(values, "singleuser.storage.type") not in (None, "dynamic"):
        return False
    name = value_of(values, "singleuser.storage.dynamic.storageClass")
    its = next((one for one in classes if one.name == name or (not name and one.is_default)), None)
    return its is None or its.provisioner in _DISKS_OF_AZURE
