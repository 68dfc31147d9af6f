"""The client secrets of the hub's app registration: which one the hub uses, and which an earlier rotation left.

Entra tells of a secret its first three characters. That is enough to say which one the hub cannot be using, and, where
only one is left, which it uses.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cards.views import Tone
from clients.entra.applications import Application, ClientSecret
from clients.errors import NotFound
from commands.framework.errors import UserError
from commands.ports.context import Reads

# What this bot calls the secrets that it makes: this, the operation, and the key id of the one to be removed.
OURS: Final = "jhub-bot "
_AFTER: Final = " after "
_SOON: Final = ((7, Tone.BAD), (14, Tone.WARNING), (30, Tone.NOTE))


async def registration(client_id: str, reads: Reads) -> Application:
    """The hub's app registration. Raises UserError where there is none by that client id, or nobody to ask."""
    if reads.applications is None:
        raise UserError("The bot cannot ask Microsoft Graph about app registrations: graph is not configured.")
    try:
        return await reads.applications.application(client_id)
    except NotFound:
        raise UserError(
            f"Entra has no app registration with the client id {client_id}, which the hub's values name.", "/jhub auth"
        ) from None


def name_of(operation: str, old: str) -> str:
    """What a rotation calls the secret that it makes in place of the one with the key id `old`, if it knows that."""
    return f"{OURS}{operation}{_AFTER}{old}" if old else f"{OURS}{operation}"


def is_of(secret: ClientSecret, operation: str) -> bool:
    """Whether this very operation made it."""
    return secret.name == name_of(operation, "") or secret.name.startswith(name_of(operation, "") + _AFTER)


def possible(app: Application, text: str, since: datetime | None) -> list[ClientSecret]:
    """Those that a hub may be using which has had `text` since then; exactly one, where that is known."""
    found = [one for one in app.secrets if text and one.may_be(text)]
    older = [one for one in found if since is None or one.start <= since]
    return older or found


def left_over(app: Application, texts: Sequence[str]) -> list[ClientSecret]:
    """What earlier rotations made and no revision with one of these secrets can be using."""
    ours = [one for one in app.secrets if one.name.startswith(OURS)]
    return [one for one in ours if not any(one.may_be(text) for text in texts)]


def outlived(app: Application, current: ClientSecret | None) -> ClientSecret | None:
    """What the current secret was made to replace, where an earlier rotation could not remove it any more."""
    if current is None or not current.name.startswith(OURS):
        return None
    old = current.name.rpartition(_AFTER)[2]
    return next((one for one in app.secrets if one.key_id == old and one is not current), None)


def urgency(secret: ClientSecret, now: datetime) -> Tone:
    """How pressing its end is: GOOD for more than 30 days, BAD from the last week on."""
    left = secret.days_left(now)
    return next((tone for days, tone in _SOON if left <= days), Tone.GOOD)


def lasting(secret: ClientSecret, now: datetime) -> str:
    """How long it is good for, in words."""
    left = secret.days_left(now)
    if left < 0:
        return f"expired {_days(max(1, (now - secret.end).days))} ago"
    return _days(left) if left else "less than a day"


def called(secret: ClientSecret) -> str:
    """The secret's name as people find it in the portal; of one that the bot made, its beginning."""
    name = secret.name.partition(_AFTER)[0] if secret.name.startswith(OURS) else secret.name
    return f"“{name}”" if name else f"unnamed ({secret.key_id[:8]}…)"


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"
