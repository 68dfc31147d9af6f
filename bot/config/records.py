"""Settings of what is kept, of schedules and of the weekly report."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import (
    AfterValidator,
    Field,
    model_validator,
)

from bot.config.types import Duration, Holiday, Secret, Section, WeeklyTime, known_zone


class StoreSection(Section):
    """Where the bot stores its records. Without a url, they are SQLite files in `state_dir`.

    `url_file` contains an address such as postgresql://user:password@host/name. Several replicas can then share the
    work, each under its own `replica` name, which stays the same after a restart (a StatefulSet's pod name).
    """

    url: Secret | None = None
    """Where the address of a PostgreSQL database (postgresql://…) is stored; without it, SQLite is used."""
    url_file: Path | None = None
    """The same, as a file path."""
    schema_name: str = Field(default="", pattern=r"^([a-z_][a-z0-9_]{0,30})?$")
    """The PostgreSQL schema for the records, created if it is missing; empty for the database user's own."""
    replica: str = Field(default="bot-0", pattern=r"^[A-Za-z0-9_.-]{1,100}$")
    """The name of this process among those that share the database; it must stay the same after a restart."""
    silence: Duration = timedelta(minutes=1)
    """How long a replica can be silent before the others take over its work."""


class SchedulesSection(Section):
    """Schedules: the time zone of their cron lines, days on which none run, and how long before a run it is announced.

    A holiday is a day, or a range of days with two dots (2026-12-24..2027-01-01).
    """

    timezone: Annotated[str, AfterValidator(known_zone)] = "UTC"
    """The IANA name of the time zone of cron lines and holidays."""
    holidays: tuple[Holiday, ...] = ()
    """Days on which no schedule runs, such as 2026-12-25 or 2026-12-24..2027-01-01."""
    notice: Duration = timedelta(minutes=15)
    """How long before a run it is announced."""
    event_lead: Duration = timedelta(minutes=45)
    """How long before an event starts the bot makes room for it: nodes and the image take minutes to come."""


class ReportSection(Section):
    """The weekly digest in every conversation that gets alerts: `weekly` is a time such as "Mon 09:00", or off."""

    weekly: WeeklyTime | None = None
    """When the digest is posted, such as Mon 09:00; off for never."""
    timezone: Annotated[str, AfterValidator(known_zone)] = "UTC"
    """The IANA name of its time zone."""

    @model_validator(mode="before")
    @classmethod
    def _off(cls, given: object) -> object:
        # YAML reads a bare off as false.
        if isinstance(given, dict) and given.get("weekly") in (False, "off", ""):
            return {**given, "weekly": None}
        return given
