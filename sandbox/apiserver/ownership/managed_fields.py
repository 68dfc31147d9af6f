"""Who set which field: `metadata.managedFields`, kept by every write that comes over HTTP.

As in Kubernetes (apimachinery, util/managedfields): who applies owns what he applied; who updates owns what he changed,
and the others lose that. The server's defaults and the controllers' writes have no owner here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.apiserver.ownership.field_sets import NONE, Fields, decode, encode, values_of

APPLY, UPDATE = "Apply", "Update"


@dataclass(frozen=True)
class Writer:
    """Who writes: the name of the manager, how, and on which subresource."""

    name: str
    operation: str = UPDATE
    subresource: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str], user_agent: str, operation: str, subresource: str | None) -> "Writer":
        """Return the writer of a request: by its `fieldManager`, else by the first word of its user agent."""
        name = query.get("fieldManager") or user_agent.partition("/")[0][:128] or "unknown"
        return cls(name, operation, subresource or "")


@dataclass(frozen=True)
class Entry:
    """One entry of managedFields."""

    writer: Writer
    api_version: str
    fields: Fields
    time: str = ""

    def to_json(self) -> Json:
        """Return the entry as objects carry it."""
        return {
            "manager": self.writer.name,
            "operation": self.writer.operation,
            "apiVersion": self.api_version,
            **({"time": self.time} if self.time else {}),
            "fieldsType": "FieldsV1",
            "fieldsV1": encode(self.fields),
            **({"subresource": self.writer.subresource} if self.writer.subresource else {}),
        }


def entries_of(obj: Json) -> list[Entry]:
    """Return the entries that an object carries; what is none is left out."""
    listed = (obj.get("metadata") or {}).get("managedFields")
    found = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return [
        Entry(
            Writer(str(one.get("manager", "")), str(one.get("operation", UPDATE)), str(one.get("subresource") or "")),
            str(one.get("apiVersion", "")),
            decode(one.get("fieldsV1")),
            str(one.get("time") or ""),
        )
        for one in found
        if one.get("fieldsV1")
    ]


def put(obj: Json, entries: Iterable[Entry]) -> None:
    """Set the entries of an object; those without a field are left out."""
    listed = [one.to_json() for one in entries if one.fields]
    if listed:
        obj["metadata"]["managedFields"] = listed
    else:
        obj["metadata"].pop("managedFields", None)


def owned_by(entries: Iterable[Entry], writer: Writer) -> Fields:
    """Return the fields of one writer."""
    return next((one.fields for one in entries if one.writer == writer), NONE)


def given(entries: Iterable[Entry], writer: Writer, fields: Fields, api_version: str, time: str) -> list[Entry]:
    """Return the entries after a writer has come to own exactly these fields. His time changes only with them."""
    kept = list(entries)
    for place, one in enumerate(kept):
        if one.writer == writer:
            kept[place] = one if one.fields == fields else replace(one, fields=fields, time=time)
            return kept
    return [*kept, Entry(writer, api_version, fields, time)]


def updated(old: Json | None, new: Json, writer: Writer, api_version: str, time: str) -> None:
    """Set the entries of `new`, which a writer puts in the place of `old`, or creates.

    What it carries itself counts where it differs: so owners are forgotten, and taken over from client-side apply.
    """
    entries = entries_of(new if "managedFields" in new["metadata"] or old is None else old)
    before, after = (values_of(one) if one else {} for one in (old, new))
    seen = {path for path in (*before, *after) if writer.subresource == "" or path[0] == f"f:{writer.subresource}"}
    if not writer.subresource and old is not None:
        seen = {path for path in seen if path[0] != "f:status"}
    changed = frozenset(path for path in seen if path in after and (path not in before or before[path] != after[path]))
    gone = frozenset(path for path in seen if path not in after)
    rest = [replace(one, fields=one.fields - gone - (NONE if one.writer == writer else changed)) for one in entries]
    put(new, given(rest, writer, owned_by(rest, writer) | changed, api_version, time) if changed else rest)
