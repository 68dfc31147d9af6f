"""What is not written down does not exist for those who look for it."""

from pathlib import Path

import pytest

from bot.config import Settings
from bot.configuration.reference import put
from commands.catalogue import catalogue
from commands.usage import usage

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", catalogue(), ids=lambda command: command.name)
def test_every_command_stands_in_the_readme_with_its_summary(command):
    (row,) = [line for line in README.splitlines() if line.startswith(f"| `{usage(command)}` |")]
    assert command.summary.rstrip(".") in row


@pytest.mark.parametrize("section", Settings.model_fields)
def test_every_setting_stands_in_the_configuration(section):
    assert f"\n{section}:" in CONFIGURATION
    fields = getattr(Settings.model_fields[section].annotation, "model_fields", {})
    assert [name for name in fields if f"| `{section}.{name}` |" not in CONFIGURATION] == []


def test_the_settings_tables_are_as_the_model_is():
    assert put(CONFIGURATION) == CONFIGURATION, "python -m bot.configuration.reference docs/configuration.md"
