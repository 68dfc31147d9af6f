"""Set-up of metrics and traces, from settings. What is switched off is not even imported."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from bot.config.settings import Settings
from bot.config.telemetry import MetricsSection
from bot.config.types import ConfigError
from clients.instrumentation import observed

if TYPE_CHECKING:
    from bot.telemetry.metrics import Metrics
    from bot.telemetry.metrics_endpoint import Records

_MISSING = (
    "telemetry.otlp_endpoint needs OpenTelemetry, which is not installed: pip install 'jhub-teams-bot[otel]', "
    "or leave the setting out"
)


@contextlib.asynccontextmanager
async def telemetry(settings: Settings) -> AsyncIterator[Metrics | None]:
    """Count and trace while the block lasts; yield the metrics, or None where they are off. Raise ConfigError."""
    async with contextlib.AsyncExitStack() as stack:
        if settings.telemetry.otlp_endpoint:
            await stack.enter_async_context(_sent(settings.telemetry.otlp_endpoint, settings.store.replica))
        if not settings.metrics.port:
            yield None
            return
        from bot.telemetry.metrics import Metrics  # noqa: PLC0415 - not paid for by those who count nothing

        metrics = Metrics(settings.store.replica)
        stack.enter_context(observed(metrics.calling))
        yield metrics


@contextlib.asynccontextmanager
async def shown(
    section: MetricsSection, metrics: Metrics, records: Mapping[str, Records], now: Callable[[], datetime]
) -> AsyncIterator[None]:
    """Serve the metrics, and the hubs' records by their names, while the block lasts.

    Raise ConfigError for an address that cannot be listened on.
    """
    from bot.telemetry.metrics_endpoint import exposed  # noqa: PLC0415 - see above

    async with contextlib.AsyncExitStack() as stack:
        try:
            where = exposed(metrics, records, now, host=section.host, port=section.port)
            await stack.enter_async_context(where)
        except OSError as error:
            what = error.strerror or "it is not an address of this machine"
            raise ConfigError(f"metrics: cannot listen on {section.host} port {section.port}: {what}") from None
        yield


def _sent(endpoint: str, replica: str) -> contextlib.AbstractAsyncContextManager[None]:
    try:
        from bot.telemetry.traces import sent  # noqa: PLC0415 - an extra, and slow to load
    except ImportError:
        raise ConfigError(_MISSING) from None
    return sent(endpoint, replica)
