"""Client secrets of the hub's app registration: the one that the hub uses, and those that earlier rotations left.

Of a secret's text Entra lists the first three characters. That is enough to say which secret the hub cannot be using,
and, where only one is left, which it uses.
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
    """Return the hub's app registration.

    Raise UserError if there is none by that client id, or Microsoft Graph is not configured.
    """
    if reads.applications is None:
        raise UserError("The bot cannot ask Microsoft Graph about app registrations: graph is not configured.")
    try:
        return await reads.applications.application(client_id)
    except NotFound:
        raise UserError(
            f"Entra has no app registration with the client id {client_id}, which the hub's values name.", "/jhub auth"
        ) from None


def name_of(operation: str, old: str) -> str:
    """Return the name of the secret that a rotation makes in place of the one with the key id `old`, if known."""
    return f"{OURS}{operation}{_AFTER}{old}" if old else f"{OURS}{operation}"


def is_of(secret: ClientSecret, operation: str) -> bool:
    """Return True if this very operation made the secret."""
    return secret.name == name_of(operation, "") or secret.name.startswith(name_of(operation, "") + _AFTER)


def possible(app: Application, text: str, since: datetime | None) -> list[ClientSecret]:
    """Return the secrets that a hub may be using which has had `text` since then; one alone if that is known."""
    found = [one for one in app.secrets if text and one.may_be(text)]
    older = [one for one in found if since is None or one.start <= since]
    return older or found


def orphaned_secrets(app: Application, texts: Sequence[str]) -> list[ClientSecret]:
    """Return the secrets of earlier rotations that no revision with one of these texts can be using."""
    ours = [one for one in app.secrets if one.name.startswith(OURS)]
    return [one for one in ours if not any(one.may_be(text) for text in texts)]


def superseded(app: Application, current: ClientSecret | None) -> ClientSecret | None:
    """Return the secret that the current one was made to replace, if an earlier rotation could not remove it."""
    if current is None or not current.name.startswith(OURS):
        return None
    old = current.name.rpartition(_AFTER)[2]
    return next((one for one in app.secrets if one.key_id == old and one is not current), None)


def urgency(secret: ClientSecret, now: datetime) -> Tone:
    """Return how pressing the secret's end is: GOOD for more than 30 days, BAD from the last week on."""
    left = secret.days_left(now)
    return next((tone for days, tone in _SOON if left <= days), Tone.GOOD)


def validity(secret: ClientSecret, now: datetime) -> str:
    """Return in words how long the secret is still valid."""
    left = secret.days_left(now)
    if left < 0:
        return f"expired {_days(max(1, (now - secret.end).days))} ago"
    return _days(left) if left else "less than a day"


def display_name(secret: ClientSecret) -> str:
    """Return the secret's name as the portal shows it; of one that the bot made, its beginning."""
    name = secret.name.partition(_AFTER)[0] if secret.name.startswith(OURS) else secret.name
    return f"“{name}”" if name else f"unnamed ({secret.key_id[:8]}…)"


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"
