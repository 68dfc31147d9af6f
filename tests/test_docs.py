"""What is not written down does not exist for those who look for it."""

import re
import textwrap
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from bot.alerts.watchers import watchers
from bot.config.settings import Settings
from bot.config_tools.reference import put
from commands.framework.command import Change, Consent
from commands.framework.registry import catalogue
from commands.framework.usage import common, parameters

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
ALERTS = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
PERMISSIONS = (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8")
COMMANDS = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")


def script(name):
    """A script that MkDocs reads as a file, in no package."""
    spec = spec_from_file_location(name, ROOT / "docs" / "hooks" / f"{name}.py")
    made = module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


command_table, effect_table = script("command_table"), script("effect_table")
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"]


@pytest.mark.parametrize("command", catalogue(), ids=lambda command: command.name)
def test_every_command_stands_in_the_table_with_its_summary(command):
    rows = [line for line in COMMANDS.splitlines() if line.startswith(f"| {command_table.typed(command)} |")]
    assert len(rows) == 1, "python docs/hooks/command_table.py"
    assert f"| {command_table.plain(command.summary)} |" in rows[0], "python docs/hooks/command_table.py"


def test_the_table_is_as_the_declarations_are():
    assert command_table.put(COMMANDS) == COMMANDS, "python docs/hooks/command_table.py"


def test_the_effects_and_their_rules_are_as_the_declarations_are():
    assert effect_table.put(PERMISSIONS) == PERMISSIONS, "python docs/hooks/effect_table.py"


def test_the_readme_shows_ten_commands_and_leads_to_the_others():
    assert len(re.findall(r"^\| `/jhub ", README, re.MULTILINE)) == 10
    assert "(docs/commands.md)" in README


@pytest.mark.parametrize("section", Settings.model_fields)
def test_every_setting_stands_in_the_configuration(section):
    assert f"\n{section}:" in CONFIGURATION
    fields = getattr(Settings.model_fields[section].annotation, "model_fields", {})
    assert [name for name in fields if f"| `{section}.{name}` |" not in CONFIGURATION] == []


def test_the_settings_tables_are_as_the_model_is():
    assert put(CONFIGURATION) == CONFIGURATION, "python -m bot.config_tools.reference docs/configuration.md"


@pytest.mark.parametrize("watcher", watchers(), ids=lambda watcher: watcher.name)
def test_every_alert_has_a_section_that_says_what_to_do(watcher):
    heading = f"\n### `{watcher.name}`\n"
    assert ALERTS.count(heading) == 1, f"docs/alerts.md needs one section ### `{watcher.name}` with **Do:**"
    assert f"[`{watcher.name}`](#{watcher.name})" in ALERTS, "the table at the head of docs/alerts.md needs its row"
    section = re.split(r"\n#{2,3} ", ALERTS.split(heading)[1])[0]
    assert "**Do:**" in section


@pytest.mark.parametrize("change", [c for c in catalogue() if isinstance(c, Change)], ids=lambda change: change.name)
def test_every_change_stands_in_the_permissions_with_whom_it_asks(change):
    asked = PERMISSIONS.split("## Approval")[1].split("<!-- the effects")[0]
    rows = [row for row in asked.splitlines() if row.startswith("|") and f"`{change.name}`" in row]
    assert rows
    if change.approvals:
        assert all("approver" in row for row in rows)
    elif change.ruled_by is None:
        assert all(("confirm" in row) is (change.consent is Consent.CALLER) for row in rows)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_has_people_type_is_a_command_with_these_flags(page):
    typed = re.findall(r"[`\"]/jhub ([^`\"…]+)[`\"]|^/jhub (.+)$", page.read_text("utf-8"), re.MULTILINE)
    assert [line for line in ("".join(found) for found in typed) if not _is_known(re.split(r"\s{2,}|#", line)[0])] == []


def _is_known(line):
    line = re.sub(r"(^| )--hub \w+ ?", "", line)
    named = [c for c in catalogue() if f"{line} ".startswith(f"{c.name} ") or c.name == "logs --follow"]
    flags = {p.flag for c in named for p in (*parameters(c.args), *common(c))} | {"--follow"}
    return any(c.name != "logs --follow" for c in named) and set(re.findall(r"--[a-z-]+", line)) <= flags


def test_the_command_of_contributing_is_one_that_can_be_added():
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (block,) = (
        block
        for block in re.findall(r"^ *```python\n(.*?)^ *```", page, re.MULTILINE | re.DOTALL)
        if "COMMAND" in block
    )
    module = {"__name__": "version"}
    exec(compile(textwrap.dedent(block), "CONTRIBUTING.md", "exec"), module)  # noqa: S102 - as its reader does
    made = module["COMMAND"]
    others = [one for one in catalogue() if one.topic is made.topic]
    assert made.name not in [one.name for one in catalogue()]
    assert made.rank not in [one.rank for one in others]
