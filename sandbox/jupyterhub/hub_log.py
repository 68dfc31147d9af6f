"""What the hub logs of logins that come back from Entra (oauthenticator 17.3, JupyterHub 5.5, tornado 6.6)."""

import json
from collections import deque
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.clock import Clock

_MOST: Final = 500
_LONGEST: Final = 8_000
_FROM: Final = "10.224.0.62"


class HubLog:
    """The lines of the hub's log about logins, the latest last."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lines: deque[tuple[datetime, str]] = deque(maxlen=_MOST)

    @property
    def is_empty(self) -> bool:
        """True if nothing was logged since the last `clear`."""
        return not self._lines

    def log_lines(self, pod: Json, container: str) -> Iterable[tuple[datetime, str]]:
        """Return the whole lines of a container, for `container_log`."""
        is_hub = pod["metadata"].get("labels", {}).get("component") == "hub" and container == "hub"
        return tuple(self._lines) if is_hub else ()

    def clear(self) -> None:
        """Forget what was logged."""
        self._lines.clear()

    def turned_back(self, query: str, message: str, when: datetime | None = None) -> None:
        """Log a browser that came back with an error. `query` is encoded as it came, `message` what it means."""
        when = when or self._clock.now()
        address = f"/hub/oauth_callback?{query[:_LONGEST]}"
        first, *others = f"OAuth error: {message[:_LONGEST]}".splitlines() or [""]
        self._tell(when, "W", "web:2106", f"400 GET {address} ({_FROM}): {first}", *others)
        self._tell(when, "W", "log:192", f"400 GET {address} (@{_FROM}) 1.47ms")

    def refused(self, tenant: str, code: int, message: str, when: datetime | None = None) -> None:
        """Log that Entra's token endpoint refused the hub itself."""
        when = when or self._clock.now()
        body = {
            "error": "invalid_client",
            "error_codes": [code],
            "error_description": f"AADSTS{code}: {message} Trace ID: 0d0d0d0d Timestamp: {when:%Y-%m-%d %H:%M:%SZ}",
        }
        first, *others = json.dumps(body, sort_keys=True, indent=1).splitlines()
        url = f"https://login.microsoftonline.com/{tenant}/oauth2/token"
        self._tell(when, "E", "oauth2:857", f"Error fetching 401 POST {url}: {first}", *others)
        again = "500 GET /hub/oauth_callback?code=[secret]&state=[secret]"
        self._tell(when, "E", "log:192", f"{again} (@{_FROM}) 68.34ms")

    def _tell(self, when: datetime, level: str, place: str, first: str, *others: str) -> None:
        stamp = f"{when:%Y-%m-%d %H:%M:%S}.{when.microsecond // 1000:03d}"
        self._lines.append((when, f"[{level} {stamp} JupyterHub {place}] {first}"))
        # The hub indents what follows, so that nobody can write a record of their own.
        self._lines.extend((when, f"    {line}") for line in others)
