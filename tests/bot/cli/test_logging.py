import json
import logging

import pytest
import yaml
from click.testing import CliRunner

from bot.cli.main import main


@pytest.fixture
def serving(monkeypatch, tmp_path):
    async def serve(_settings):
        log = logging.getLogger("jhub_bot.test")
        log.info("the token is t0ken-of-the-hub")
        log.warning("beware")
        return 0

    monkeypatch.setattr("bot.cli.serve.serve", serve)
    (tmp_path / "token").write_text("t0ken-of-the-hub")
    file = tmp_path / "bot.yaml"

    def run(log, *options):
        file.write_text(yaml.safe_dump({"hub": {"token_file": str(tmp_path / "token")}, "log": log}))
        result = CliRunner().invoke(main, [*options, "serve", "--config", str(file)])
        assert result.exit_code == 0
        return [line for line in result.stderr.splitlines() if "jhub_bot.test" in line]

    return run


def test_the_setting_gives_form_and_level_and_known_secrets_are_hidden(serving):
    first, second = (json.loads(line) for line in serving({"format": "json"}))
    assert first["message"] == "the token is [hidden]"
    assert second["level"] == "warning"
    assert len(serving({"format": "json", "level": "warning"})) == 1


def test_the_command_line_is_above_the_setting(serving):
    assert len(serving({"level": "info"}, "--log-level", "error")) == 0


def test_people_get_readable_lines(serving):
    _, second = serving({})
    assert second.endswith("WARNING jhub_bot.test [-] beware")
