"""Annotations by which faults are planted."""

from collections.abc import Callable, Mapping

from sandbox.apiserver.objects.resource_kinds import Json, Kind
from sandbox.apiserver.storage.store import Store


def note(store: Store, kind: Kind, namespace: str | None, name: str, notes: Mapping[str, str | None]) -> None:
    """Set the annotations on an object, and take those away that are None; one that is so already is left alone."""
    store.modify(kind, namespace, name, _noted(notes))


def _noted(notes: Mapping[str, str | None]) -> Callable[[Json], None]:
    def change(obj: Json) -> None:
        known = dict(obj["metadata"].get("annotations") or {})
        wanted = {key: value for key, value in notes.items() if value is not None}
        kept = {key: value for key, value in known.items() if key not in notes} | wanted
        if kept != known:
            obj["metadata"]["annotations"] = kept

    return change
