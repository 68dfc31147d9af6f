"""Lists: selected, split into pages that belong together, each with the place where the next one begins."""

import base64
import json
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.apiserver.objects.errors import ApiError, bad_request, gone, too_large_revision
from sandbox.apiserver.objects.resource_kinds import Json, Kind
from sandbox.apiserver.objects.selectors import Test, exact_name, field_test, label_test
from sandbox.apiserver.query import number
from sandbox.apiserver.storage.records import Record
from sandbox.apiserver.storage.store import Store

_EXPIRED = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list "
    "without the continue parameter, or use the continue token in this response to retrieve the remainder of the "
    "results. Continuing with the provided token results in an inconsistent list - objects that were created, "
    "modified, or deleted between the time the first chunk was returned and now may show up in the list."
)
_WHATEVER = -1


@dataclass(frozen=True)
class Selection:
    """The part of a collection that a request selects."""

    kind: Kind
    namespace: str | None
    labels: Test | None
    fields: Test | None
    name: str | None
    """The only name that can be meant, where the fields say so."""

    @classmethod
    def of(cls, kind: Kind, namespace: str | None, query: Mapping[str, str]) -> "Selection":
        """Return the selection of a request. Raise ApiError 400 for selectors that cannot be parsed."""
        fields = query.get("fieldSelector", "")
        labels = label_test(query.get("labelSelector", ""))
        return cls(kind, namespace, labels, field_test(kind, fields), exact_name(fields))

    @property
    def everything(self) -> bool:
        """True if the request has no selector."""
        return self.labels is None and self.fields is None

    def __call__(self, obj: Json) -> bool:
        """Return True if the object is selected."""
        return (self.labels is None or self.labels(obj)) and (self.fields is None or self.fields(obj))


@dataclass(frozen=True)
class Page:
    """One page of a list: the records, their revision, and the token for the next page."""

    records: list[Record]
    revision: int
    next: str = ""
    remaining: int | None = None

    @property
    def metadata(self) -> Json:
        """The ListMeta of the answer."""
        fields: Json = {"resourceVersion": str(self.revision)}
        if self.next:
            fields["continue"] = self.next
        if self.remaining is not None:
            fields["remainingItemCount"] = self.remaining
        return fields


def list_page(store: Store, selection: Selection, query: Mapping[str, str]) -> Page:
    """Return the page that `limit`, `continue` and `resourceVersion` ask for.

    All pages of one list show the same moment. Raise ApiError 400 for a malformed token, 410 for one whose moment
    is forgotten, 504 for a revision that is not reached yet.
    """
    limit = number(query, "limit")
    token = query.get("continue", "")
    if token:
        revision, records = _rest(store, selection, token)
    else:
        _check_reached(store, query)
        revision, records = store.revision, _first(store, selection, query)
    return _cut(selection, records, limit, revision)


def _check_reached(store: Store, query: Mapping[str, str]) -> None:
    wanted = number(query, "resourceVersion")
    if wanted > store.revision:
        raise too_large_revision(wanted, store.revision)


def _first(store: Store, selection: Selection, query: Mapping[str, str]) -> list[Record]:
    if query.get("resourceVersionMatch") == "Exact":
        return store.records_at(selection.kind, selection.namespace, number(query, "resourceVersion"))
    return store.records(selection.kind, selection.namespace)


def _rest(store: Store, selection: Selection, token: str) -> tuple[int, list[Record]]:
    revision, after = _read_token(token)
    if revision == _WHATEVER:
        revision, records = store.revision, store.records(selection.kind, selection.namespace)
    else:
        try:
            records = store.records_at(selection.kind, selection.namespace, revision)
        except ApiError as error:
            raise gone(_EXPIRED, _token(_WHATEVER, after)) from error
    return revision, records[bisect_right(records, after, key=_key) :]


def _cut(selection: Selection, records: list[Record], limit: int, revision: int) -> Page:
    if not limit:
        return Page([record for record in records if selection(record.obj)], revision)
    chosen: list[Record] = []
    for index, record in enumerate(records):
        if not selection(record.obj):
            continue
        if len(chosen) == limit:
            remaining = len(records) - index if selection.everything else None
            return Page(chosen, revision, _token(revision, _key(chosen[-1])), remaining)
        chosen.append(record)
    return Page(chosen, revision)


def _key(record: Record) -> tuple[str, str]:
    metadata = record.obj["metadata"]
    return metadata.get("namespace") or "", metadata["name"]


def _token(revision: int, after: tuple[str, str]) -> str:
    text = json.dumps({"v": "meta.k8s.io/v1", "rv": revision, "start": after}, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_token(token: str) -> tuple[int, tuple[str, str]]:
    try:
        fields = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        namespace, name = fields["start"]
        return int(fields["rv"]), (str(namespace), str(name))
    except (ValueError, TypeError, KeyError) as error:
        raise bad_request("invalid continue token: continue key is not valid") from error
