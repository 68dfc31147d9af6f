"""Types that several sections of the settings share."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)

from bot.config.secret_reference import PATTERN, SecretRef
from commands.storage.arguments import HomeSize
from commands.timing.cron import Cron, Holidays
from commands.timing.durations import parse as parse_duration
from commands.timing.hours import Hours, Weekly

Duration = Annotated[
    timedelta,
    BeforeValidator(lambda given: parse_duration(given) if isinstance(given, str) else given),
    Field(gt=timedelta(0)),
    WithJsonSchema({"type": "string", "pattern": r"^\s*\d{1,6}\s*[smhdSMHD]\s*$"}),
]


def _helm(given: object) -> object:
    text = str(given) if isinstance(given, int | str | Path) and not isinstance(given, bool) else ""
    if text not in ("3", "4") and not Path(text).is_absolute():
        raise ValueError("a helm is 3 or 4 (the newest of that major version), or an absolute path such as /opt/helm")
    return text


HelmChoice = Annotated[
    str, BeforeValidator(_helm), WithJsonSchema({"type": ["string", "integer"], "pattern": r"^(3|4|/.+)$"})
]


class ConfigError(Exception):
    """The configuration cannot be used. The message has a line per mistake."""


Secret = Annotated[
    SecretRef,
    BeforeValidator(lambda given: given if isinstance(given, SecretRef) else SecretRef.parse(given)),
    WithJsonSchema({"type": "string", "pattern": PATTERN}),
]


class Section(BaseModel):
    """A section of the settings: frozen, and without names that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="after")
    def _one_place_each(self) -> Self:
        for name in type(self).model_fields:
            if getattr(self, name) is not None and getattr(self, f"{name}_file", None) is not None:
                raise ValueError(f"set {name} or {name}_file, not both")
        return self

    def place_of(self, name: str) -> SecretRef | None:
        """Return the place of the secret of that name, as `name` or `name_file` says; None where neither does."""
        file: Path | None = getattr(self, f"{name}_file")
        given: SecretRef | None = getattr(self, name)
        return given if file is None else SecretRef("file", str(file))


def known_zone(name: str) -> str:
    """Return the name of a time zone. Raise ValueError if this system has no such zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"“{name[:60]}” is not a time zone; use a name such as Europe/Berlin") from None
    return name


def _holidays(given: object) -> Holidays:
    first, dots, last = str(given).partition("..")
    try:
        made = Holidays(date.fromisoformat(first.strip()), date.fromisoformat((last if dots else first).strip()))
    except ValueError:
        raise ValueError("a holiday is a day such as 2026-12-25, or a range such as 2026-12-24..2027-01-01") from None
    if made.last < made.first:
        raise ValueError(f"{made.first}..{made.last} ends before it begins")
    return made


Holiday = Annotated[
    Holidays,
    BeforeValidator(lambda given: given if isinstance(given, Holidays) else _holidays(given)),
    WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}(\s*\.\.\s*\d{4}-\d{2}-\d{2})?$"}),
]


CronLine = Annotated[
    str,
    AfterValidator(lambda given: str(Cron.parse(given))),
    WithJsonSchema({"type": "string", "pattern": r"^\s*[A-Za-z\d*/,-]+(\s+[A-Za-z\d*/,-]+){4}\s*$"}),
]


QuietHours = Annotated[
    Hours,
    BeforeValidator(lambda given: given if isinstance(given, Hours) else Hours.parse(given)),
    WithJsonSchema({"type": "string", "pattern": r"^\s*\d{2}:\d{2}\s*[-–]\s*\d{2}:\d{2}\s*$"}),
]


WeeklyTime = Annotated[
    Weekly,
    BeforeValidator(lambda given: given if isinstance(given, Weekly) else Weekly.parse(given)),
    WithJsonSchema(
        {
            "anyOf": [
                {
                    "type": "string",
                    "pattern": r"^\s*([Mm]on|[Tt]ue|[Ww]ed|[Tt]hu|[Ff]ri|[Ss]at|[Ss]un)[a-z]*\s+\d{2}:\d{2}\s*$",
                },
                {"enum": ["off", "", False]},
            ]
        }
    ),
]


Price = Annotated[
    Decimal,
    Field(ge=0, le=10_000),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": 10_000},
                {"type": "string", "pattern": r"^\d+(\.\d+)?$"},
            ]
        }
    ),
]


def _size(given: object) -> object:
    if isinstance(given, bool) or not isinstance(given, str | int):
        raise ValueError("write a whole number with Gi or Ti, as in 100Gi")  # noqa: TRY004 - pydantic wants it so
    return "0" if str(given).strip() == "0" else str(HomeSize.parse(str(given)))


Size = Annotated[
    str,
    BeforeValidator(_size),
    WithJsonSchema({"type": ["string", "integer"], "pattern": r"^(0|\d{1,6} ?([GgTt][Ii][Bb]?))$"}),
]


# The size of a disk in GiB; Azure's largest has 64 TiB.
DiskSize = Annotated[int, Field(gt=0, le=65_536)]


# An amount of money for a month, or of hours.
Amount = Annotated[
    Decimal,
    Field(gt=0, le=1_000_000_000, allow_inf_nan=False),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0, "maximum": 1_000_000_000},
                {"type": "string", "pattern": r"^\d+(\.\d+)?$"},
            ]
        }
    ),
]


HubName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,19}$")]
