"""The sandbox as a program: a taken port, the end of its parent, and what it leaves behind."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.server import main


def started(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--json", "--empty", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


@pytest.fixture
def ended():
    """Whatever happens, no sandbox of a test outlives it."""
    processes = []
    yield processes.append
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            stream.close()


def test_a_taken_port_is_said_in_a_sentence(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["--empty", "--port", str(port)]) == 2
    said = capsys.readouterr()
    assert said.err == f"Port {port} is taken by another program.\n"
    assert said.out == ""


def test_it_ends_with_its_parent_and_takes_its_folder_along(ended):
    process = started("--stop-with-parent")
    ended(process)
    ready = json.loads(process.stdout.readline())
    assert Path(ready["kubeconfig"]).exists()
    process.stdin.close()
    assert process.wait(20) == 0
    assert not Path(ready["kubeconfig"]).exists()
    assert process.stderr.read() == b""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_politely(ended, number):
    process = started()
    ended(process)
    ready = json.loads(process.stdout.readline())
    process.send_signal(number)
    assert process.wait(20) == 0
    assert not Path(ready["hub_token_file"]).exists()
    assert process.stderr.read() == b""


def test_a_parent_that_is_gone_already_stops_the_building(ended):
    process = started("--stop-with-parent", "--users=40")
    ended(process)
    process.stdin.close()
    assert process.wait(20) == 0
