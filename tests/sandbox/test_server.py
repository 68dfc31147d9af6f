"""The sandbox as a program: a taken port, the end of its parent, and what it leaves behind."""

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.command_line import main
from sandbox.scenario.private_files import write_kubeconfig


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


@pytest.mark.parametrize("given", [["--port=99999"], ["--port=-1"], ["--users=-5"], ["--speed=0"], ["--speed=nan"]])
def test_a_senseless_number_is_a_mistake_of_usage(capsys, given):
    with pytest.raises(SystemExit) as ended:
        main(["--empty", *given])
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize("held", ["clusters: [{name: prod, cluster: {server: https://prod.example.org}}]", "{", "a: 1"])
def test_somebody_elses_kubeconfig_is_left_alone(capsys, tmp_path, held):
    file = tmp_path / "config"
    file.write_text(held)
    assert main(["--empty", "--kubeconfig", str(file)]) == 2
    assert capsys.readouterr().err == f"{file} is not a sandbox's kubeconfig: name a file of its own.\n"
    assert file.read_text() == held


def test_a_folder_given_for_a_file_keeps_its_mode(capsys, tmp_path):
    before = tmp_path.stat().st_mode
    assert main(["--empty", "--kubeconfig", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"{tmp_path} cannot be written: Is a directory.\n"
    assert tmp_path.stat().st_mode == before


def test_a_kubeconfig_is_its_owners_and_may_be_written_again(tmp_path):
    file = tmp_path / "new" / "config"
    for address in ("http://127.0.0.1:40001", "http://127.0.0.1:40002"):
        write_kubeconfig(file, address, "jhub")
        assert address in file.read_text()
        assert file.stat().st_mode & 0o777 == 0o600
        file.chmod(0o644)


def test_it_ends_with_its_parent_and_takes_its_folder_along(ended):
    process = started("--stop-with-parent")
    ended(process)
    ready = json.loads(process.stdout.readline())
    assert Path(ready["kubeconfig"]).exists()
    process.stdin.close()
    assert process.wait(240) == 0
    assert not Path(ready["kubeconfig"]).exists()
    assert process.stderr.read() == b""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_politely(ended, number):
    process = started()
    ended(process)
    ready = json.loads(process.stdout.readline())
    process.send_signal(number)
    assert process.wait(240) == 0
    assert not Path(ready["hub_token_file"]).exists()
    assert process.stderr.read() == b""


def test_a_parent_that_is_gone_already_stops_the_building(ended):
    process = started("--stop-with-parent", "--users=40")
    ended(process)
    process.stdin.close()
    assert process.wait(240) == 0
