"""Warnings about Prometheus: it does not answer from here, or has no measurements of the hub's volumes."""

import contextlib

from bot.config.settings import Settings
from bot.config.types import ConfigError
from bot.config_tools.preflight import Found
from bot.secrets.reader import Secrets
from bot.wiring.prometheus import prometheus_of
from clients.errors import Unavailable
from clients.prometheus import METRICS, Coverage
from commands.framework.partial_results import attempt

_PLACE = ("prometheus", "url")


async def unmeasured(settings: Settings) -> list[Found]:
    """Ask the Prometheus of each hub. Return the setting's path, what is wrong, and that it is no mistake."""
    found = await _of_one(settings, _PLACE)
    for name, hub in settings.hubs.items():
        if hub.prometheus is not None:
            found += await _of_one(settings.of(name), ("hubs", name, *_PLACE))
    return found


async def _of_one(settings: Settings, place: tuple[str, ...]) -> list[Found]:
    async with contextlib.AsyncExitStack() as stack:
        try:
            made = prometheus_of(settings, Secrets(settings, stack), stack)
        except ConfigError:
            # That it cannot be made at all is told as a mistake.
            return []
        if made is None:
            return []
        what = _told(await attempt("Prometheus", made.coverage()), settings)
        return [(place, what, False)] if what else []


def _told(answer: Coverage | Unavailable, settings: Settings) -> str:
    if isinstance(answer, Unavailable):
        return f"{answer}. Where the bot runs elsewhere, add --elsewhere"
    if len(answer.missing) == len(METRICS):
        namespace = settings.kubernetes.namespace
        return f"Prometheus answers, but has no measurement of a volume in the namespace {namespace} (docs/running.md)"
    return f"Prometheus does not have {', '.join(answer.missing)} (docs/running.md)" if answer.missing else ""
