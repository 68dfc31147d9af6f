"""The bot itself: conversations it lost, replicas that fell silent, its own secrets that expire."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.alerts.finding import Finding, Severity, Watcher
from cards.times import minute
from cards.views import Fact, typing
from clients.entra.applications import ClientSecret
from clients.errors import NotFound, Unavailable
from commands.login.client_secrets import possible, validity
from commands.ports.bot_state import OwnApp
from commands.ports.context import Reads

# How long there is something to tell of what happened once.
_TOLD_FOR: Final = timedelta(days=1)
_STEPS: Final = ((1, Severity.CRITICAL, 0), (7, Severity.WARNING, 1), (14, Severity.WARNING, 0), (30, Severity.NOTE, 0))

Lost = tuple[str, str, datetime]
Missing = tuple[str, datetime]
Secret = tuple[OwnApp, ClientSecret]


async def look(reads: Reads) -> Sequence[Finding]:
    """Look at what the bot records of itself. Raise Unavailable of its store."""
    if reads.own is None:
        return ()
    since = reads.now - _TOLD_FOR
    lost, missing = await reads.own.lost(since), await reads.own.missing(since)
    secrets = [one for app in reads.own.apps for one in await _secret(app, reads)]
    return judge(lost, missing, secrets, reads.now)


async def _secret(app: OwnApp, reads: Reads) -> list[Secret]:
    """Return the secret that the bot uses, where Graph allows to know it; it may be none of the bot's business."""
    if reads.applications is None:
        return []
    try:
        registration, text = await reads.applications.application(app.client_id), await app.text()
    except (Unavailable, NotFound):
        return []
    known = possible(registration, text, None)
    return [(app, max(known, key=lambda one: one.end))] if known else []


def judge(lost: Sequence[Lost], missing: Sequence[Missing], secrets: Sequence[Secret], now: datetime) -> list[Finding]:
    """Return findings about the bot itself. Pure."""
    ending = [_ending(app, secret, now) for app, secret in secrets if secret.days_left(now) <= _STEPS[-1][0]]
    return [*map(_gone, lost), *map(_silent, missing), *ending]


def _gone(lost: Lost) -> Finding:
    conversation, by, at = lost
    return Finding(
        key=f"lost {conversation}",
        severity=Severity.WARNING,
        title="A conversation no longer receives alerts",
        cause="Teams says that the bot is no longer a member of it, or that it no longer exists.",
        facts=(Fact("Conversation", conversation), Fact("Requested by", by), Fact("Lost", minute(at))),
        advice=(
            "To get alerts there again, add the bot to the team and type “/jhub alerts here on” in the conversation.",
        ),
        buttons=(typing("Show alerts", "/jhub alerts"),),
        subjects=(conversation,),
        group="lost",
        several="{count} conversations no longer receive alerts",
    )


def _silent(missing: Missing) -> Finding:
    name, seen = missing
    return Finding(
        key=f"replica {name}",
        severity=Severity.WARNING,
        title=f"Replica {name} of the bot has stopped responding",
        cause="It no longer sends heartbeats. The other replicas have taken over its unfinished work.",
        facts=(Fact("Last seen", minute(seen)),),
        advice=("If it was removed on purpose, do nothing: this alert resolves after a day.",),
    )


def _ending(app: OwnApp, secret: ClientSecret, now: datetime) -> Finding:
    _, severity, step = next(one for one in _STEPS if secret.days_left(now) <= one[0])
    over = secret.end <= now
    return Finding(
        key=f"own secret {app.client_id}",
        severity=Severity.CRITICAL if over else severity,
        title=f"The bot's own secret for {app.purpose} {'' if over else 'expires in '}{validity(secret, now)}",
        cause=f"Without it the bot loses access to {app.purpose}. The bot cannot rotate this secret itself.",
        facts=(Fact("Client ID", app.client_id), Fact("Expires", minute(secret.end))),
        advice=("Create a new secret in the bot's app registration, and put it where the configuration says.",),
        step=1 if over else step,
    )


WATCHER = Watcher("bot", look, timedelta(minutes=1), dwell=timedelta(0), clear=timedelta(0), outside=True)
