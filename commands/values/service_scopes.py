"""Services of the hub that lose rights by a change of the values: the bot is one of them. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

# What docs/hubs.md and the runbook call the bot's service; its token lies under that name.
_BOT: Final = "jhub-bot"
_ALL: Final = "every right (admin)"
_NAMED: Final = 6


def lost_rights(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[str, ...]:
    """Return a sentence for each service that would have fewer rights, by values merged with the chart's defaults."""
    had, has = _rights(before), _rights(after)
    return tuple(line for name in had for line in _told(name, had[name], has.get(name)))


def _told(name: str, had: frozenset[str], has: frozenset[str] | None) -> Iterator[str]:
    lost = sorted(had - (has or frozenset()))
    if not lost or (has and _ALL in has):
        return
    shown = ", ".join(lost[:_NAMED]) + (f" and {len(lost) - _NAMED} more" if len(lost) > _NAMED else "")
    gone = f"The service {name} is removed, and with it" if has is None else f"The service {name} loses"
    end = " It is the bot’s own: it could no longer do what needs them." if name == _BOT else ""
    yield f"{gone} {shown}.{end}"


def _rights(values: Mapping[str, object]) -> dict[str, frozenset[str]]:
    """Return the scopes of each service, by the roles that name it."""
    hub = _mapping(values.get("hub"))
    services, roles = _mapping(hub.get("services")), _mapping(hub.get("loadRoles"))
    found = {str(name): {_ALL} if _mapping(one).get("admin") is True else set() for name, one in services.items()}
    for role in roles.values():
        for name in _listed(_mapping(role).get("services")):
            found.setdefault(str(name), set()).update(map(str, _listed(_mapping(role).get("scopes"))))
    return {name: frozenset(scopes) for name, scopes in found.items()}


def _mapping(given: object) -> Mapping[str, object]:
    return given if isinstance(given, Mapping) else {}


def _listed(given: object) -> Sequence[object]:
    return given if isinstance(given, list) else ()
