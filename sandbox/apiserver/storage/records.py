"""The records of objects, grouped by kind and namespace, so that no list walks everything.

A record remembers its JSON text once that was asked for; lists of thousands are then joined, not encoded.
"""

import json
from collections.abc import Iterator

from sandbox.apiserver.objects.resource_kinds import Json, Kind


def encode(value: object) -> bytes:
    """Return compact JSON in UTF-8."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


class Record:
    """A stored object, which never changes, and its JSON text."""

    __slots__ = ("_body", "kind", "obj")

    def __init__(self, kind: Kind, obj: Json) -> None:
        self.kind = kind
        self.obj = obj
        self._body: bytes | None = None

    def item(self) -> bytes:
        """Return the JSON text as an item of a list, which carries neither kind nor apiVersion."""
        if self._body is None:
            self._body = encode({k: v for k, v in self.obj.items() if k not in ("kind", "apiVersion")})
        return self._body

    def text(self) -> bytes:
        """Return the JSON text of the object on its own."""
        head = f'{{"kind":"{self.kind.kind}","apiVersion":"{self.kind.api_version}",'
        return head.encode() + self.item()[1:]


class Drawer:
    """The records of one kind in one namespace."""

    __slots__ = ("_order", "records")

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        self._order: list[str] | None = None

    def put(self, name: str, record: Record) -> None:
        """Add or exchange a record."""
        if name not in self.records:
            self._order = None
        self.records[name] = record

    def drop(self, name: str) -> None:
        """Take a record out; it must be there."""
        del self.records[name]
        self._order = None

    def __iter__(self) -> Iterator[Record]:
        """Iterate over the records by name."""
        if self._order is None:
            self._order = sorted(self.records)
        return map(self.records.__getitem__, self._order)


class Shelf:
    """The records of one kind, by namespace; objects without one are under ""."""

    __slots__ = ("drawers",)

    def __init__(self) -> None:
        self.drawers: dict[str, Drawer] = {}

    def find(self, namespace: str, name: str) -> Record | None:
        """Return the record of that name, None if there is none."""
        drawer = self.drawers.get(namespace)
        return drawer.records.get(name) if drawer else None

    def put(self, namespace: str, name: str, record: Record) -> None:
        """Add or exchange a record."""
        drawer = self.drawers.get(namespace)
        if drawer is None:
            drawer = self.drawers[namespace] = Drawer()
        drawer.put(name, record)

    def drop(self, namespace: str, name: str) -> None:
        """Take a record out; it must be there."""
        self.drawers[namespace].drop(name)

    def list(self, namespace: str | None) -> list[Record]:
        """Return the records of one namespace, or of all, by namespace and name."""
        if namespace is not None:
            return list(self.drawers.get(namespace, ()))
        return [record for space in sorted(self.drawers) for record in self.drawers[space]]
