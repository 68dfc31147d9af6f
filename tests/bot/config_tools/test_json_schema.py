"""The schema: valid as one, of one mind with the settings, and with a word about everything."""

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from bot.cli.main import main
from bot.config.loading import settings_from
from bot.config.types import ConfigError
from bot.config_tools.introspection import at, choices, settings
from bot.config_tools.json_schema import schema
from commands.framework.effects import Effect

ID = "7d3c4b5a-0000-4000-8000-000000000001"
PAGE = Path(__file__).parents[3] / "docs" / "configuration.md"
VALIDATOR = Draft202012Validator(schema())


def test_it_is_a_schema_of_draft_2020_12():
    assert schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("setting", list(settings()), ids=lambda setting: setting.dotted)
def test_every_setting_says_what_it_is_for(setting):
    assert setting.field.description, "a docstring below it, in bot/config"
    assert setting.field.description.endswith(".")


def test_the_example_of_the_docs_is_valid():
    example = PAGE.read_text(encoding="utf-8").partition("```yaml\n")[2].partition("```")[0]
    text = "".join(line for line in example.replace("…", "").splitlines(keepends=True))
    for short in ("0c2b", "91f4", "5ad0", "e7c3"):
        text = text.replace(short, ID)
    content = json.loads(json.dumps(yaml.safe_load(text), default=str))
    assert [error.message for error in VALIDATOR.iter_errors(content)] == []


AGREED = {
    "a duration": ({"release": {"timeout": "10m"}}, True),
    "no duration": ({"release": {"timeout": "soon"}}, False),
    "a holiday": ({"schedules": {"holidays": ["2026-12-25"]}}, True),
    "holidays": ({"schedules": {"holidays": ["2026-12-24..2027-01-01"]}}, True),
    "no holiday": ({"schedules": {"holidays": ["christmas"]}}, False),
    "hours": ({"alerts": {"quiet": "22:00-07:00"}}, True),
    "no hours": ({"alerts": {"quiet": "night"}}, False),
    "no quiet hours": ({"alerts": {"quiet": None}}, True),
    "a time of the week": ({"report": {"weekly": "Mon 09:00"}}, True),
    "off": ({"report": {"weekly": "off"}}, True),
    "off as YAML reads it": ({"report": {"weekly": False}}, True),
    "no time of the week": ({"report": {"weekly": "09:00"}}, False),
    "a secret's place": ({"hub": {"token": "env:TOKEN"}}, True),
    "a secret": ({"hub": {"token": "hunter2"}}, False),
    "a choice": ({"teams": {"app_type": "AzureCli"}}, True),
    "no choice": ({"teams": {"app_type": "azurecli"}}, False),
    "a group": ({"access": {"admin": [{"id": ID}]}}, True),
    "no group": ({"access": {"admin": [{"id": "admins"}]}}, False),
    "a strange section": ({"taems": {}}, False),
    "a strange setting": ({"teams": {"prot": 1}}, False),
    "a port": ({"teams": {"port": 1}}, True),
    "no port": ({"teams": {"port": 70000}}, False),
    "a price": ({"cost": {"prices": {"x": 0.5}}}, True),
    "no price": ({"cost": {"prices": {"x": "much"}}}, False),
    "a policy": ({"approvals": {"policy": {"deploy": {"approvals": 1}}}}, True),
}


@pytest.mark.parametrize("what", AGREED)
def test_it_is_of_one_mind_with_the_settings(what):
    content, good = AGREED[what]
    assert VALIDATOR.is_valid(content) == good
    if good:
        settings_from(content)
    else:
        with pytest.raises(ConfigError):
            settings_from(content)


def test_defaults_are_written_as_people_write_them():
    defaults = {name: one.get("default") for name, one in schema()["$defs"]["ApprovalSettings"]["properties"].items()}
    assert set(defaults.pop("effects")) == {one.value for one in Effect}
    assert defaults == {"expiry": "30m", "emergency_delay": "5m", "channel": "", "policy": {}}


def test_the_model_is_walked_through_lists_and_mappings():
    assert choices(at(("alerts", "channels", "19:x", "min"))) == ("note", "warning", "critical")
    assert at(("access", "admin", 0, "id")) is str
    assert at(("access", "team", "owners", "x")) is None
    assert "access.admin.*.id" in {setting.dotted for setting in settings()}


def test_it_is_printed():
    result = CliRunner().invoke(main, ["config", "schema"])
    assert result.exit_code == 0
    assert json.loads(result.stdout) == schema()
