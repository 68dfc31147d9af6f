"""A hub whose watch of the pods has given up: it goes on with the pods as they were until it is restarted.

Its log is written as KubeSpawner 7.1 does (`reflector.py`), which tries again after 0.2, 0.4 … 25.6 seconds.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from sandbox.apiserver.objects.resource_kinds import Json
from sandbox.apiserver.storage.store import Store
from sandbox.jupyterhub.process import hub_process
from sandbox.jupyterhub.users import HubUsers

_DELAYS: Final = (0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6)
_TRACE: Final = (
    "    Traceback (most recent call last):",
    '      File "/usr/local/lib/python3.12/site-packages/kubespawner/reflector.py", line 282, in _watch_and_update',
    "        resource_version = await self._list_and_update(resource_version)",
    "    aiohttp.client_exceptions.ClientConnectorError: Cannot connect to host 10.0.0.1:443 ssl:default",
)


class BlindHub:
    """The fault, and the lines of the hub's log that tell of it. It is over once the hub is another process."""

    def __init__(self, store: Store, namespace: str) -> None:
        self._store = store
        self._namespace = namespace
        self._process = ""
        self._lines: list[tuple[datetime, str]] = []

    @property
    def is_blind(self) -> bool:
        """True while the hub does not see its pods."""
        return bool(self._lines) and self._process == hub_process(self._store, self._namespace)

    def log_lines(self, pod: Json, container: str) -> Iterable[tuple[datetime, str]]:
        """Return the whole lines of a container, for `container_log`: another hub has another log."""
        is_hub = pod["metadata"].get("labels", {}).get("component") == "hub" and container == "hub"
        return tuple(self._lines) if is_hub and self.is_blind else ()

    def begin(self, users: HubUsers, now: datetime) -> list[str]:
        """Let the watch give up, one person start a server, and another's pod go away. Return their names."""
        users.go_blind()
        self._process, self._lines = hub_process(self._store, self._namespace), list(_log(now))
        starting = next((one for one in users.all() if not one.servers), None)
        leaving = next((one for one in users.all() if one.servers), None)
        if starting is not None:
            users.start(starting)
        if leaving is not None:
            users.lose_pod(next(iter(leaving.servers.values())))
        return [one.name for one in (starting, leaving) if one is not None]

    def heal(self, users: HubUsers) -> list[str]:
        """Let the hub see its pods again."""
        users.see()
        self._lines.clear()
        return []


def _log(now: datetime) -> Iterable[tuple[datetime, str]]:
    when = now - timedelta(seconds=sum(_DELAYS))
    for delay in _DELAYS:
        yield from _said(when, f"Error when watching resources, retrying in {delay}s")
        when += timedelta(seconds=delay)
    yield from _said(now, "Watching resources never recovered, giving up")


def _said(when: datetime, words: str) -> Iterable[tuple[datetime, str]]:
    stamp = f"{when:%Y-%m-%d %H:%M:%S}.{when.microsecond // 1000:03d}"
    yield when, f"[E {stamp} JupyterHub reflector:345] {words}"
    yield from ((when, line) for line in _TRACE)
