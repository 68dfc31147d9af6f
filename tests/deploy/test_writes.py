"""What the running bot writes is in its state folder and /tmp: the rest of its file system may be read-only."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
import yaml

from sandbox.scenario.private_files import write_kubeconfig

# Python tells of every file that is opened, made, moved or removed, and of every database; helm is not started here.
LISTENER = """
import json, os, sys

told = open(sys.argv.pop(1), "a", buffering=1)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
OTHERS = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod", "os.link", "os.symlink", "os.truncate",
          "sqlite3.connect", "tempfile.mkstemp", "tempfile.mkdtemp"}


def listen(event, given):
    if event == "open" and isinstance(given[0], (str, bytes, os.PathLike)):
        if isinstance(given[2], int) and given[2] & WRITING:
            told.write(json.dumps([event, os.fsdecode(given[0])]) + "\\n")
    elif event in OTHERS:
        told.write(json.dumps([event, str(given[0])]) + "\\n")


sys.addaudithook(listen)
from bot.cli.main import main

main()
"""


@pytest.fixture
def written(tmp_path, unused_tcp_port):
    """Where the bot wrote from start to end; `/tmp` is another folder for it."""
    state, temporary, told = tmp_path / "state", tmp_path / "tmp", tmp_path / "told"
    temporary.mkdir()
    write_kubeconfig(tmp_path / "kubeconfig", "http://127.0.0.1:9", "jhub")
    config = {
        "teams": {"port": unused_tcp_port},
        "kubernetes": {"kubeconfig": str(tmp_path / "kubeconfig")},
        "graph": {"token_file": str(tmp_path / "kubeconfig"), "url": "http://127.0.0.1:9"},
        "state_dir": str(state),
    }
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    # As in the image: no byte code is written.
    env = {"PATH": os.defpath, "HOME": str(state), "TMPDIR": str(temporary), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", LISTENER, told, "serve", "--config", tmp_path / "config.yaml"]
    process = subprocess.Popen([str(word) for word in command], env=env, cwd=Path(__file__).parents[2])
    try:
        until_alive(unused_tcp_port, process)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(240) == 0
    lines = [json.loads(line) for line in told.read_text().splitlines()]
    return state, temporary, [(event, path) for event, path in lines if path not in ("None", os.devnull)]


def until_alive(port, process):
    until = time.monotonic() + 240
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the bot did not start")


def test_the_bot_writes_to_its_state_folder_and_nowhere_else(written):
    state, temporary, told = written
    assert any(event == "sqlite3.connect" for event, _ in told)
    assert any(path == str(state / "lock") for _, path in told)
    allowed = (str(state), str(temporary))
    assert [(event, path) for event, path in told if not path.removeprefix("file:").startswith(allowed)] == []
