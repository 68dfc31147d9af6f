"""The bot itself: conversations it lost, replicas that fell silent, its own secrets that expire."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.alerts.finding import Finding, Severity, Watcher
from cards.views import Fact, typing
from clients.applications import ClientSecret
from clients.errors import NotFound, Unavailable
from commands.client_secrets import lasting, possible
from commands.reads import OwnApp, Reads

# How long there is something to tell of what happened once.
_TOLD_FOR: Final = timedelta(days=1)
_STEPS: Final = ((1, Severity.CRITICAL, 0), (7, Severity.WARNING, 1), (14, Severity.WARNING, 0), (30, Severity.NOTE, 0))

Lost = tuple[str, str, datetime]
Missing = tuple[str, datetime]
Secret = tuple[OwnApp, ClientSecret]


async def look(reads: Reads) -> Sequence[Finding]:
    """Look at what the bot keeps of itself. Raises Unavailable of its store."""
    if reads.own is None:
        return ()
    since = reads.now - _TOLD_FOR
    lost, missing = await reads.own.lost(since), await reads.own.missing(since)
    secrets = [one for app in reads.own.apps for one in await _secret(app, reads)]
    return judge(lost, missing, secrets, reads.now)


async def _secret(app: OwnApp, reads: Reads) -> list[Secret]:
    """The secret that the bot uses, where Graph lets it be known; it may be none of the bot's business."""
    if reads.applications is None:
        return []
    try:
        registration, text = await reads.applications.application(app.client_id), await app.text()
    except (Unavailable, NotFound):
        return []
    known = possible(registration, text, None)
    return [(app, max(known, key=lambda one: one.end))] if known else []


def judge(lost: Sequence[Lost], missing: Sequence[Missing], secrets: Sequence[Secret], now: datetime) -> list[Finding]:
    """What is wrong with the bot. Pure."""
    ending = [_ending(app, secret, now) for app, secret in secrets if secret.days_left(now) <= _STEPS[-1][0]]
    return [*map(_gone, lost), *map(_silent, missing), *ending]


def _gone(lost: Lost) -> Finding:
    conversation, by, at = lost
    return Finding(
        key=f"lost {conversation}",
        severity=Severity.WARNING,
        title="A conversation gets no alerts any more",
        cause="Teams says that the bot is not in it any more, or that it is gone.",
        facts=(Fact("Conversation", conversation), Fact("Wanted by", by), Fact("Lost", f"{at:%Y-%m-%d %H:%M} UTC")),
        advice=("Add the bot to the team again and type /jhub alerts here on there, or leave it so.",),
        buttons=(typing("Who gets alerts", "/jhub alerts"),),
        subjects=(conversation,),
        group="lost",
        several="{count} conversations get no alerts any more",
    )


def _silent(missing: Missing) -> Finding:
    name, seen = missing
    return Finding(
        key=f"replica {name}",
        severity=Severity.WARNING,
        title=f"The bot's replica {name} is silent",
        cause="It does not say any more that it lives. The others have taken over what it left unfinished.",
        facts=(Fact("Last seen", f"{seen:%Y-%m-%d %H:%M} UTC"),),
        advice=("If it was taken away on purpose, this ends by itself after a day.",),
    )


def _ending(app: OwnApp, secret: ClientSecret, now: datetime) -> Finding:
    _, severity, step = next(one for one in _STEPS if secret.days_left(now) <= one[0])
    over = secret.end <= now
    return Finding(
        key=f"own secret {app.client_id}",
        severity=Severity.CRITICAL if over else severity,
        title=f"The bot's own secret for {app.purpose} {'has ' if over else 'ends in '}{lasting(secret, now)}",
        cause=f"Without it the bot has no {app.purpose} any more. It cannot rotate this one by itself.",
        facts=(Fact("Client id", app.client_id), Fact("Expires", f"{secret.end:%Y-%m-%d %H:%M} UTC")),
        advice=("Make a new secret in its app registration and put it in the file that the configuration names.",),
        step=1 if over else step,
    )


WATCHER = Watcher("bot", look, timedelta(minutes=1), dwell=timedelta(0), clear=timedelta(0), outside=True)
