"""`jhub-bot demo` and `jhub-bot sandbox`: ports that are taken, the chat in the terminal, help."""

import signal
import socket
import subprocess
import sys

import pytest
from click.testing import CliRunner

from bot.cli import main, playground


@pytest.fixture
def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.fixture
def taken_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_taken_port_is_said_before_anything_is_built(taken_port):
    result = CliRunner().invoke(main, ["demo", "--terminal", "--port", str(taken_port)])
    assert result.exit_code == 2
    assert result.stderr == f"Port {taken_port} is taken by another program. Choose another with --port.\n"
    assert "Building" not in result.stdout


def test_the_playgrounds_port_is_looked_at_too(taken_port, free_port, monkeypatch):
    monkeypatch.setattr(playground, "available", lambda: True)
    result = CliRunner().invoke(main, ["demo", "--port", str(free_port), "--playground-port", str(taken_port)])
    assert result.exit_code == 2
    assert f"Port {taken_port} is taken by another program. Choose another with --playground-port." in result.stderr


def test_a_chat_in_the_terminal_answers_and_ends_with_its_input(free_port):
    command = [sys.executable, "-c", "from bot.cli import main; main()", "demo", "--terminal", "--port", str(free_port)]
    lines = ["/jhub help", "as nosuch", "as viewer", "/jhub deploy 7c1d2e9", ""]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out, errors = process.communicate("\n".join(lines), timeout=60)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(20)
    assert process.returncode == 0, errors
    assert errors == ""
    assert "/jhub deploy [tag]" in out
    assert "Nobody here is “nosuch”." in out
    assert "You are Adele Vance now (viewer)." in out
    assert "Not allowed" in out


@pytest.mark.parametrize("command", ["serve", "demo", "sandbox", "try"])
def test_each_command_explains_itself(command):
    result = CliRunner().invoke(main, [command, "--help"])
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: main {command}")


def test_the_sandbox_says_that_its_port_is_taken(taken_port, capfd):
    result = CliRunner().invoke(main, ["sandbox", "--empty", "--port", str(taken_port)])
    assert result.exit_code == 2
    assert f"Port {taken_port} is taken" in result.stderr + capfd.readouterr().err


def test_serve_names_a_mistake_without_its_value(tmp_path):
    config = tmp_path / "bot.yaml"
    config.write_text("hub: {token: hunter2}\n", encoding="utf-8")
    result = CliRunner().invoke(main, ["serve", "--config", str(config)])
    assert result.exit_code == 2
    assert "hub.token" in result.stderr
    assert "hunter2" not in result.stderr
