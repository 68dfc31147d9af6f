"""The effects of changed Kubernetes objects, whichever values or chart version the changes come from. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from commands.framework.effects import Effect, Impact, ordered
from commands.release.manifest_diff import ChangeKind, FieldDifference, ObjectChange
from commands.release.manifest_objects import Objects

_WORKLOADS: Final = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod")
# The kinds whose deletion deletes data.
_STORED: Final = ("PersistentVolumeClaim", "PersistentVolume", "VolumeSnapshot", "StatefulSet", "Namespace")
_RIGHTS: Final = ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
_ROUTES: Final = ("Ingress", "HTTPRoute", "Gateway", "TCPRoute", "TLSRoute")
# The fields that decide which program a container runs, and as which user.
_PROGRAM: Final = ("command", "args", "lifecycle", "securityContext", "serviceAccountName", "serviceAccount", "envFrom")
_OPEN: Final = ("LoadBalancer", "NodePort")


def manifest_effects(
    changes: Sequence[ObjectChange], before: Objects, after: Objects, *, same_chart: bool
) -> tuple[Impact, ...]:
    """Return the effects of replacing the objects `before` by `after`.

    With another chart version, its own images, programs and rules change, which is what such a version is: then only
    what it removes or opens counts here, and what values do beside it (`commands.values.effects`).
    """
    found = [*_lost(changes), *_stopped(changes), *_opened(changes, same_chart=same_chart)]
    if same_chart:
        found += [*_images(before, after), *_programs(changes), *_rights(changes), *_volumes(changes)]
    return ordered(tuple(found))


def _lost(changes: Sequence[ObjectChange]) -> Iterator[Impact]:
    for one in changes:
        if one.what is ChangeKind.REMOVED and one.ref.kind in _STORED:
            yield Impact(Effect.DELETES_DATA, f"{one.ref} is deleted with everything on it.")


def _images(before: Objects, after: Objects) -> Iterator[Impact]:
    known = {_without_tag(image) for image in _of(before)}
    for image in dict.fromkeys(_of(after)):
        if known and _without_tag(image) not in known:
            yield Impact(Effect.RUNS_CODE, f"The image {_without_tag(image)} is run, which was not run before.")


def _of(objects: Objects) -> Iterator[str]:
    for ref, content in objects.found.items():
        if ref.kind in _WORKLOADS:
            yield from _found(content)


def _found(node: object, depth: int = 30) -> Iterator[str]:
    if depth and isinstance(node, dict):
        for name, child in node.items():
            if name == "image" and isinstance(child, str):
                yield child
            else:
                yield from _found(child, depth - 1)
    elif depth and isinstance(node, list):
        for child in node:
            yield from _found(child, depth - 1)


def _without_tag(image: str) -> str:
    """Return the image's name without digest and without tag, which has no slash after its colon."""
    name = image.partition("@")[0]
    head, colon, tag = name.rpartition(":")
    return head if colon and "/" not in tag else name


def _stopped(changes: Sequence[ObjectChange]) -> Iterator[Impact]:
    for one in changes:
        replicas = one.at("spec", "replicas")
        if one.component in ("hub", "proxy", "autohttps") and one.ref.kind == "Deployment":
            if one.what is ChangeKind.REMOVED and one.component != "autohttps":
                yield Impact(Effect.STOPS_EVERYBODY, f"{one.ref} is removed: nobody can work on the hub without it.")
            elif replicas is not None and replicas.after == 0:
                yield Impact(Effect.STOPS_EVERYBODY, f"{one.ref} gets no replica: nobody can work on the hub.")


def _opened(changes: Sequence[ObjectChange], *, same_chart: bool) -> Iterator[Impact]:
    for one in changes:
        if sentence := _opening(one, same_chart=same_chart):
            yield Impact(Effect.OPENS_NETWORK, sentence)


def _opening(change: ObjectChange, *, same_chart: bool) -> str:
    kind, what = change.ref.kind, change.what
    if kind == "NetworkPolicy" and what is ChangeKind.REMOVED:
        return f"{change.ref} is removed: what it kept apart can reach each other."
    if kind == "NetworkPolicy" and what is ChangeKind.CHANGED and same_chart and change.at("spec"):
        return f"{change.ref} changes: other things can reach each other than before."
    if kind in _ROUTES and (what is ChangeKind.CREATED or change.at("spec")) and what is not ChangeKind.REMOVED:
        return f"{change.ref} leads to the hub from outside in another way than before."
    if kind == "Service" and _is_opened(change):
        return f"{change.ref} can be reached from elsewhere than before."
    return ""


def _is_opened(change: ObjectChange) -> bool:
    exposure = change.at("spec", "type")
    if exposure is not None and exposure.after in _OPEN:
        return True
    # A created object has no places; z2jh itself creates no Service later.
    return change.what is ChangeKind.CREATED or change.at("spec", "loadBalancerSourceRanges") is not None


def _programs(changes: Sequence[ObjectChange]) -> Iterator[Impact]:
    for one in changes:
        if one.ref.kind not in _WORKLOADS or one.what is ChangeKind.REMOVED:
            continue
        if any(_is_program(place) for place in one.places) or (one.what is ChangeKind.CREATED and one.component == ""):
            yield Impact(Effect.RUNS_CODE, f"{one.ref} runs something else, or as somebody else, than before.")


def _is_program(place: FieldDifference) -> bool:
    if place.path[-1] in _PROGRAM or any(part in _PROGRAM for part in place.path):
        return place.within("spec")
    # A whole new container.
    return place.before is None and place.path[-2:-1] in (("containers",), ("initContainers",))


def _volumes(changes: Sequence[ObjectChange]) -> Iterator[Impact]:
    for one in changes:
        if any("volumes" in place.path and _names_a_claim(place) for place in one.places):
            yield Impact(Effect.DELETES_DATA, f"{one.ref} no longer uses the volume that it has.")


def _names_a_claim(place: FieldDifference) -> bool:
    within = "persistentVolumeClaim" in place.path and place.before is not None
    return within or (isinstance(place.before, dict) and "persistentVolumeClaim" in place.before)


def _rights(changes: Sequence[ObjectChange]) -> Iterator[Impact]:
    for one in changes:
        if one.ref.kind in _RIGHTS and one.what is not ChangeKind.REMOVED:
            yield Impact(Effect.RUNS_CODE, f"{one.ref} gives programs in the cluster other rights.")
