"""The form of a response that a client accepts: whole objects, Tables for people, or metadata only."""

from typing import Literal

from sandbox.apiserver.objects.errors import not_acceptable

Form = Literal["object", "table", "metadata"]

_PLAIN = ("application/json", "application/*", "*/*", "")
_FORMS: dict[str, Form] = {
    "": "object",
    "Table": "table",
    "PartialObjectMetadata": "metadata",
    "PartialObjectMetadataList": "metadata",
}


def form_of(accept: str) -> Form:
    """Return the first form in an Accept header that is available. Raise ApiError 406 if there is none.

    Clients of ours list protobuf first and JSON after it: they get JSON.
    """
    for offer in accept.split(","):
        media_type, _, parameters = offer.strip().partition(";")
        options = dict(part.strip().partition("=")[::2] for part in parameters.split(";") if part)
        if media_type.strip() in _PLAIN and options.get("as", "") in _FORMS:
            return _FORMS[options.get("as", "")]
    raise not_acceptable(("application/json",))
