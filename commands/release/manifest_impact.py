"""The consequences of changed Kubernetes objects for people, in words, interruptions first. Pure.

The consequences of a restart follow from z2jh 4.4's design: notebooks reach their servers through autohttps and the
proxy; the hub is needed only for logins and for starting and stopping servers.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from commands.release.immutable_fields import grows
from commands.release.manifest_diff import (
    ChangeKind,
    FieldDifference,
    ObjectChange,
    has_secret_changed,
    is_secret_checksum,
)
from commands.release.manifest_objects import CHECKSUM, Objects

_WORKLOADS: Final = ("Deployment", "StatefulSet", "DaemonSet")
_RIGHTS: Final = ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "ServiceAccount")
_MOST_NAMED: Final = 4
# All connections pass through these components.
_WAY_IN: Final = ("proxy", "autohttps")


@dataclass(frozen=True)
class ManifestImpact:
    """The consequences of a deployment: sentences, the most important first, and warnings."""

    lines: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    interrupts: bool = False
    """True if people at work notice it."""


def meaning(changes: Sequence[ObjectChange], hooks: Objects) -> ManifestImpact:
    """Return the consequences of the changes, and what the hooks do before anything else happens."""
    lines = [line for of in _IN_ORDER for line in of(changes)]
    if first := _hook_pull(hooks):
        lines.insert(0, first)
    elif second := _pull(changes):
        lines.append(second)
    interrupts = any(one.restarts or one.what is not ChangeKind.CHANGED for one in _parts(changes, *_WAY_IN))
    return ManifestImpact(tuple(lines), (*_address(changes), *_way_in(changes), *_lost(changes)), interrupts)


def _parts(changes: Sequence[ObjectChange], *components: str) -> list[ObjectChange]:
    return [one for one in changes if one.ref.kind in _WORKLOADS and one.component in components]


def _restart(component: str, sentence: str) -> Callable[[Sequence[ObjectChange]], Iterator[str]]:
    def sentences(changes: Sequence[ObjectChange]) -> Iterator[str]:
        for one in _parts(changes, component):
            if one.restarts:
                yield sentence.format(why=_why(one))

    return sentences


def _why(change: ObjectChange) -> str:
    """Return why the pods are replaced, as far as a few words can say it."""
    for place in change.places:
        if place.path[-1] == "image" and isinstance(place.after, str):
            return f", with image {_short(place.after)}"
    if has_secret_changed(change):
        return ", for the new contents of its Secret"
    return ", for its new configuration" if any(p.path[-1].startswith(CHECKSUM) for p in change.places) else ""


def _short(image: object) -> str:
    """Return the image without its registry, which people know, to keep the line short."""
    return str(image).rpartition("/")[2]


def _placeholders(changes: Sequence[ObjectChange]) -> Iterator[str]:
    for one in _parts(changes, "user-placeholder"):
        if place := one.at("spec", "replicas"):
            yield f"Places kept free for new users: {place.before} → {place.after}."
        elif one.restarts:
            yield "The placeholders, which keep places free for new users, are replaced."


def _services(changes: Sequence[ObjectChange]) -> Iterator[str]:
    yield from _listed("Services change", changes, lambda one: one.ref.kind == "Service" and not _is_address(one))
    yield from _listed("The access from outside changes", changes, lambda one: one.ref.kind in ("Ingress", "HTTPRoute"))


def _policies(changes: Sequence[ObjectChange]) -> Iterator[str]:
    yield from _listed(
        "The rules for which pods may reach which change", changes, lambda one: one.ref.kind == "NetworkPolicy"
    )


def _rights(changes: Sequence[ObjectChange]) -> Iterator[str]:
    yield from _listed(
        "The permissions of the hub’s parts in the cluster change", changes, lambda one: one.ref.kind in _RIGHTS
    )


def _claims(changes: Sequence[ObjectChange]) -> Iterator[str]:
    for one in changes:
        if one.ref.kind == "PersistentVolumeClaim":
            if one.what is ChangeKind.CREATED:
                yield f"A new volume is created: {one.ref.name}."
            elif (size := one.at("spec", "resources", "requests")) and grows(size):
                yield f"The volume {one.ref.name} grows: {size.before} → {size.after}."


def _listed(title: str, changes: Sequence[ObjectChange], wanted: Callable[[ObjectChange], bool]) -> Iterator[str]:
    names = list(dict.fromkeys(one.ref.name for one in changes if wanted(one)))
    if names:
        left = len(names) - _MOST_NAMED
        # The list of objects has all of them.
        yield f"{title}: {', '.join(names[:_MOST_NAMED])}{f' and {left} more' if left > 0 else ''}."


def _come_and_go(changes: Sequence[ObjectChange]) -> Iterator[str]:
    for what, word in ((ChangeKind.CREATED, "New part"), (ChangeKind.REMOVED, "Removed part")):
        yield from _listed(word, changes, lambda one, what=what: one.ref.kind in _WORKLOADS and one.what is what)  # type: ignore[misc] # mypy cannot infer a lambda with a default


def _pulled(change_or_hook: object) -> str:
    """Return the first image that a puller's pods pull."""
    containers = change_or_hook
    for one in containers if isinstance(containers, list) else ():
        if isinstance(one, dict) and one.get("name") == "image-pull-singleuser":
            return str(one.get("image"))
    return ""


def _hook_pull(hooks: Objects) -> str:
    for ref, content in hooks.found.items():
        if ref.kind == "DaemonSet":
            image = _pulled(_dig(content, "spec", "template", "spec", "initContainers"))
            what = _short(image) or "the images"
            return f"First, every user node pulls {what}; nothing else changes until all have it."
    return ""


def _pull(changes: Sequence[ObjectChange]) -> str:
    for one in _parts(changes, "continuous-image-puller"):
        if one.restarts or one.what is ChangeKind.CREATED:
            images = [place.after for place in one.places if place.path[-1] == "image"]
            return f"Every user node pulls {_short(images[0]) if images else 'the images again'}, including new nodes."
    return ""


def _dig(content: object, *path: str) -> object:
    for name in path:
        content = content.get(name) if isinstance(content, dict) else None
    return content


def _is_address(change: ObjectChange) -> bool:
    """Return True if a load balancer's address depends on the change."""
    if change.ref.kind != "Service":
        return False
    paths = (("spec", "type"), ("spec", "loadBalancerIP"), ("spec", "loadBalancerClass"), ("metadata", "annotations"))
    if change.what is ChangeKind.REMOVED:
        return change.ref.name.endswith("proxy-public")
    return any(change.at(*path) for path in paths)


def _address(changes: Sequence[ObjectChange]) -> Iterator[str]:
    for one in changes:
        if _is_address(one) and one.what is not ChangeKind.CREATED:
            yield f"The public address of {one.ref.name} may change: the host’s DNS must then be updated."


def _way_in(changes: Sequence[ObjectChange]) -> Iterator[str]:
    for one in _parts(changes, *_WAY_IN):
        if one.what is ChangeKind.REMOVED:
            yield f"{one.ref.name} is removed: every connection drops, and traffic that used it needs another way in."
        elif one.what is ChangeKind.CREATED:
            yield f"{one.ref.name} is added: every connection drops until it is ready and leads to the hub."


def _lost(changes: Sequence[ObjectChange]) -> Iterator[str]:
    for one in changes:
        if one.what is ChangeKind.REMOVED and one.ref.kind == "PersistentVolumeClaim":
            yield f"The volume {one.ref.name} is deleted with everything on it."


_IN_ORDER: Final[tuple[Callable[[Sequence[ObjectChange]], Iterator[str]], ...]] = (
    _restart(
        "proxy",
        "The proxy restarts{why}: every connection drops for some seconds; notebooks reconnect automatically.",
    ),
    _restart("autohttps", "autohttps restarts{why}: the hub’s address does not respond for some seconds."),
    _restart(
        "hub", "The hub restarts{why}: logins and server starts pause for about 20 s; running servers keep running."
    ),
    _restart(
        "user-scheduler", "The users’ scheduler restarts{why}: servers starting at that moment wait a little longer."
    ),
    _placeholders,
    _claims,
    _services,
    _policies,
    _rights,
    _come_and_go,
)


def listed(changes: Sequence[ObjectChange]) -> tuple[str, ...]:
    """Return a line for each object: the kind of change and the parts that change, but no contents."""
    return tuple(_line(one) for one in sorted(changes, key=lambda one: (_ORDER.index(one.what), one.ref)))


_ORDER: Final = (ChangeKind.REMOVED, ChangeKind.CREATED, ChangeKind.CHANGED)
_SIGNS: Final = {ChangeKind.REMOVED: "−", ChangeKind.CREATED: "+", ChangeKind.CHANGED: "~"}


def _line(change: ObjectChange) -> str:
    fields = list(dict.fromkeys(_part(place) for place in change.places))
    return f"{_SIGNS[change.what]} {change.ref}" + (f": {', '.join(fields)}" if fields else "")


def _part(place: FieldDifference) -> str:
    """Return the place in a word or two: the field and what has it, as in `image of chp`."""
    *above, last = place.path
    if last.startswith(CHECKSUM):
        return "contents of its Secret" if is_secret_checksum(last) else "configuration"
    if "containers" in above or "initContainers" in above:
        return f"{last} of {above[-1]}" if above[-1] not in ("containers", "initContainers") else f"container {last}"
    return last
