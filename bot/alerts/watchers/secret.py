"""The client secret of the hub's login: how long it is valid, and if Entra still accepts it.

Graph is asked each time; Entra's token endpoint only where Graph's answer is bad or missing, for it keeps a log.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.alerts.finding import Finding, Severity, Watcher
from cards.times import minute
from cards.views import ButtonStyle, Fact, typing
from clients.entra.applications import Application, ClientSecret
from clients.errors import Unavailable
from commands.login.client_secrets import display_name, possible, validity
from commands.login.settings import LoginSettings, client_secret, login_settings
from commands.login.show import accepted_by, app_of
from commands.ports.context import Reads

# Days left from which on it is so bad: each is told again.
_STEPS: Final = ((1, Severity.CRITICAL, 0), (7, Severity.WARNING, 1), (14, Severity.WARNING, 0), (30, Severity.NOTE, 0))
_BUTTON: Final = typing("Rotate the secret", "/jhub auth rotate", ButtonStyle.POSITIVE)


@dataclass(frozen=True)
class SecretsSeen:
    """Secrets that the hub may have (None: Graph does not tell), and Entra's own word, if asked."""

    its: LoginSettings
    secrets: tuple[ClientSecret, ...] | None
    accepted: bool | None


async def look(reads: Reads) -> Sequence[Finding]:
    """Ask Graph, and Entra where there is a doubt. Raise Unavailable where neither tells."""
    live = await reads.releases.deployed()
    if live is None or not (its := login_settings(live)).is_entra or not its.secret_path:
        return ()
    text = client_secret(live, its.secret_path)
    app = await app_of(its.client_id, reads)
    known = tuple(possible(app, text, live.last_deployed)) if isinstance(app, Application) else None
    if known and any(one.end > reads.now for one in known):
        return judge(SecretsSeen(its, known, None), reads.now)
    accepted = await accepted_by(its, text, reads)
    if isinstance(accepted, Unavailable):
        if known is None:
            raise accepted
        return judge(SecretsSeen(its, known, None), reads.now)
    if accepted and isinstance(app, Unavailable):
        # It works now; for how long, nobody can tell.
        raise app
    return judge(SecretsSeen(its, known, accepted), reads.now)


def judge(seen: SecretsSeen, now: datetime) -> list[Finding]:
    """Return at most one finding about the secret. Pure."""
    known = seen.secrets or ()
    last = max(known, key=lambda one: one.end, default=None)
    if seen.accepted is True:
        return []
    if seen.accepted is False or last is None or last.end <= now:
        return [_refused(last, now)]
    return [_soon(last, severity, step, now) for days, severity, step in _STEPS if last.days_left(now) <= days][:1]


def _refused(last: ClientSecret | None, now: datetime) -> Finding:
    why = f"The client secret {display_name(last)} {validity(last, now)}" if last and last.end <= now else ""
    cause = f"{why or 'The secret that the hub uses is no longer in the app registration'}."
    return Finding(
        key="secret",
        severity=Severity.CRITICAL,
        title="Nobody can log in: the hub's client secret is no longer valid",
        cause=f"{cause} Users see “500: Internal Server Error” after logging in at Microsoft.",
        advice=(
            "“/jhub auth rotate” creates a new secret, deploys it and tests the login. A second person approves.",
            "Running servers continue.",
        ),
        buttons=(_BUTTON,),
        step=1,
    )


def _soon(secret: ClientSecret, severity: Severity, step: int, now: datetime) -> Finding:
    return Finding(
        key="secret",
        severity=severity,
        title=f"The hub's client secret expires in {validity(secret, now)}",
        cause=f"Once the client secret {display_name(secret)} of the hub's app registration has expired, "
        "nobody can log in.",
        facts=(Fact("Expires", minute(secret.end)),),
        advice=("“/jhub auth rotate” creates a new one. A second person must approve it, and the hub restarts once.",),
        buttons=(_BUTTON,),
        step=step,
    )


WATCHER = Watcher("secret", look, timedelta(seconds=30), dwell=timedelta(seconds=30), clear=timedelta(seconds=30))
