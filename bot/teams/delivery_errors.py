"""Errors of a delivery, by what the caller can do about it."""

from http import HTTPStatus
from typing import Final

_NOT_NOW = {HTTPStatus.UNAUTHORIZED, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.TOO_MANY_REQUESTS}


_NOT_THIS = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
}


_NO_MORE = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE}


_NO_MEMBER: Final = "BotNotInConversationRoster"


# Teams' codes for what an administrator or a person has forbidden and can allow again: nothing for good.
_FOR_NOW: Final = frozenset({"BotDisabledByAdmin", "MessageWritesBlocked", "NotEnoughPermissions"})


class NotDelivered(Exception):  # noqa: N818 - the four errors are named after what is known
    """It surely did not happen; it may be tried again, after `retry_after` seconds if that is set."""

    def __init__(self, why: str, retry_after: float | None = None) -> None:
        super().__init__(why)
        self.retry_after = retry_after


class DeliveryUnknown(Exception):  # noqa: N818 - see above
    """It may have happened or not."""


class Unacceptable(Exception):  # noqa: N818 - see above
    """It did not happen, and will not with this content."""


class ConversationGone(Exception):  # noqa: N818 - see above
    """It did not happen and will not: `missing` tells that the thing addressed is not there, else it is forbidden.

    `by_teams` is True if Teams itself says so, plainly and for good.
    """

    def __init__(self, why: str, *, missing: bool, by_teams: bool = False) -> None:
        super().__init__(why)
        self.missing = missing
        self.by_teams = by_teams


def delivery_error(status: int, retry_after: float | None, code: str) -> Exception:
    """Return the error for an answer of the connector: its HTTP status, seconds to wait, and error code."""
    why = f"status {status} {code}".rstrip()
    if status in _NOT_NOW:
        return NotDelivered(why, retry_after)
    if status in _NOT_THIS:
        return Unacceptable(why)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return DeliveryUnknown(why)
    missing = status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE} and code != _NO_MEMBER
    return ConversationGone(why, missing=missing, by_teams=status in _NO_MORE and code not in _FOR_NOW)
