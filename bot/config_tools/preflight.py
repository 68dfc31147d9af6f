"""Mistakes that only show when the parts of a bot are made from the settings: they are made, and asked nothing."""

import contextlib
from collections.abc import Awaitable, Callable, Iterator
from typing import Final, Never

from bot.alerts.routing import rules
from bot.alerts.watchers import watchers
from bot.changes.approval_policy import check_policy
from bot.config.settings import FurtherHub, Settings
from bot.config.types import ConfigError
from bot.secrets.reader import Secrets
from bot.teams import TeamsSettings, check_host
from bot.wiring.azure import azure_of, builds_of, registry_of, workshop_of
from bot.wiring.entra import applications_of, login_of
from bot.wiring.prometheus import prometheus_of
from bot.wiring.public import issuing_of, resolver_of
from bot.wiring.values import values_of
from clients.helm import Releases
from commands.framework.registry import catalogue

Found = tuple[tuple[str | int, ...], str, bool]


_WORKLOAD: Final = "WorkloadIdentityCredential"
_NO_WORKLOAD: Final = (
    "identity WorkloadIdentity needs AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE, which AKS sets in"
    " a pod that is labelled for it: they are not set here"
)


async def unbuildable(settings: Settings, *, elsewhere: bool = False) -> list[Found]:
    """Return what cannot be made, and why: the setting's path, a sentence, and that it is a mistake.

    With `elsewhere`, what a pod of another machine will have is not missed here.
    """
    found = await _of_one(settings, elsewhere=elsewhere)
    for name, further in settings.hubs.items():
        its = await _of_one(settings.of(name), elsewhere=elsewhere)
        # What it shares with the first hub has been told there.
        found += [(("hubs", name, *path), what, wrong) for path, what, wrong in its if _says(further, path)]
    return found


def _says(further: FurtherHub, path: tuple[str | int, ...]) -> bool:
    return getattr(further, str(path[0]), None) is not None


async def _of_one(settings: Settings, *, elsewhere: bool) -> list[Found]:
    async with contextlib.AsyncExitStack() as stack:
        secrets = Secrets(settings, stack)
        found = [one for part in _parts(settings, secrets, stack) if (one := _tried(part))]
        return [one for one in dict.fromkeys(found) if not (elsewhere and one[1] == _NO_WORKLOAD)]


def _tried(part: Callable[[], object]) -> Found | None:
    try:
        part()
    except ConfigError as error:
        place, _, what = str(error).partition(": ")
        return tuple(place.split(".")), _NO_WORKLOAD if _WORKLOAD in what else what, True
    return None


def _parts(settings: Settings, secrets: Secrets, stack: contextlib.AsyncExitStack) -> Iterator[Callable[[], object]]:
    yield lambda: check_policy(settings.approvals, catalogue())
    yield lambda: _alerts(settings)
    yield lambda: _host(settings)
    yield lambda: azure_of(settings.azure, secrets, stack)
    yield lambda: registry_of(settings, secrets, stack)
    yield lambda: workshop_of(settings.image, secrets, builds_of(settings, secrets, stack))
    yield lambda: applications_of(settings.graph, secrets, stack)
    yield lambda: login_of(settings)
    yield lambda: resolver_of(settings.public)
    yield lambda: issuing_of(settings.public)
    yield lambda: prometheus_of(settings, secrets, stack)
    yield lambda: values_of(settings, secrets, Releases(settings.release.name, _nothing))


async def _nothing(_selector: str) -> list[Never]:
    return []


def _alerts(settings: Settings) -> None:
    try:
        rules(settings.alerts, [one.name for one in watchers()])
    except ValueError as error:
        raise ConfigError(f"alerts: {error}") from None


def _host(settings: Settings) -> None:
    teams = settings.teams
    secret: Callable[[], Awaitable[str]] | None = _empty if teams.place_of("app_secret") else None
    try:
        check_host(teams.host, TeamsSettings(teams.app_id, teams.app_type, teams.tenants, secret))
    except ValueError as error:
        raise ConfigError(f"teams.host: {error}") from None


async def _empty() -> str:
    return ""
