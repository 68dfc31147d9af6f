"""The index of objects by the uids of their owners."""

from collections.abc import Iterable

from sandbox.apiserver.objects.resource_kinds import Json, Kind

Key = tuple[Kind, str, str]
"""Kind, namespace ("" for none) and name."""


class OwnerIndex:
    """The keys of all objects that have ownerReferences, in the order in which they were added."""

    def __init__(self) -> None:
        self._by_uid: dict[str, dict[Key, None]] = {}

    def add(self, key: Key, obj: Json) -> None:
        """Add an object under each of its owners."""
        for owner in _owners(obj):
            self._by_uid.setdefault(owner.get("uid", ""), {})[key] = None

    def discard(self, key: Key, obj: Json) -> None:
        """Remove an object from each of its owners."""
        for owner in _owners(obj):
            uid = owner.get("uid", "")
            if keys := self._by_uid.get(uid):
                keys.pop(key, None)
                if not keys:
                    del self._by_uid[uid]

    def dependents(self, uid: str) -> Iterable[Key]:
        """Return the keys of the objects that name that uid."""
        return tuple(self._by_uid.get(uid, ()))

    def has_dependents(self, uid: object) -> bool:
        """Return True if an object names that uid."""
        return uid in self._by_uid


def _owners(obj: Json) -> Iterable[Json]:
    return obj["metadata"].get("ownerReferences") or ()
