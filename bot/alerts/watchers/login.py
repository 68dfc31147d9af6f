"""The login itself: the hub's login page must send people to the right tenant and client, and back to the hub."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from bot.alerts.finding import Finding, Severity, Watcher
from cards.views import typing
from clients.entra.login_page import Redirect
from clients.errors import Unavailable
from clients.http import NOT_ACCEPTED
from commands.login.settings import LoginSettings, login_settings
from commands.login.show import page_of
from commands.ports.context import Reads

_LOOK: Final = (typing("Show login", "/jhub auth"),)


async def look(reads: Reads) -> Sequence[Finding]:
    """Open the login page. Raise Unavailable where it does not send anybody anywhere."""
    live = await reads.releases.deployed()
    if live is None or not (its := login_settings(live)).is_entra:
        return ()
    page = await page_of(its, reads)
    if isinstance(page, Unavailable):
        if page.what == NOT_ACCEPTED:
            # One cause, one alert: the certificate has a watcher of its own.
            return ()
        raise page
    return judge(its, page, reads.names.public_host)


def judge(its: LoginSettings, page: Redirect, host: str) -> list[Finding]:
    """Return findings about where the login page leads. Pure."""
    return [*_elsewhere(its, page), *_back(its, page, host)]


def _elsewhere(its: LoginSettings, page: Redirect) -> list[Finding]:
    tenant, client = page.tenant.lower() != its.tenant.lower(), page.client_id.lower() != its.client_id
    if not (tenant or client):
        return []
    what = " and ".join([*(["tenant"] if tenant else []), *(["client"] if client else [])])
    return [
        Finding(
            key="login elsewhere",
            severity=Severity.CRITICAL,
            title=f"The login page sends people to a different {what} than the release names",
            cause=f"It sends them to client {page.client_id} of tenant {page.tenant}, but the live values name "
            f"client {its.client_id or '(none)'} of tenant {its.tenant or '(none)'}. "
            "The hub is running with different settings.",
            advice=("/jhub history shows the last upgrades. Deploying again restarts the hub.",),
            buttons=_LOOK,
        )
    ]


def _back(its: LoginSettings, page: Redirect, host: str) -> list[Finding]:
    expected = its.expected_callback(host)
    if not host or page.callback == expected:
        return []
    return [
        Finding(
            key="login callback",
            severity=Severity.CRITICAL,
            title="People are not sent back to the hub after logging in",
            cause=f"The login page tells Entra to send them to {page.callback[:200]}, but they open the hub at {host}.",
            advice=(
                f"Set oauth_callback_url in hub.config to {expected}, and add that address to the app registration.",
            ),
            buttons=_LOOK,
        )
    ]


WATCHER = Watcher("login", look, timedelta(minutes=1), dwell=timedelta(minutes=1), clear=timedelta(minutes=1))
