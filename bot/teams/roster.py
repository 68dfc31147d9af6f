"""People of a roster, as Teams lists them (`TeamsChannelAccount`)."""

from collections.abc import Mapping

from bot.chat.platform import Member


def member_of(listed: Mapping[str, object]) -> Member:
    """Return a person of a roster, as Teams lists them."""
    # Whoever is not plainly an owner is a member: a field that is named otherwise must not promote anybody. The id is
    # `objectId` in the service's own answers, `aadObjectId` where an SDK wrote them down.
    object_id = listed.get("aadObjectId") or listed.get("objectId") or ""
    return Member(str(object_id), str(listed.get("userPrincipalName") or ""), role_of(listed) == "owner")


def role_of(listed: Mapping[str, object]) -> str:
    """Return the role of a person of a roster, in lower case."""
    return str(listed.get("userRole") or "").casefold()
