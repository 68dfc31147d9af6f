"""The options of a write, and the check that its object belongs to the request's path."""

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.apiserver.objects.errors import ApiError, Cause, bad_request
from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.apiserver.paths import Target
from sandbox.apiserver.query import number, truth
from sandbox.apiserver.serialization.field_validation import examine
from sandbox.apiserver.storage.cascade import Deletion

_VALIDATIONS = ("Ignore", "Warn", "Strict")


@dataclass(frozen=True)
class WriteOptions:
    """The query of a write."""

    dry_run: bool
    validation: str

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "WriteOptions":
        """Return the options of a query. Raise ApiError 422 for values that do not exist."""
        validation = query.get("fieldValidation", "") or "Warn"
        if validation not in _VALIDATIONS:
            raise _invalid_option("fieldValidation", validation, _VALIDATIONS)
        return cls(_is_dry(query.get("dryRun", "")), validation)


def _is_dry(text: str) -> bool:
    if text not in ("", "All"):
        raise _invalid_option("dryRun", text, ("All",))
    return text == "All"


def _invalid_option(name: str, value: str, allowed: tuple[str, ...]) -> ApiError:
    cause = Cause.unsupported(name, value, allowed)
    message = f'CreateOptions.meta.k8s.io "" is invalid: {name}: {cause.message}'
    return ApiError(422, "Invalid", message)


def deletion_of(query: Mapping[str, str], body: Json) -> Deletion:
    """Return the kind of deletion, from DeleteOptions in the body or else the query. Raise ApiError 400 or 422."""
    preconditions = body.get("preconditions") or {}
    grace = body.get("gracePeriodSeconds")
    if grace is None and query.get("gracePeriodSeconds"):
        grace = number(query, "gracePeriodSeconds")
    if grace is not None and not isinstance(grace, int):
        raise bad_request("DeleteOptions: gracePeriodSeconds is not a whole number")
    dry = body.get("dryRun") or []
    return Deletion(
        policy=body.get("propagationPolicy") or query.get("propagationPolicy") or _old_policy(query, body),
        grace_seconds=grace,
        uid=preconditions.get("uid"),
        resource_version=preconditions.get("resourceVersion"),
        dry_run=_is_dry(dry[0] if dry else query.get("dryRun", "")),
    )


def _old_policy(query: Mapping[str, str], body: Json) -> str:
    orphan = body.get("orphanDependents")
    return "Orphan" if orphan or truth(query, "orphanDependents") else "Background"


def accept(target: Target, obj: Json, options: WriteOptions) -> list[str]:
    """Check that an object belongs to the path that it was sent to, and complete it from there. Return the warnings.

    Clients may leave out apiVersion, kind and namespace. Raise ApiError 400 for an object of another kind, name or
    namespace, for values of a wrong type, and for unknown fields when validation is strict.
    """
    _check_kind(target, obj)
    unknown = examine(target.kind, obj)
    metadata = obj.setdefault("metadata", {})
    _check_place(target, metadata)
    if unknown and options.validation == "Strict":
        fields = ", ".join(f'unknown field "{path}"' for path in unknown)
        kind, version = target.kind.kind, target.kind.version
        raise bad_request(
            f'{kind} in version "{version}" cannot be handled as a {kind}: strict decoding error: {fields}'
        )
    return [f'unknown field "{path}"' for path in unknown] if options.validation == "Warn" else []


def _check_kind(target: Target, obj: Json) -> None:
    kind = target.kind
    sent_version, sent_kind = obj.get("apiVersion") or kind.api_version, obj.get("kind") or kind.kind
    if (sent_version, sent_kind) != (kind.api_version, kind.kind):
        raise bad_request(
            f'{sent_kind} in version "{sent_version}" cannot be handled as a {kind.kind}: converting '
            f"({sent_version}, Kind={sent_kind}) to ({kind.api_version}, Kind={kind.kind}): unknown conversion"
        )
    obj["apiVersion"], obj["kind"] = kind.api_version, kind.kind


def _check_place(target: Target, metadata: Json) -> None:
    if target.kind.namespaced:
        if metadata.get("namespace") not in (None, "", target.namespace):
            raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
        metadata["namespace"] = target.namespace
    else:
        metadata.pop("namespace", None)
    if target.name is None:
        return
    name = metadata.setdefault("name", target.name)
    if name != target.name:
        raise bad_request(f"the name of the object ({name}) does not match the name on the URL ({target.name})")
