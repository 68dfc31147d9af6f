"""The patches that say what changes, chosen by the media type of the request; what is applied is another matter."""

from collections.abc import Callable
from typing import Any

from sandbox.apiserver.objects.errors import bad_request, unsupported_media_type
from sandbox.apiserver.objects.json_objects import copy_json
from sandbox.apiserver.objects.resource_kinds import Json, Kind
from sandbox.apiserver.patching.json_patch import json_patch
from sandbox.apiserver.patching.strategic_merge import strategic_merge

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"

PATCHES = (JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH)
"""What a request may carry."""


def patched(media_type: str, kind: Kind, current: Json, patch: object) -> Json:
    """Return a new object: `current`, which is not modified, changed as `patch` says.

    Raise ApiError 400 or 422 when the patch does not fit, 415 when the media type is none of a patch's.
    """
    if media_type != JSON_PATCH and media_type not in _MERGES:
        raise unsupported_media_type(PATCHES)
    if media_type == JSON_PATCH:
        if not isinstance(patch, list):
            raise bad_request(
                "error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch"
            )
        return json_patch(current, patch)
    if not isinstance(patch, dict):
        raise bad_request("error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}")
    return _MERGES[media_type](kind, current, patch)


def merge_patch(current: Any, patch: Any) -> Any:  # noqa: ANN401  # any JSON can be merged
    """Return `current` with a JSON Merge Patch (RFC 7386): objects are merged, null deletes, the rest replaces."""
    if not isinstance(patch, dict):
        return copy_json(patch)
    merged = dict(current) if isinstance(current, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def _merge(_: Kind, current: Json, patch: Json) -> Json:
    merged: Json = merge_patch(copy_json(current), patch)
    return merged


_MERGES: dict[str, Callable[[Kind, Json, Json], Json]] = {
    MERGE_PATCH: _merge,
    STRATEGIC_PATCH: strategic_merge,
}
