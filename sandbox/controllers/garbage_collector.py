"""The garbage collector: what was owned by something that is gone goes too.

What a client asks for with Foreground or Orphan is begun by the API itself; here is what remains to be done.
"""

from typing import ClassVar

from sandbox.apiserver.objects.resource_kinds import ALL, Json, Kind, by_kind
from sandbox.apiserver.storage.deletion import FOREGROUND, stop_waiting
from sandbox.apiserver.storage.history import Change
from sandbox.runtime.controller import Controller
from sandbox.runtime.ownership import kind_of_owner, owners_of
from sandbox.runtime.pod_facts import is_ending


class GarbageCollector(Controller):
    """The controller that deletes objects whose owners are all gone."""

    # Events are owned by nobody, and there are many.
    kinds: ClassVar[tuple[Kind, ...]] = tuple(kind for kind in ALL if kind.kind != "Event")

    def notice(self, change: Change) -> None:
        """Queue the dependents of an object that is gone, and an object that is new."""
        if change.type == "DELETED":
            for kind, owned in self.store.dependents(change.obj["metadata"]["uid"]):
                self._wake(kind, owned)
        elif _waits(change.obj) or (change.type == "ADDED" and change.obj["metadata"].get("ownerReferences")):
            self._wake(change.kind, change.obj)

    def reconcile(self, namespace: str, name: str) -> None:
        """Delete the object if it has lost all its owners; `name` is kind, group and name."""
        kind_name, group, own_name = name.split("/", 2)
        kind = by_kind(group, kind_name)
        obj = self.store.find(kind, namespace, own_name) if kind else None
        if kind is None or obj is None:
            return
        if _waits(obj):
            self._hasten(kind, obj)
        elif owners_of(obj) and not is_ending(obj) and not any(self._is_there(obj, owner) for owner in owners_of(obj)):
            self.store.delete(kind, namespace, own_name)

    def _wake(self, kind: Kind, obj: Json) -> None:
        metadata = obj["metadata"]
        self.wake(metadata.get("namespace") or "", f"{kind.kind}/{kind.group}/{metadata['name']}")

    def _is_there(self, obj: Json, owner: Json) -> bool:
        kind = kind_of_owner(owner)
        if kind is None:
            return True
        found = self.store.find(kind, obj["metadata"].get("namespace"), str(owner.get("name")))
        return found is not None and found["metadata"]["uid"] == owner.get("uid")

    def _hasten(self, kind: Kind, obj: Json) -> None:
        """Delete the dependents of an owner that waits for them, new ones too; without any, release it."""
        owned = self.store.dependents(obj["metadata"]["uid"])
        for its, one in owned:
            if not is_ending(one):
                self.store.delete(its, one["metadata"].get("namespace"), one["metadata"]["name"])
        if not owned:
            self.store.modify(kind, obj["metadata"].get("namespace"), obj["metadata"]["name"], stop_waiting)


def _waits(obj: Json) -> bool:
    return is_ending(obj) and FOREGROUND in (obj["metadata"].get("finalizers") or ())
