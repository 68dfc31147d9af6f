"""Prometheus, from settings to a client."""

import contextlib

from bot.config.settings import Settings
from bot.config.types import ConfigError
from bot.secrets.reader import Secret, Secrets
from clients.azure.identity import credential, tokens
from clients.prometheus import SYSTEM, Prometheus


def prometheus_of(settings: Settings, secrets: Secrets, stack: contextlib.AsyncExitStack) -> Prometheus | None:
    """Build the client of the Prometheus that knows how full volumes are; None without one. Raise ConfigError."""
    section = settings.prometheus
    if not section.url:
        return None
    try:
        made = Prometheus(
            section.url,
            _token(settings, secrets, stack),
            namespace=settings.kubernetes.namespace,
            labels=section.labels,
            history=section.history,
            trust=section.trust_file,
        )
    except ValueError as error:
        raise ConfigError(f"prometheus: {error}") from None
    stack.push_async_callback(made.close)
    return made


def _token(settings: Settings, secrets: Secrets, stack: contextlib.AsyncExitStack) -> Secret | None:
    """Return what gets tokens: of the file or secret that is named, or of Entra for a workspace of Azure Monitor."""
    section, azure = settings.prometheus, settings.azure
    place = section.place_of("token")
    if place is not None:
        return secrets.of(place, SYSTEM)
    if not section.audience:
        return None
    known = credential(section.identity or azure.identity, client_id=section.client_id or azure.client_id)
    stack.push_async_callback(known.close)
    return tokens(known, SYSTEM, section.audience)
