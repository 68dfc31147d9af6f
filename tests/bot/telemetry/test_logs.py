import json
import logging
from contextlib import AsyncExitStack

import pytest

from bot.config.loading import settings_from
from bot.config.secret_reference import SecretRef
from bot.instrumentation.correlation import current, following, id_of
from bot.secrets import known as secrecy
from bot.secrets.known import known, learn
from bot.secrets.reader import Secrets
from bot.telemetry.logs import Json, Readable, begin, learn_from, redacted
from commands.text.redaction import Redactor
from sandbox.azure.key_vault import KeyVault
from sandbox.azure.key_vault_routes import KeyVaultRoutes

CANARY = "canary-7f3a9c1e-do-not-tell"


@pytest.fixture(autouse=True)
def forgotten(monkeypatch):
    """Forget after each test the secrets that it made known."""
    monkeypatch.setattr(secrecy, "_known", ())


def _record(message, *args, error=None, correlation="c0a2088495ad2739"):
    raised = error and (type(error), error, error.__traceback__)
    made = logging.LogRecord("jhub_bot.x", logging.WARNING, "x.py", 1, message, args, raised)
    made.created = 1_764_032_371.585
    made.correlation = correlation
    return made


def test_a_json_line_has_these_fields_and_no_more():
    line = json.loads(Json().format(_record("change=%s outcome=%s", "a", "done")))
    assert line == {
        "time": "2025-11-25T00:59:31.585Z",
        "level": "warning",
        "logger": "jhub_bot.x",
        "message": "change=a outcome=done",
        "id": "c0a2088495ad2739",
    }


def test_a_record_is_one_line_whatever_is_in_it():
    text = Json().format(_record("two\nlines %s", "\u2028and\r\nmore", error=ValueError("over\nthere")))
    assert len(text.splitlines()) == 1
    assert "ValueError: over\nthere" in json.loads(text)["exception"]


def test_what_belongs_to_nothing_has_no_id():
    assert "id" not in json.loads(Json().format(_record("x", correlation="-")))


@pytest.mark.parametrize("form", [Json, Readable])
def test_known_secrets_and_what_looks_like_one_are_hidden_in_messages_arguments_and_tracebacks(form):
    error = RuntimeError(f"cannot log in with {CANARY}")
    learn(CANARY)
    text = form().format(_record(f"{CANARY} password=%s", "hunter2hunter2", error=error))
    assert CANARY not in text
    assert "hunter2" not in text
    assert "RuntimeError: cannot log in with [hidden]" in text


def test_a_private_key_that_one_record_begins_does_not_hide_the_next():
    redactor = Redactor()
    assert redacted("-----BEGIN PRIVATE KEY-----\nabc", redactor) == "[hidden]\n[hidden]"
    assert redacted("all is well", redactor) == "all is well"


def test_the_hash_of_the_trail_stays_to_be_compared():
    line = f"number=1 hash=sha256:{'ab' * 32}"
    assert redacted(line, Redactor()) == line


def test_secrets_are_what_the_places_hold_that_settings_name(tmp_path, monkeypatch):
    (tmp_path / "token").write_text("t0ken-of-the-hub\n")
    (tmp_path / "url").write_text("postgresql://bot:pa55word-x%21@db/bot")
    (tmp_path / "values").write_text("hub:\n  config:\n    client_secret: 'seven~and~more'\n    short: abc\n")
    monkeypatch.setenv("GRAPHS_SECRET", "of-graph-in-a-variable")
    learn_from(
        settings_from(
            {
                "hub": {"token": f"file:{tmp_path / 'token'}"},
                "store": {"url_file": str(tmp_path / "url")},
                "values": {"home": "file", "secrets_file": str(tmp_path / "values")},
                "azure": {"token_file": str(tmp_path / "absent")},
                "graph": {"secret": "env:GRAPHS_SECRET"},
                "registry": {"token": "env:NOT_SET_AT_ALL"},
                "image": {"repository_token": "keyvault:https://nobody.vault.azure.net/secrets/asks"},
            }
        )
    )
    wanted = {"t0ken-of-the-hub", "pa55word-x%21", "pa55word-x!", "seven~and~more", "of-graph-in-a-variable"}
    assert wanted <= set(known())
    assert not {"abc", "hub:", ""} & set(known())


@pytest.mark.parametrize("form", [Json, Readable])
async def test_what_a_key_vault_gives_is_hidden_from_then_on(form, aiohttp_server, tmp_path):
    vault = KeyVault({"app": CANARY})
    server = await aiohttp_server(KeyVaultRoutes(vault).app())
    (tmp_path / "token").write_text(vault.token)
    settings = settings_from({"key_vault": {"token_file": str(tmp_path / "token")}})
    place = SecretRef.parse(f"keyvault:http://127.0.0.1:{server.port}/secrets/app")
    lines, record = form(), _record("it is %s", CANARY)
    assert f"it is {CANARY}" in lines.format(record)
    async with AsyncExitStack() as stack:
        await Secrets(settings, stack).of(place, "Teams")()
    assert "it is [hidden]" in lines.format(record)


def test_the_ids_of_a_message_and_its_change_are_one_for_as_long_as_the_block(capsys):
    begin("json", "info")
    log = logging.getLogger("jhub_bot.test")
    with following(id_of("19:channel", "m-1")):
        inner = current()
        log.info("inside")
    log.info("outside")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line.get("id") for line in lines if line["logger"] == log.name] == [inner, None]
    assert len(inner) == 16
    assert int(inner, 16)


def test_a_lone_surrogate_has_an_id_too():
    assert len(id_of("\ud800")) == 16


def test_beginning_again_does_not_write_twice(capsys):
    begin("readable", "warning")
    begin("json", "warning")
    logging.getLogger("jhub_bot.test").warning("once")
    lines = [line for line in capsys.readouterr().err.splitlines() if "once" in line]
    assert len(lines) == 1
    json.loads(lines[0])
