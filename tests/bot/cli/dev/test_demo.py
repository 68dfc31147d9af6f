"""`jhub-bot demo` and `jhub-bot sandbox`: ports that are taken, the chat in the terminal, help."""

import signal
import socket
import subprocess
import sys

import pytest
from click.testing import CliRunner

from bot.cli.dev.demo import _free_port
from bot.cli.main import main


@pytest.fixture(params=["127.0.0.1", "0.0.0.0", "::", "::, and IPv4 as well"])  # noqa: S104 - that is what is tried
def taken_port(request):
    address, _, dual = request.param.partition(", ")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, 0), family=family, dualstack_ipv6=bool(dual)) as listener:
        yield listener.getsockname()[1]


def test_a_taken_port_is_told_in_a_line_and_another_one_used(taken_port, capsys):
    port = _free_port(taken_port, "--port")
    assert capsys.readouterr().out == (
        f"Port {taken_port} is taken by another program: {port} is used instead (--port chooses another).\n"
    )
    socket.create_server(("127.0.0.1", port)).close()


def test_a_free_port_is_used_without_a_word(free_port, capsys):
    assert (_free_port(free_port, "--port"), capsys.readouterr().out) == (free_port, "")


def test_a_port_that_connections_of_the_last_run_are_still_dying_at_is_free(capsys):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            listener.accept()[0].close()  # who closes first keeps the port in TIME_WAIT
    assert (_free_port(port, "--port"), capsys.readouterr().out) == (port, "")


@pytest.mark.timeout(300)
def test_a_chat_in_the_terminal_answers_and_ends_with_its_input(free_port):
    command = [
        sys.executable,
        "-c",
        "from bot.cli.main import main; main()",
        "demo",
        "--terminal",
        "--port",
        str(free_port),
    ]
    lines = ["/jhub help deploy", "as nosuch", "as viewer", "/jhub deploy 7c1d2e9", ""]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        out, errors = process.communicate("\n".join(lines), timeout=240)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(240)
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


@pytest.mark.parametrize("taken_port", ["127.0.0.1"], indirect=True)
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
