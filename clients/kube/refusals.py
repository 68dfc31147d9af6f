"""What the API server says where it refuses a change, as errors for people."""

import re
from http import HTTPStatus
from typing import Final

from clients.answers import Json, part, parts, text
from clients.errors import Forbidden, Rejected, Unavailable
from clients.kube.api import BY_ROLE, SYSTEM

_LONGEST_REASON: Final = 300
# Of Kubernetes' authorizer (1.32): `pods "x" is forbidden: User "y" cannot delete resource "pods" …`.
_NO_RIGHT: Final = re.compile(r'User "[^"]{0,253}" cannot ')


def is_another(status: int, answer: Json) -> bool:
    """Return True if a patch was refused because the object has another UID than the patch names."""
    causes = parts(part(answer, "details"), "causes")
    return status == HTTPStatus.UNPROCESSABLE_ENTITY and any(text(one, "field") == "metadata.uid" for one in causes)


def check_status(status: int, answer: Json, what: str) -> None:
    """Raise Unavailable, or Forbidden, for every status but success; `what` is what was asked for."""
    if status in (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED):
        return
    if status == HTTPStatus.FORBIDDEN:
        refused = f"refused: the bot may not {what} (403)"
        # A quota and an admission policy answer with 403, too.
        if _NO_RIGHT.search(text(answer, "message")[:_LONGEST_REASON]):
            raise Forbidden(SYSTEM, refused, BY_ROLE)
        raise Unavailable(SYSTEM, refused)
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        reason = text(answer, "message")[:_LONGEST_REASON]
        raise Unavailable(SYSTEM, f"did not accept the request (asked to {what}): {reason}")
    raise Unavailable(SYSTEM, f"answered with an error ({status}, asked to {what})")


def check_judged(status: int, answer: Json, what: str) -> None:
    """Raise Rejected, in Kubernetes' own words, for what it does not allow, and else what `check_status` raises."""
    message = text(answer, "message")[:_LONGEST_REASON]
    is_right_missing = status == HTTPStatus.FORBIDDEN and (_NO_RIGHT.search(message) or not message)
    if status in (HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY) and not is_right_missing:
        raise Rejected(SYSTEM, text(answer, "reason"), f"Kubernetes did not accept it: {message}")
    check_status(status, answer, what)
