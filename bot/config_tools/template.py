"""A first configuration file: what was answered, with what each setting is for, and what is off without the rest."""

import textwrap
from collections.abc import Iterator

import yaml

from bot.config.loading import settings_from
from bot.config.secret_reference import FORMS
from bot.config.settings import Settings
from bot.config_tools.introspection import at, field_at, is_section
from bot.config_tools.questionnaire import Values
from bot.config_tools.summary import off

_WIDTH = 100


def text(values: Values, *, schema: str, name: str) -> str:
    """Return the file named `name`, for editors by the schema of that name beside it. Raise ConfigError."""
    parts = ["\n".join(_head(schema, name))]
    parts += ["\n".join(_section(section, values)) for section in Settings.model_fields if _has(section, values)]
    settings = settings_from(nested(values))
    parts.append("\n".join(["# Not set, and so off:", *(f"# - {line}" for line in off(settings))]))
    return "\n\n".join(parts) + "\n"


def nested(values: Values) -> dict[str, object]:
    """Return the settings as a file has them."""
    made: dict[str, dict[str, object]] = {}
    for (section, name), value in values.items():
        made.setdefault(section, {})[name] = value
    return dict(made)


def _head(schema: str, name: str) -> Iterator[str]:
    yield f"# yaml-language-server: $schema={schema}"
    yield from _comment(
        f"The configuration of jhub-bot. `jhub-bot config check {name}` explains every mistake;"
        " docs/configuration.md has every setting.",
        "",
    )
    yield from _comment(f"Secrets never stand here, only where they lie: {FORMS}.", "")


def _has(section: str, values: Values) -> bool:
    return any(path[0] == section for path in values)


def _section(section: str, values: Values) -> Iterator[str]:
    inner = at((section,))
    if is_section(inner):
        yield from _comment((inner.__doc__ or "").partition("\n\n")[0], "")
    yield f"{section}:"
    for path, value in values.items():
        if path[0] == section:
            field = field_at(path)
            yield from _comment(field.description or "" if field else "", "  ")
            yield f"  {path[-1]}: {_inline(value)}"


def _comment(said: str, indent: str) -> list[str]:
    return textwrap.wrap(" ".join(said.split()), _WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# ")


def _inline(value: object) -> str:
    written = yaml.safe_dump(value, default_flow_style=True, width=10_000, allow_unicode=True)
    return written.removesuffix("\n").removesuffix("\n...").strip()
