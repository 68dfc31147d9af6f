"""The API's errors in Kubernetes' own words: clients and people match on them.

Wordings are those of Kubernetes 1.32 (apimachinery's api/errors and util/validation/field).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from sandbox.apiserver.objects.resource_kinds import Json, Kind

MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


class ApiError(Exception):
    """An answer other than success: the HTTP status and the Kubernetes Status object of the body."""

    def __init__(
        self, status: int, reason: str, message: str, details: Json | None = None, *, metadata: Json | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.body: Json = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": metadata or {},
            "status": "Failure",
            "message": message,
            "reason": reason,
            "details": details or {},
            "code": status,
        }

    @property
    def retry_after(self) -> int | None:
        """The seconds that the client should wait, None if the error does not have them."""
        seconds = self.body["details"].get("retryAfterSeconds")
        return seconds if isinstance(seconds, int) else None


@dataclass(frozen=True)
class Cause:
    """One reason why an object is invalid; `field` is a path such as spec.template.spec.containers[0].name."""

    reason: str
    message: str
    field: str

    @classmethod
    def required(cls, field: str, why: str = "") -> "Cause":
        """Return the cause for a mandatory field that is missing."""
        return cls("FieldValueRequired", "Required value" + (f": {why}" if why else ""), field)

    @classmethod
    def invalid(cls, field: str, value: object, why: str) -> "Cause":
        """Return the cause for a field with a value that is not allowed."""
        return cls("FieldValueInvalid", f"Invalid value: {json.dumps(value)}: {why}", field)

    @classmethod
    def forbidden(cls, field: str, why: str) -> "Cause":
        """Return the cause for a field that may not be set or changed."""
        return cls("FieldValueForbidden", f"Forbidden: {why}", field)

    @classmethod
    def unsupported(cls, field: str, value: object, allowed: Sequence[str]) -> "Cause":
        """Return the cause for a field whose value is not in a closed list."""
        names = ", ".join(json.dumps(item) for item in sorted(allowed))
        message = f"Unsupported value: {json.dumps(value)}: supported values: {names}"
        return cls("FieldValueNotSupported", message, field)


def _details(kind: Kind, name: str) -> Json:
    return {"name": name, **({"group": kind.group} if kind.group else {}), "kind": kind.plural}


def not_found(kind: Kind, name: str) -> ApiError:
    """Return the error 404 for an object that does not exist."""
    message = f'{kind.qualified} "{name}" not found'
    return ApiError(HTTPStatus.NOT_FOUND, "NotFound", message, _details(kind, name))


def unknown_resource() -> ApiError:
    """Return the error 404 for a path without a resource."""
    return ApiError(HTTPStatus.NOT_FOUND, "NotFound", "the server could not find the requested resource")


def already_exists(kind: Kind, name: str) -> ApiError:
    """Return the error 409 for a name that is taken."""
    message = f'{kind.qualified} "{name}" already exists'
    return ApiError(HTTPStatus.CONFLICT, "AlreadyExists", message, _details(kind, name))


def conflict(kind: Kind, name: str, why: str = MODIFIED) -> ApiError:
    """Return the error 409 for an object that was changed meanwhile, or a precondition that does not hold."""
    message = f'Operation cannot be fulfilled on {kind.qualified} "{name}": {why}'
    return ApiError(HTTPStatus.CONFLICT, "Conflict", message, _details(kind, name))


def invalid(kind: Kind, name: str, causes: Sequence[Cause]) -> ApiError:
    """Return the error 422 for an object that breaks a rule of its kind; `causes` must not be empty."""
    messages = [f"{cause.field}: {cause.message}" for cause in causes]
    why = messages[0] if len(messages) == 1 else "[" + ", ".join(messages) + "]"
    details: Json = {
        "name": name,
        **({"group": kind.group} if kind.group else {}),
        "kind": kind.kind,
        "causes": [{"reason": c.reason, "message": c.message, "field": c.field} for c in causes],
    }
    message = f'{kind.qualified_kind} "{name}" is invalid: {why}'
    return ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid", message, details)


def forbidden(kind: Kind, name: str, why: str, causes: Sequence[Cause] = ()) -> ApiError:
    """Return the error 403 of an admission rule."""
    details = _details(kind, name)
    if causes:
        details["causes"] = [{"reason": c.reason, "message": c.message, "field": c.field} for c in causes]
    message = f'{kind.qualified} "{name}" is forbidden: {why}'
    return ApiError(HTTPStatus.FORBIDDEN, "Forbidden", message, details)


def gone(message: str, continue_token: str | None = None) -> ApiError:
    """Return the error 410 for a compacted revision; `continue_token` continues without consistency."""
    metadata = {"continue": continue_token} if continue_token else None
    return ApiError(HTTPStatus.GONE, "Expired", message, metadata=metadata)


def too_old(revision: int, oldest: int) -> ApiError:
    """Return the error 410 for a watch that is to begin before the oldest revision."""
    return gone(f"too old resource version: {revision} ({oldest})")


def bad_request(message: str) -> ApiError:
    """Return the error 400 for a malformed request."""
    return ApiError(HTTPStatus.BAD_REQUEST, "BadRequest", message)


def unauthorized() -> ApiError:
    """Return the error 401 for a missing or wrong token."""
    return ApiError(HTTPStatus.UNAUTHORIZED, "Unauthorized", "Unauthorized")


def method_not_allowed() -> ApiError:
    """Return the error 405 for a verb that the resource does not have."""
    message = "the server does not allow this method on the requested resource"
    return ApiError(HTTPStatus.METHOD_NOT_ALLOWED, "MethodNotAllowed", message)


def not_acceptable(accepted: Sequence[str]) -> ApiError:
    """Return the error 406 for a client that accepts none of the available forms."""
    message = "only the following media types are accepted: " + ", ".join(accepted)
    return ApiError(HTTPStatus.NOT_ACCEPTABLE, "NotAcceptable", message)


def unsupported_media_type(accepted: Sequence[str]) -> ApiError:
    """Return the error 415 for a body in an unknown form."""
    message = "the body of the request was in an unknown format - accepted media types include: " + ", ".join(accepted)
    return ApiError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message)


def too_many_requests(message: str, causes: Sequence[Cause] = (), retry_after: int | None = None) -> ApiError:
    """Return the error 429 for a request to be repeated later; `retry_after` in seconds."""
    details: Json = {}
    if causes:
        details["causes"] = [{"reason": c.reason, "message": c.message} for c in causes]
    if retry_after is not None:
        details["retryAfterSeconds"] = retry_after
    return ApiError(HTTPStatus.TOO_MANY_REQUESTS, "TooManyRequests", message, details)


def field_conflict(message: str, causes: Sequence[tuple[str, str]]) -> ApiError:
    """Return the error 409 of server-side apply; `causes` are a manager, as it is worded, and its field."""
    listed = [
        {"reason": "FieldManagerConflict", "message": f"conflict with {manager}", "field": field}
        for manager, field in causes
    ]
    return ApiError(HTTPStatus.CONFLICT, "Conflict", message, {"causes": listed})


def internal(message: str, *, bare: bool = False) -> ApiError:
    """Return the error 500 for a failure of the server; a `bare` one begins with its own words."""
    details = {"causes": [{"message": message}]}
    text = message if bare else f"Internal error occurred: {message}"
    return ApiError(HTTPStatus.INTERNAL_SERVER_ERROR, "InternalError", text, details)


def too_large_revision(revision: int, current: int) -> ApiError:
    """Return the error 504 for a revision that this server has not reached."""
    message = f"Timeout: Too large resource version: {revision}, current: {current}"
    details = {"causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]}
    details_with_wait: Json = {**details, "retryAfterSeconds": 1}
    return ApiError(HTTPStatus.GATEWAY_TIMEOUT, "Timeout", message, details_with_wait)
