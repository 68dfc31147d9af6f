"""The kubeconfig of a bot outside its cluster: from what kubectl says, as the bot's own clients read it."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from clients.kube import KubeReader, connect
from sandbox.apiserver.router import make_app
from sandbox.apiserver.storage.store import Store
from sandbox.clock import RealClock

SCRIPT = Path(__file__).parents[2] / "deploy" / "azure" / "kubeconfig.py"
KUBECTL = """#!/bin/sh
case $1 in
  config) IFS= read -r answer < "${0%/*}/view" ;;
  get) IFS= read -r answer < "${0%/*}/secret" || { echo 'Error from server (NotFound)' >&2; exit 1; } ;;
esac
printf '%s' "$answer"
"""


def secret(**more):
    data = {"token": base64.b64encode(b"token-1").decode(), "ca.crt": base64.b64encode(b"authority").decode()}
    return {"type": "kubernetes.io/service-account-token", "data": data} | more


@pytest.fixture
def run(tmp_path):
    """The script with a stand-in for kubectl: its end, and the file that it was to write."""
    (tmp_path / "kubectl").write_text(KUBECTL)
    (tmp_path / "kubectl").chmod(0o700)

    def made(server, its=None):
        view = {"clusters": [{"name": "mine", "cluster": {"server": server}}]}
        (tmp_path / "view").write_text(json.dumps(view) + "\n")
        (tmp_path / "secret").write_text("" if its is None else json.dumps(its) + "\n")
        out = tmp_path / "bot.kubeconfig"
        command = [sys.executable, SCRIPT, "--namespace=jhub-bot", "--secret=bot-token", "--out", out]
        env = {"PATH": str(tmp_path)}
        done = subprocess.run(
            list(map(str, command)), env=env, capture_output=True, text=True, timeout=240, check=False
        )
        return done, out

    return made


async def test_the_bot_reaches_the_cluster_with_its_token(run, aiohttp_server):
    server = await aiohttp_server(make_app(Store(RealClock()), token="token-1"))
    done, out = run(str(server.make_url("")).rstrip("/"), secret())
    assert done.returncode == 0, done.stderr
    assert out.stat().st_mode & 0o777 == 0o600
    assert "token-1" not in done.stdout
    api = await connect(out)
    try:
        assert await KubeReader(api, "jhub").pods() == []
    finally:
        await api.close()


@pytest.mark.parametrize(
    ("its", "named"),
    [
        (None, "NotFound"),
        (secret(data={}), "or not yet"),
        (secret(type="Opaque"), "contains no account token"),
        (secret(data={"token": "!", "ca.crt": "x"}), "cannot be read"),
    ],
)
def test_without_a_token_there_is_none_and_it_says_why(run, its, named):
    done, out = run("https://hub.example.org", its)
    assert done.returncode == 1
    assert named in done.stderr
    assert not out.exists()
    assert "Traceback" not in done.stderr


def test_another_file_is_never_written_over(run, tmp_path):
    (tmp_path / "bot.kubeconfig").write_text("mine")
    done, out = run("https://hub.example.org", secret())
    assert (done.returncode, out.read_text()) == (1, "mine")


def test_it_can_be_started_by_its_name():
    assert os.access(SCRIPT, os.X_OK)
