"""Logins that Entra refuses: people come back to the hub's callback with a code, or the hub itself is refused.

The texts are Entra's (Microsoft Entra authentication and authorization error codes).
"""

from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from sandbox.entra.people import TENANT
from sandbox.jupyterhub.hub_log import HubLog

_TRIES: Final = 4
_APART: Final = timedelta(seconds=20)
_BROUGHT: Final = {
    "assignment": (
        "access_denied",
        50105,
        "Your administrator has configured the application JupyterHub to block users unless they are assigned to it.",
    ),
    "consent": (
        "consent_required",
        65001,
        "The user or administrator has not consented to use the application with the hub's id.",
    ),
    "policy": (
        "access_denied",
        53003,
        "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
    ),
    "guest": (
        "access_denied",
        50020,
        "User account from identity provider 'live.com' does not exist in tenant 'Example'.",
    ),
    "unknown": ("server_error", 999_999, "Something that nobody has written down."),
}
_TOLD: Final = {
    "secret": (7000222, "The provided client secret keys for the hub's app are expired."),
    "public": (700025, "Client is public so neither 'client_assertion' nor 'client_secret' should be presented."),
}
HOWS: Final = (*_BROUGHT, *_TOLD)


def begin(log: HubLog, now: datetime, how: str) -> None:
    """Let people try to log in in vain, the last one just now."""
    log.clear()
    for number in reversed(range(_TRIES)):
        when = now - number * _APART
        if how in _TOLD:
            log.refused(TENANT, *_TOLD[how], when)
        else:
            error, code, words = _BROUGHT[how]
            said = f"AADSTS{code}: {words}\r\nTrace ID: 0d0d0d0d-0000\r\nTimestamp: {when:%Y-%m-%d %H:%M:%SZ}"
            log.turned_back(urlencode({"error": error, "error_description": said, "state": "x"}), said, when)


def heal(log: HubLog) -> None:
    """Forget those logins."""
    log.clear()
