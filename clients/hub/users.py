"""Users of the hub and their servers as plain data, from the hub's JSON."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from clients.answers import (
    Json,
    UnreadableError,
    all_parts,
    moment,
    needed,
    number,
    part,
    text,
)


@dataclass(frozen=True)
class HubServer:
    """A user's server. `name` is empty for the default one.

    `pending` is "spawn", "stop", "check" (a hub that has restarted looks whether the server still runs) or empty. A
    server is `ready` only if nothing is pending: one that stops is not, nor does it start. `profile` is the slug of
    kubespawner's profile that its user chose, empty where they had no choice or left it at the default.
    """

    name: str
    ready: bool
    pending: str
    started: datetime | None
    last_activity: datetime | None
    profile: str = ""

    @property
    def stopping(self) -> bool:
        """True while the hub is stopping it."""
        return self.pending == "stop"

    @property
    def state(self) -> str:
        """The state in a word or two: ready, starting, stopping, being checked, not ready."""
        return "ready" if self.ready else _STATES.get(self.pending, "not ready")


# Longer than any slug that kubespawner makes of a name.
_LONGEST_PROFILE: Final = 100
_STATES: Final = {"spawn": "starting", "stop": "stopping", "check": "being checked"}


@dataclass(frozen=True)
class HubUser:
    """A user of the hub, with the servers that are running, starting or stopping, and the groups that the hub knows."""

    name: str
    admin: bool
    servers: tuple[HubServer, ...]
    last_activity: datetime | None
    created: datetime | None = None
    groups: tuple[str, ...] = ()


def users_on(page: object) -> list[Json]:
    """Return the users on a page. Before 2.0 the answer is the whole list, without pages. Raise UnreadableError."""
    if not isinstance(page, dict):
        return all_parts({"items": page}, "items")
    found = all_parts(page, "items")
    if not found and not isinstance(page.get("_pagination"), dict):
        # That there is nobody is believed of a page that says so, as the hub's do.
        raise UnreadableError
    return found


def next_offset(page: object) -> int:
    """Return the offset of the next page; 0 after the last one. The address is built here, not taken from the hub."""
    return number(part(page, "_pagination", "next"), "offset") if isinstance(page, dict) else 0


def user_of(item: Json) -> HubUser:
    """Return a user; `servers` may be absent where the bot may not see them. Raise UnreadableError."""
    return HubUser(
        name=needed(item, "name"),
        admin=item.get("admin") is True,
        servers=tuple(_server(name, server) for name, server in _servers(item).items() if not _is_stopped(server)),
        last_activity=moment(item, "last_activity"),
        created=moment(item, "created"),
        groups=_groups(item),
    )


def _groups(item: Json) -> tuple[str, ...]:
    """Return the names of the user's groups; none where the bot may not see them (scope `read:users:groups`)."""
    found = item.get("groups")
    return tuple(sorted(str(one) for one in found)) if isinstance(found, list) else ()


def _servers(item: Json) -> Json:
    found = item.get("servers") or {}
    if not isinstance(found, dict) or not all(isinstance(one, dict) for one in found.values()):
        raise UnreadableError
    return found


def _is_stopped(server: Json) -> bool:
    """Return True for one of which the hub has no more than a record: it lists those only where it is asked to."""
    return server.get("stopped") is True


def _server(name: str, server: Json) -> HubServer:
    return HubServer(
        name=name,
        ready=server.get("ready") is True,
        pending=text(server, "pending"),
        started=moment(server, "started"),
        last_activity=moment(server, "last_activity"),
        profile=text(part(server, "user_options"), "profile")[:_LONGEST_PROFILE],
    )
