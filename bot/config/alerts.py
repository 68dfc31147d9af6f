"""Settings of alerts: where they are told, and when not."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from bot.config.types import QuietHours, Secret, Section, known_zone


class ChannelSection(Section):
    """Which alerts one conversation gets. This overrides what was typed there; null keeps what was typed."""

    min: Literal["note", "warning", "critical"] | None = None
    """The lowest severity of the alerts that are sent here."""
    only: tuple[str, ...] | None = None
    """The names of the watchers whose alerts are sent here."""
    quiet: QuietHours | None = None
    """Hours in which only critical alerts are sent here."""


class AlertsSection(Section):
    """Alerts, which the bot sends unasked. In quiet hours ("22:00-07:00", in `timezone`), only critical ones are sent.

    `heartbeat_url_file` contains the secret address of a dead man's switch, called every minute while the bot watches.
    """

    enabled: bool = True
    """Whether the bot watches for problems and sends alerts."""
    heartbeat_url: Secret | None = None
    """Where the address of a dead man's switch, called every minute while the bot watches, is stored."""
    heartbeat_url_file: Path | None = None
    """The same, as a file path."""
    quiet: QuietHours | None = None
    """Hours in which only critical alerts are sent, such as 22:00-07:00; null for none."""
    timezone: Annotated[str, AfterValidator(known_zone)] = "UTC"
    """The IANA name of the time zone of all quiet hours."""
    channels: dict[str, ChannelSection] = Field(default={})
    """Which alerts a conversation gets, by the conversation's id. This overrides what was typed there."""
