"""Every setting in a table, as docs/configuration.md has it: made from the model.

`python -m bot.config_tools.reference docs/configuration.md` brings the page up to date.
"""

import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final, get_origin

from pydantic_core import PydanticUndefined

from bot.config.environment import variable_of
from bot.config.secret_reference import SecretRef
from bot.config.settings import Settings
from bot.config_tools.introspection import SettingField, at, bare, choices, is_section, settings
from commands.timing.cron import Holidays
from commands.timing.durations import written
from commands.timing.hours import Hours, Weekly

BEGIN: Final = "<!-- generated from bot/config: python -m bot.config_tools.reference docs/configuration.md -->"
END: Final = "<!-- end -->"
_TYPES: Final = {
    str: "text",
    int: "number",
    bool: "true or false",
    Path: "path",
    timedelta: "duration",
    Decimal: "number",
    SecretRef: "secret",
    Hours: "hours",
    Weekly: "time of the week",
    Holidays: "holiday",
}


def reference() -> str:
    """Return the tables, a heading for each section."""
    everything = list(settings())
    parts = [_section(name, [one for one in everything if one.path[0] == name]) for name in Settings.model_fields]
    return "\n\n".join([BEGIN, *parts, END])


def _section(name: str, listed: list[SettingField]) -> str:
    rows = [
        f"| `{one.dotted}` | {_type(one)} | {_default(one)} | {_cell(one.field.description or '')} |" for one in listed
    ]
    return "\n".join([f"### {name}", "", *_about(name), "| setting | what | default | |", "|---|---|---|---|", *rows])


def _about(name: str) -> list[str]:
    inner = at((name,))
    said = " ".join((inner.__doc__ or "").split()) if is_section(inner) else ""
    example = next(iter(inner.model_fields)) if is_section(inner) else ""
    return [said, "", f"By environment: `{variable_of((name, example))}` and so on.", ""] if said else []


def _type(setting: SettingField) -> str:
    plain = bare(setting.field.annotation)
    if chosen := choices(plain):
        return ", ".join(f"`{one}`" if one else "empty" for one in chosen)
    if get_origin(plain) is tuple:
        return "list"
    if get_origin(plain) is dict or is_section(plain):
        return "mapping"
    return _TYPES[plain] if isinstance(plain, type) else "text"


def _default(setting: SettingField) -> str:
    value = setting.field.default
    if value is PydanticUndefined:
        return "must be given"
    if isinstance(value, timedelta):
        return f"`{written(value)}`"
    if value is None or value in ("", (), {}):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "\\<")


def put(page: str) -> str:
    """Return the page with the tables between its marks as they are now. Raise ValueError without the marks."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the page has no {BEGIN} … {END}")
    return f"{before}{reference()}{after}"


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(put(file.read_text(encoding="utf-8")), encoding="utf-8")
