"""Loading of the settings from the file and the environment, with every mistake named."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import yaml
from pydantic import (
    ValidationError,
)
from pydantic_settings import SettingsError

from bot.config.environment import PREFIX, variables, yielding
from bot.config.settings import Settings
from bot.config.types import ConfigError
from bot.config.yaml_document import DocumentError
from bot.config.yaml_document import parse as parse_document


def load(path: Path | None) -> Settings:
    """Return the settings of a file with the environment over them. Raise ConfigError with a line per mistake."""
    return settings_from({} if path is None else _read(path))


def settings_from(content: dict[str, object]) -> Settings:
    """Return the settings in a mapping as YAML would give it. Raise ConfigError."""
    unknown = [repr(key) for key in content if not isinstance(key, str)]
    if unknown:
        raise ConfigError(f"the names of sections must be words, not {', '.join(unknown)}")
    _check_variables()
    try:
        return merged(content)
    except ValidationError as error:
        raise ConfigError("\n".join(_mistakes(error))) from None
    except SettingsError as error:
        # Its own text names the variable's section; the value would be in its cause.
        raise ConfigError(f"a variable {PREFIX}… is not of the form {PREFIX}SECTION__NAME: {error}") from None


def merged(content: Mapping[str, object]) -> Settings:
    """Return the settings in a mapping, the environment over it. Raise pydantic's ValidationError, SettingsError."""
    return Settings(**yielding(content, variables()))  # type: ignore[arg-type] # pydantic checks what comes from a file


def _check_variables() -> None:
    """Raise ConfigError for a variable of a section that does not exist: it would be ignored in silence."""
    sections = {name.upper() for name in Settings.model_fields}
    given = [name for name in os.environ if name.upper().startswith(PREFIX)]
    wrong = [name for name in given if name.upper().removeprefix(PREFIX).partition("__")[0] not in sections]
    if wrong:
        known = ", ".join(sorted(sections))
        raise ConfigError(f"{', '.join(sorted(wrong))}: no such section; after {PREFIX}, use one of {known}")


def with_values(content: dict[str, object], assignments: Iterable[str]) -> dict[str, object]:
    """Return a copy of `content` with each of them set, as `with_value` does. Raise ConfigError."""
    for assignment in assignments:
        content = with_value(content, assignment)
    return content


def with_value(content: dict[str, object], assignment: str) -> dict[str, object]:
    """Return a copy of `content` with `a.b=value` set; the value is YAML. Raise ConfigError for other forms."""
    path, equals, value = assignment.partition("=")
    if not equals or not all(path.split(".")):
        raise ConfigError(f"“{assignment}” is not of the form section.name=value, e.g. approvals.expiry=2s")
    try:
        return _set(content, path.split("."), yaml.safe_load(value))
    except yaml.YAMLError:
        raise ConfigError(f"the value of {path} is not YAML") from None


def _set(content: dict[str, object], path: list[str], value: object) -> dict[str, object]:
    if len(path) == 1:
        return {**content, path[0]: value}
    inner = content.get(path[0])
    return {**content, path[0]: _set(inner if isinstance(inner, dict) else {}, path[1:], value)}


def _read(path: Path) -> dict[str, object]:
    try:
        return parse_document(path.read_bytes()).content
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    except DocumentError as error:
        raise ConfigError(f"{path}, line {error.spot.line}, {error}") from None


def _mistakes(error: ValidationError) -> list[str]:
    # The input is left out on purpose: it may be a secret that somebody typed in the wrong place.
    return [f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors(include_input=False)]
