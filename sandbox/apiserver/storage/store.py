"""The objects of a cluster, and the rules that hold for every write, whoever makes it.

Everything is done in one thread and without awaiting, so each call is a transaction of its own.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sandbox.apiserver.objects.errors import Cause, already_exists, forbidden, not_found
from sandbox.apiserver.objects.ip_allocator import Addresses
from sandbox.apiserver.objects.json_objects import copy_json
from sandbox.apiserver.objects.resource_kinds import ALL, NAMESPACE, SERVICE, Json, Kind, by_kind
from sandbox.apiserver.storage import deletion
from sandbox.apiserver.storage.history import HISTORY_LIMIT, Change, ChangeType, History, Subscription
from sandbox.apiserver.storage.owners import OwnerIndex
from sandbox.apiserver.storage.records import Record, Shelf
from sandbox.apiserver.storage.writes import check_preconditions, desired_state, new_metadata, separated
from sandbox.apiserver.validation import admission
from sandbox.apiserver.validation.defaults import fill_defaults
from sandbox.apiserver.validation.immutability import check_update
from sandbox.apiserver.validation.validation import check_object

if TYPE_CHECKING:
    from sandbox.clock import Clock

Objects = list[tuple[Kind, Json]]

LAG = 200_000
"""Changes a subscriber may leave unread before it is closed."""


class Store:
    """All objects of one cluster.

    What `get`, `find`, `list` and changes hand out is the stored object itself: never mutate it. `create` and
    `replace` take over the object they are given.
    """

    def __init__(self, clock: "Clock", *, history_limit: int = HISTORY_LIMIT) -> None:
        self.clock = clock
        self.revision = 1
        # What reviews answer with no to, as `kubectl auth can-i` has it: "delete pods", "patch deployments.apps".
        self.denied: set[str] = set()
        # What else looks at what a request is about to create, and raises ApiError: admission webhooks and policies.
        self.webhooks: list[Callable[[Kind, Json], None]] = []
        # The API server's version, "v1.35.4"; empty for the one that discovery tells by itself.
        self.version = ""
        # Deprecated APIs that were requested: resource, version, group, and the release that removes each ("1.37").
        self.deprecated: list[tuple[str, str, str, str]] = []
        self._shelves: dict[Kind, Shelf] = {kind: Shelf() for kind in ALL}
        self._history = History(self.revision, history_limit)
        self._owners = OwnerIndex()
        self._addresses = Addresses()

    # Reading

    def record(self, kind: Kind, namespace: str | None, name: str) -> Record:
        """Return the object with its JSON text. Raise ApiError 404."""
        record = self._find(kind, namespace, name)
        if record is None:
            raise not_found(kind, name)
        return record

    def get(self, kind: Kind, namespace: str | None, name: str) -> Json:
        """Return the object. Raise ApiError 404."""
        return self.record(kind, namespace, name).obj

    def find(self, kind: Kind, namespace: str | None, name: str) -> Json | None:
        """Return the object, None if there is none."""
        record = self._find(kind, namespace, name)
        return record.obj if record else None

    def records(self, kind: Kind, namespace: str | None = None) -> list[Record]:
        """Return the objects with their JSON texts, by namespace and name; of every namespace if none is given."""
        return self._shelves[kind].list(namespace if kind.namespaced else None)

    def records_at(self, kind: Kind, namespace: str | None, revision: int) -> list[Record]:
        """Return the list as it was at that revision. Raise ApiError 410 if that is compacted."""
        space = namespace if kind.namespaced else None
        return self._history.undone(self.records(kind, space), kind, space, revision)

    def list(self, kind: Kind, namespace: str | None = None) -> list[Json]:
        """Return the objects by namespace and name; of every namespace if none is given."""
        return [record.obj for record in self.records(kind, namespace)]

    def dependents(self, uid: str) -> Objects:
        """Return the objects whose ownerReferences name that uid."""
        return [(kind, self.get(kind, namespace, name)) for kind, namespace, name in self._owners.dependents(uid)]

    # Changes

    def subscribe(self, kind: Kind | None = None) -> Subscription:
        """Subscribe to every change from now on, of one kind or of all."""
        return self._history.subscribe(kind, LAG)

    def changes_since(self, revision: int) -> Sequence[Change]:
        """Return the changes after that revision, in order. Raise ApiError 410 if some are compacted."""
        return self._history.since(revision)

    @property
    def compacted(self) -> int:
        """The oldest revision that can be resumed from."""
        return self._history.compacted

    def compact(self, keep: int = 0) -> None:
        """Forget all but the last `keep` changes, as etcd does every few minutes."""
        self._history.compact(keep)

    # Writing

    def create(
        self, kind: Kind, namespace: str | None, obj: Json, *, dry_run: bool = False, backdate: bool = False
    ) -> Json:
        """Add an object, with the API server's defaults; its status is stored as given.

        With `backdate`, a creationTimestamp the object carries stands; else it is now. Raise ApiError 404 (no
        such namespace), 403 (namespace ending, a limit range, a quota), 409 (name taken) or 422 (invalid).
        """
        space = (namespace or "") if kind.namespaced else ""
        metadata = new_metadata(kind, space, obj, self.clock.now(), backdate=backdate)
        if kind.namespaced:
            self._check_namespace(kind, space, metadata)
        admission.complete(kind, obj, self.list)
        fill_defaults(kind, obj, self._addresses)
        check_object(kind, obj)
        admission.admit(kind, obj, self.list)
        if self._find(kind, space, metadata["name"]) is not None:
            raise already_exists(kind, metadata["name"])
        if not dry_run:
            self._commit("ADDED", kind, obj, None)
        return obj

    def replace(self, kind: Kind, obj: Json, *, dry_run: bool = False, subresource: str | None = None) -> Json:
        """Replace an object by `obj`, as PUT does: only its status with `subresource="status"`.

        Raise ApiError 404, 409 (another resourceVersion than the stored one, another uid) or 422 (invalid, or
        a field changed that may not change). An object equal to the stored one is not written.
        """
        metadata = obj["metadata"]
        record = self.record(kind, metadata.get("namespace"), metadata["name"])
        old = record.obj
        check_preconditions(kind, old, metadata.get("uid") or None, metadata.get("resourceVersion"))
        new = separated(kind, old, obj, subresource)
        if subresource != "status":
            fill_defaults(kind, new, self._addresses, old)
            check_object(kind, new)
        check_update(kind, old, new)
        if subresource is None:
            admission.admit_update(kind, old, new, self.list)
        return self._update(kind, record, new, dry_run=dry_run)

    def modify(self, kind: Kind, namespace: str | None, name: str, change: Callable[[Json], None]) -> Json | None:
        """Apply `change` to a copy, status and all, and store it if it differs. Return None if there is no such object.

        The controllers' way: nothing is checked.
        """
        record = self._find(kind, namespace, name)
        if record is None:
            return None
        new = copy_json(record.obj)
        change(new)
        return self._update(kind, record, new, dry_run=False)

    def delete(
        self,
        kind: Kind,
        namespace: str | None,
        name: str,
        *,
        grace_seconds: int | None = None,
        uid: str | None = None,
        resource_version: str | None = None,
        finalizer: str | None = None,
        dry_run: bool = False,
    ) -> Json:
        """Delete an object: at once, or marked while finalizers or a pod's grace hold it.

        `finalizer` is added, and holds it too. Return its last state; `find` shows whether it is gone. Raise ApiError
        404 or 409 (another uid or resourceVersion).
        """
        record = self.record(kind, namespace, name)
        check_preconditions(kind, record.obj, uid, resource_version)
        new = deletion.marked(kind, record.obj, grace_seconds, self.clock.now())
        if finalizer and finalizer not in new["metadata"].get("finalizers", ()):
            new["metadata"].setdefault("finalizers", []).append(finalizer)
        return self._update(kind, record, new, dry_run=dry_run)

    def restore(self, objects: Objects, revision: int) -> None:
        """Take over what another store had at that revision, unchanged. For an empty store."""
        for kind, obj in objects:
            metadata = obj["metadata"]
            key = (kind, metadata.get("namespace") or "", metadata["name"])
            self._owners.add(key, obj)
            self._shelves[kind].put(key[1], key[2], Record(kind, obj))
            if kind is SERVICE:
                self._addresses.note(obj["spec"])
        self.revision = self._history.compacted = revision

    def remove(self, kind: Kind, namespace: str | None, name: str) -> Json | None:
        """Remove an object whatever holds it: the last step of a deletion, by a controller."""
        record = self._find(kind, namespace, name)
        return self._drop(kind, record) if record else None

    # The steps of a write

    def _find(self, kind: Kind, namespace: str | None, name: str) -> Record | None:
        return self._shelves[kind].find((namespace or "") if kind.namespaced else "", name)

    def _check_namespace(self, kind: Kind, namespace: str, metadata: Json) -> None:
        space = self.get(NAMESPACE, None, namespace)
        if space["metadata"].get("deletionTimestamp"):
            message = f"namespace {namespace} is being terminated"
            why = f"unable to create new content in namespace {namespace} because it is being terminated"
            cause = Cause("NamespaceTerminating", message, "metadata.namespace")
            raise forbidden(kind, metadata.get("name") or "", why, [cause])

    def _update(self, kind: Kind, record: Record, new: Json, *, dry_run: bool) -> Json:
        old = record.obj
        if deletion.is_complete(kind, new):
            return new if dry_run else self._drop(kind, record, new)
        if new == old:
            return old
        if kind.counts_generations and desired_state(new) != desired_state(old):
            new["metadata"]["generation"] = old["metadata"].get("generation", 0) + 1
        if not dry_run:
            self._commit("MODIFIED", kind, new, record)
        return new

    def _drop(self, kind: Kind, record: Record, last: Json | None = None) -> Json:
        obj = last or record.obj
        obj = {**obj, "metadata": {**obj["metadata"]}}
        self._commit("DELETED", kind, obj, record)
        self._release_owners(obj)
        return obj

    def _commit(self, what: ChangeType, kind: Kind, obj: Json, previous: Record | None) -> None:
        self.revision += 1
        metadata = obj["metadata"]
        metadata["resourceVersion"] = str(self.revision)
        record = Record(kind, obj)
        key = (kind, metadata.get("namespace") or "", metadata["name"])
        if previous is not None:
            self._owners.discard(key, previous.obj)
        if what == "DELETED":
            self._shelves[kind].drop(key[1], key[2])
        else:
            self._owners.add(key, obj)
            self._shelves[kind].put(key[1], key[2], record)
        self._history.append(Change(self.revision, what, kind, record, previous))

    def _release_owners(self, obj: Json) -> None:
        """Release owners that were deleted in the foreground and waited for this one."""
        for owner in obj["metadata"].get("ownerReferences") or ():
            kind = by_kind(owner.get("apiVersion", "").rpartition("/")[0], owner.get("kind", ""))
            if kind is None or self._owners.has_dependents(owner.get("uid")):
                continue
            self.modify(kind, obj["metadata"].get("namespace"), owner.get("name", ""), deletion.stop_waiting)
