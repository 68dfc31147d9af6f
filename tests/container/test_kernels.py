"""The image's Jupyter configuration in a real Jupyter Server: what people are offered as kernels.

nb_conda_kernels comes from conda's channels alone, so what runs here is a stand-in for its listing. Where the
environment variable NB_CONDA_KERNELS names a folder with the real package, the same tests run with that as well.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.container import conda

STANDIN = Path(__file__).with_name("standins")
REAL = os.environ.get("NB_CONDA_KERNELS", "")
TOKEN = "t" * 32
# Starts one server after another, each a fork of itself: what takes time is to load Jupyter. Elsewhere here than
# in the image are the base and /etc/jupyter. Listings are looked up anew after a moment.
_SERVERS = """
import json, os, sys
import jupyter_core.paths
from jupyter_server.serverapp import main

def serve(folder, log, env, arguments):
    os.chdir(folder)
    output = os.open(log, os.O_WRONLY | os.O_CREAT)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.environ.clear()
    os.environ.update(env)
    sys.path.insert(0, env["PYTHONPATH"])
    jupyter_core.paths.SYSTEM_CONFIG_PATH[:] = [env["ETC_JUPYTER"]]
    import nb_conda_kernels.manager
    nb_conda_kernels.manager.CACHE_TIMEOUT = 0.2
    sys.argv[1:] = arguments
    main()

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        serve(*json.loads(line))
        sys.exit()
    print(child, flush=True)
    os.waitpid(child, 0)
    print("ended", flush=True)
"""


@pytest.fixture(scope="module")
def servers():
    command = [sys.executable, "-c", _SERVERS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process


class Server:
    """A Jupyter Server with the files that setup.sh put into a home."""

    def __init__(self, servers, home, base, folder, kernels):
        self.home, self._runtime = home, folder / "runtime"
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(home.path),
            "PYTHONPATH": str(kernels),
            "ETC_JUPYTER": str(home.image),
            "CONDA_EXE": str(conda.install(folder, base)),
            "JUPYTER_PATH": str(base / "share/jupyter"),
            "JUPYTER_RUNTIME_DIR": str(self._runtime),
            "JUPYTER_TOKEN": TOKEN,
        }
        arguments = ["--allow-root", "--no-browser", "--ip=127.0.0.1", "--port=0"]
        self._servers, self._log = servers, folder / "log"
        servers.stdin.write(json.dumps([str(home.path), str(self._log), env, arguments]) + "\n")
        servers.stdin.flush()
        self._process = int(servers.stdout.readline())

    def stop(self):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process, signal.SIGTERM)
        assert self._servers.stdout.readline() == "ended\n"

    @property
    def _is_running(self):
        return Path(f"/proc/{self._process}").exists()

    def kernels(self):
        """What is offered: display names, in order; once the server answers."""
        return sorted(spec["spec"]["display_name"] for spec in self.specs().values())

    def specs(self):
        ends = time.monotonic() + 240
        while time.monotonic() < ends and self._is_running:
            with contextlib.suppress(StopIteration, urllib.error.URLError, ValueError):
                address = json.loads(next(self._runtime.glob("jpserver-*.json")).read_text())["url"]
                return self._get(f"{address}api/kernelspecs")["kernelspecs"]
            time.sleep(0.1)
        raise AssertionError(self._log.read_text())

    def _get(self, address):
        request = urllib.request.Request(address, headers={"Authorization": f"token {TOKEN}"})  # noqa: S310 - loopback
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return json.load(answer)

    def becomes(self, wanted):
        """Is that offered within a few seconds?"""
        ends = time.monotonic() + 240
        while (offered := self.kernels()) != wanted and time.monotonic() < ends:
            time.sleep(0.2)
        return offered == wanted


@pytest.fixture
def base(tmp_path):
    """What is /opt/conda in the image: the server's own kernel, and an environment with R."""
    conda.make(tmp_path / "base")
    conda.make(tmp_path / "base/envs/geo", "ir", "R")
    return tmp_path / "base"


@pytest.fixture(params=[STANDIN, *([REAL] if REAL else [])], ids=lambda path: "standin" if path == STANDIN else "real")
def serve(request, servers, home, base, tmp_path):
    """Start a server in the home, after setup.sh. `settings` change the image's configuration."""
    with contextlib.ExitStack() as running:

        def serve(noted="", **settings):
            config = home.image / "jupyter_server_config.json"
            held = json.loads(config.read_text().replace("/opt/conda", str(base)))
            held["CondaKernelSpecManager"] |= settings
            config.write_text(json.dumps(held))
            assert noted in home.start()
            server = Server(servers, home, base, tmp_path, request.param)
            running.callback(server.stop)
            return server

        yield serve


NATIVE, GEO = "Python 3 (ipykernel)", "R [conda env:geo]"


def test_each_environment_is_offered_once_and_a_new_one_after_a_refresh(home, serve):
    server = serve()
    assert server.kernels() == [NATIVE, GEO]
    conda.make(home.path / "my-conda-envs/myenv")
    assert server.becomes([NATIVE, "Python [conda env:myenv]", GEO])
    assert "python3" in server.specs(), "which notebooks ask for"


def test_environments_from_before_the_condarc_are_still_offered_once(home, serve):
    conda.make(home.path / ".conda/envs/thesis")
    conda.make(home.path / "my-conda-envs/bare", kernel="")
    assert serve().kernels() == [NATIVE, "Python [conda env:.conda-thesis]", GEO]


def test_without_the_filter_the_base_would_go_by_another_name(serve):
    """Older versions even offer it twice then; these lose `python3`, which notebooks ask for."""
    assert serve(env_filter=None).kernels() == ["Python [conda env:base]", GEO]


def test_a_folder_called_envs_would_spoil_the_names(home, serve):
    (home.image / "condarc").write_text("envs_dirs: [~/envs]\n")
    conda.make(home.path / "envs/myenv")
    assert serve().kernels() == [NATIVE, f"Python [conda env:{home.path.name}-myenv]", GEO]


def test_what_its_user_sets_holds(home, serve):
    """The image's own copy, in /etc/jupyter, comes first; what the home says goes over it."""
    home.write(".jupyter/jupyter_server_config.json", '{"CondaKernelSpecManager": {"env_filter": "geo"}}')
    assert serve("was changed").kernels() == ["Python [conda env:base]"]


def test_it_holds_where_the_home_can_take_nothing(home, serve):
    home.path.chmod(0o555)
    assert serve("cannot write").kernels() == [NATIVE, GEO]
