"""`jhub-bot migrate` and `jhub-bot audit`: the bot's records, looked at from the command line."""

import csv
import io
import json
import logging
import sqlite3
from datetime import UTC, datetime

import pytest
import yaml
from click.testing import CliRunner

from bot.audit.entry import AuditEntry, AuditEvent
from bot.audit.log import append
from bot.cli.main import main
from bot.config.loading import settings_from
from bot.store.connect import opened, store_url


@pytest.fixture
def config(tmp_path):
    file = tmp_path / "bot.yaml"
    file.write_text(yaml.safe_dump({"state_dir": str(tmp_path / "state")}), encoding="utf-8")
    return file


def run(*arguments):
    return CliRunner().invoke(main, [*map(str, arguments)])


def settings(config):
    return settings_from(yaml.safe_load(config.read_text(encoding="utf-8")))


def written(config, count):
    assert run("migrate", "--config", config).exit_code == 0
    with opened(settings(config)) as database:
        for number in range(count):
            one = AuditEntry(
                key=f"k{number}",
                at=datetime(2026, 11, 24, 2, number, tzinfo=UTC),
                event=AuditEvent.ASKED,
                object_id="0001",
                name="Åsa, “the admin”",
                conversation="19:x",
                command="storage delete a@b.org",
                detail={"reason": "said\nso"},
            )
            database.run_now(lambda connection, one=one: append(connection, one))


def test_migrating_twice_is_fine_and_a_bot_that_runs_is_not_disturbed(config):
    assert run("migrate", "--config", config).exit_code == 0
    assert run("migrate", "--config", config).exit_code == 0
    with opened(settings(config)):
        result = run("migrate", "--config", config)
    assert result.exit_code == 2
    assert "Another bot is using" in result.stderr


def test_an_untouched_trail_is_verified_and_tells_its_last_hash(config, caplog):
    caplog.set_level(logging.INFO, "jhub_bot.audit")
    written(config, 3)
    result = run("audit", "verify", "--config", config)
    assert result.exit_code == 0, result.output
    assert "3 entries, nothing is wrong." in result.output
    last = result.output.split("hash is ")[1].split(":")[0]
    assert last in caplog.text


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("update trail set name = 'Nobody' where number = 2", "entry 2"),
        ("delete from trail where number = 2", "entry"),
        ("update trail set at = '2020-01-01' where number = 1", "entry 1"),
    ],
)
def test_what_was_changed_or_left_out_shows(config, statement, words):
    written(config, 3)
    with sqlite3.connect(settings(config).state_dir / "bot.sqlite") as connection:
        for (trigger,) in connection.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            connection.execute(f"drop trigger {trigger}")
        connection.execute(statement)
    result = run("audit", "verify", "--config", config)
    assert result.exit_code == 1
    assert words in result.stderr


def test_the_database_itself_refuses_to_change_an_entry(config):
    written(config, 1)
    with sqlite3.connect(settings(config).state_dir / "bot.sqlite") as connection:
        for statement in ("update trail set name = 'Nobody'", "delete from trail"):
            with pytest.raises(sqlite3.DatabaseError):
                connection.execute(statement)


def test_export_as_lines_of_json_and_as_csv(config):
    written(config, 2)
    lines = run("audit", "export", "--format", "jsonl", "--config", config).stdout.splitlines()
    assert [json.loads(line)["name"] for line in lines] == ["Åsa, “the admin”"] * 2
    result = run("audit", "export", "--format", "csv", "--config", config)
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [row["number"] for row in rows] == ["1", "2"]
    assert "said\nso" in rows[0]["detail"] or "said\\nso" in rows[0]["detail"]


def test_without_records_it_says_where_it_looked(config):
    result = run("audit", "verify", "--config", config)
    assert result.exit_code == 2
    assert "There are no records in" in result.stderr


@pytest.mark.parametrize("content", ["mysql://bot:hunter2@db/bot", "::hunter2::", ""])
def test_an_address_that_cannot_be_used_is_refused_without_its_password(tmp_path, content):
    file = tmp_path / "url"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match="url_file") as caught:
        store_url(settings_from({"store": {"url_file": str(file)}}), "bot")
    assert "hunter2" not in str(caught.value)


def test_both_tables_live_in_one_postgresql(tmp_path):
    file = tmp_path / "url"
    file.write_text("postgres://bot:pw@db:5433/hub\n".replace("postgres:", "postgresql:"), encoding="utf-8")
    made = settings_from({"store": {"url_file": str(file)}})
    assert store_url(made, "bot") == store_url(made, "work") == "postgresql+psycopg://bot:pw@db:5433/hub"
