"""The target of a request, from its path."""

from dataclasses import dataclass

from sandbox.apiserver.objects.errors import unknown_resource
from sandbox.apiserver.objects.resource_kinds import NAMESPACE, Kind, by_path

_LONGEST = 3


@dataclass(frozen=True)
class Target:
    """A kind's collection (no name), one object, or a part of one (subresource)."""

    kind: Kind
    namespace: str | None
    name: str | None
    subresource: str | None


def target_of(group: str, version: str, rest: list[str]) -> Target:
    """Return the target of a path below /api/v1 or /apis/GROUP/VERSION, given as its parts.

    Raise ApiError 404 when there is no such resource.
    """
    namespace = None
    if rest[0] == NAMESPACE.plural and len(rest) > 2:  # noqa: PLR2004  # namespaces, its name, and more
        kind = by_path(group, version, rest[2])
        if kind is not None and kind.namespaced:
            namespace, rest = rest[1], rest[2:]
    kind = by_path(group, version, rest[0])
    if kind is None or len(rest) > _LONGEST or not all(rest):
        raise unknown_resource()
    name = rest[1] if len(rest) > 1 else None
    subresource = rest[2] if len(rest) == _LONGEST else None
    if subresource and subresource not in kind.subresources:
        raise unknown_resource()
    if name and kind.namespaced and namespace is None:
        raise unknown_resource()
    return Target(kind, namespace, name, subresource)
