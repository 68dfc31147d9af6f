"""Warnings about who can use the bot, and whether Teams can reach it: settings that are legal, and rarely meant."""

from collections.abc import Iterator
from typing import Final

from bot.config.access import AccessSettings
from bot.config.settings import Settings
from bot.config.teams import TeamsSection
from bot.config_tools.preflight import Found
from bot.teams.service_urls import is_loopback

_CHANGING: Final = ("operator", "approver", "admin")
_APPROVING: Final = ("approver", "admin")


def shut(settings: Settings) -> list[Found]:
    """Return whom the settings keep out: the setting's path, what to do in a sentence, and that it is no mistake."""
    found: list[Found] = [(("access",), what, False) for what in _people(settings.access)]
    found += [(("teams", name), what, False) for name, what in _teams(settings.teams)]
    for name, hub in settings.hubs.items():
        if hub.access is not None:
            found += [(("hubs", name, "access"), what, False) for what in _people(hub.access)]
    return found


def _people(access: AccessSettings) -> Iterator[str]:
    """Yield the levels that nobody has, the widest first: where nobody may do anything, that says it all."""
    held = _held(access)
    if not held:
        yield "nobody may use the bot: no group has a level. Name one by its object id, such as under admin"
        return
    if not held & set(_CHANGING):
        yield f"nobody may change anything: {_one_of(access, _CHANGING)}"
    if not held & set(_APPROVING):
        yield f"nobody can approve, so nothing that deletes can be done: {_one_of(access, _APPROVING)}"


def _held(access: AccessSettings) -> set[str]:
    """Return the levels that somebody has."""
    if access.team is not None:
        return {level for level in (access.team.owners, access.team.members) if level}
    return {level for level in ("viewer", *_CHANGING) if getattr(access, level)}


def _one_of(access: AccessSettings, levels: tuple[str, ...]) -> str:
    whose = "give the team's owners or members the level" if access.team else "name a group under"
    return f"{whose} {' or '.join([', '.join(levels[:-1]), levels[-1]])}"


def _teams(teams: TeamsSection) -> Iterator[tuple[str, str]]:
    if not teams.app_id:
        yield "app_id", "Teams cannot reach the bot: without the Azure Bot's app id it serves this machine only"
        return
    if is_loopback(teams.host):
        only = f"Teams reaches the bot only through a proxy on this machine: it listens on {teams.host}"
        yield "host", f"{only}. Set 0.0.0.0 to listen on all addresses"
    if not teams.port:
        yield "port", "nothing can forward to the bot: its port is another one at each start. Set one, such as 3978"
