"""Settings of the log, the metrics and the traces."""

from typing import Literal

from pydantic import (
    Field,
)

from bot.config.types import Section


class LogSection(Section):
    """The format of log lines and the lowest level that is logged. `--log-level` overrides the level."""

    format: Literal["readable", "json"] = "readable"
    """One readable line or one JSON object per record."""
    level: Literal["debug", "info", "warning", "error"] = "info"
    """The lowest level that is logged."""


class MetricsSection(Section):
    """Where Prometheus reads the bot's metrics, at /metrics: a port of its own, never the one that Teams reaches.

    Port 0 turns metrics off.
    """

    host: str = "127.0.0.1"
    """The address to listen on."""
    port: int = Field(default=0, ge=0, le=65535)
    """The port to listen on; 0 for no metrics."""


class TelemetrySection(Section):
    """Where traces are sent: the base address of an OpenTelemetry receiver (OTLP over HTTP); empty for no traces.

    The address contains no password: headers with one are set by OpenTelemetry's own environment variables.
    """

    otlp_endpoint: str = Field(default="", pattern=r"^(https?://[^\s/@?#]+(/[^\s@?#]*)?)?$")
    """The receiver's base address, such as http://collector:4318; empty for no traces."""
