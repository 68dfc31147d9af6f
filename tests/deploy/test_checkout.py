"""What a checkout installs, in a small checkout of its own that needs nothing from the network.

One environment is made as on any machine. The others are made without unpacking pip, which is most of the work: they
have this environment's, or one that writes down what it is asked, where it is known already what the real one does.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.store import sqlite

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock", "deploy/image/build.lock")
# A wheel's worth of program, that needs setuptools of this environment and nothing else.
PYPROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "small"
version = "1"
[tool.setuptools]
py-modules = ["small"]
"""
# Seen by every Python that finds it: an environment gets the script that pip has there, and no pip of its own.
UNPACKED = """
import sys
if sys.orig_argv[1:3] == ["-m", "venv"]:
    import pathlib, venv
    def script(_builder, context):
        pathlib.Path(context.bin_path, "pip").write_text(f"#!{context.env_exe}\\n", "utf-8")
    venv.EnvBuilder._setup_pip = script
"""
WRITES_DOWN = """
import pathlib, sys
with pathlib.Path(__file__).with_name("asked").open("a", encoding="utf-8") as asked:
    print(*sys.argv[1:], file=asked)
"""


@pytest.fixture
def quick(tmp_path):
    """Where Python finds what makes environments quickly, with the real pip of this one."""
    folder = tmp_path / "quick"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(UNPACKED, "utf-8")
    return os.pathsep.join((str(folder), _site()))


@dataclass(frozen=True)
class Noted:
    """The same, with a pip that installs nothing."""

    path: str
    file: Path

    def asked(self):
        """What it was asked since the last time, a line each."""
        lines = self.file.read_text("utf-8").splitlines()
        self.file.unlink()
        return lines


@pytest.fixture
def noted(tmp_path, quick):
    pip = tmp_path / "noted" / "pip"
    pip.mkdir(parents=True)
    (pip / "__init__.py").touch()
    (pip / "__main__.py").write_text(WRITES_DOWN, "utf-8")
    return Noted(os.pathsep.join((str(pip.parent), quick)), pip / "asked")


@pytest.fixture
def place(tmp_path):
    """A checkout with empty locks, and an environment whose setuptools is this one's."""
    made = tmp_path / "checkout"
    (made / "deploy" / "image").mkdir(parents=True)
    for name in ("Makefile", "deploy/checkout.py"):
        shutil.copy(ROOT / name, made / name)
    for name in LOCKS:
        (made / name).write_text("# nothing\n", "utf-8")
    (made / "pyproject.toml").write_text(PYPROJECT, "utf-8")
    (made / "small.py").write_text("print('small')\n", "utf-8")
    return made


def _site():
    return next(one for one in sys.path if one.endswith("site-packages"))


def _environment(**more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return kept | {"PYTHONPATH": _site(), "PIP_NO_INDEX": "1", **more}


def _run(place, *arguments, **more):
    return subprocess.run(
        [sys._base_executable, "deploy/checkout.py", *arguments],
        cwd=place,
        env=_environment(**more),
        capture_output=True,
        text=True,
        check=False,
    )


def _titles(result):
    assert result.returncode == 0, result.stdout + result.stderr
    return [line.split(":")[0] for line in result.stdout.splitlines() if line.startswith("Installing")]


ENVIRONMENT = f"Installing Python environment .venv, with Python {sys.version_info[0]}.{sys.version_info[1]}"
PACKAGES = "Installing the bot's Python packages (requirements.lock, 0 packages)"
BOT = "Installing jhub-bot itself"
TESTS = "Installing what the tests need beside them (requirements-dev.lock, 0 packages)"
NO_NODE = "/usr/nowhere"


@pytest.mark.timeout(300)
def test_each_part_is_made_once_and_again_when_what_it_is_made_from_changes(place, quick, noted):
    nothing = {"PATH": NO_NODE}
    assert _titles(first := _run(place, "demo", **nothing)) == [ENVIRONMENT, PACKAGES, BOT]
    assert "Node.js with npm was not found.\n" in first.stdout
    assert _small(place) == "small\n"
    # Looked at, and nothing to be done.
    assert _titles(_run(place, "demo", **nothing)) == []
    assert _titles(_run(place, "python", PYTHONPATH=noted.path)) == [TESTS]
    (asked,) = noted.asked()
    assert asked.endswith(f"--require-hashes --requirement {place}/requirements-dev.lock")
    # A lock that changed, and a file that was only touched.
    (place / "requirements.lock").write_text("# nothing new\n", "utf-8")
    (place / "requirements-dev.lock").touch()
    assert _titles(_run(place, "python", PYTHONPATH=noted.path)) == [PACKAGES]
    (asked,) = noted.asked()
    assert asked.endswith(f"--require-hashes --requirement {place}/requirements.lock")
    # A checkout that was moved: its scripts name the Python of another place.
    moved = place.rename(place.with_name("moved"))
    assert _titles(_run(moved, "python", PYTHONPATH=quick)) == [ENVIRONMENT, PACKAGES, BOT, TESTS]
    assert _small(moved) == "small\n"
    # Interrupted: a part that was begun and did not end.
    (moved / ".venv" / ".made" / "packages.begun").touch()
    assert _titles(_run(moved, "python", PYTHONPATH=noted.path)) == [ENVIRONMENT, PACKAGES, BOT, TESTS]
    everything = noted.asked()
    assert [line.rpartition("/")[2] for line in everything] == [
        "requirements.lock",
        "build.lock",
        "moved",
        "requirements-dev.lock",
    ]
    # A Python that is gone, as after an upgrade of the system.
    for link in (moved / ".venv" / "bin").glob("python*"):
        link.unlink()
        link.symlink_to("/usr/nowhere/python3")
    assert _titles(_run(moved, "python", PYTHONPATH=noted.path)) == [ENVIRONMENT, PACKAGES, BOT, TESTS]
    assert noted.asked() == everything


def _small(place):
    """What the program says that was installed there."""
    return subprocess.check_output([place / ".venv/bin/python", "-m", "small"], text=True)


@pytest.mark.timeout(300)
def test_what_fails_is_told_with_its_last_words_and_tried_again(place, quick, noted):
    (place / "requirements.lock").write_text("nosuchpackage==1 --hash=sha256:" + "0" * 64 + "\n", "utf-8")
    failed = _run(place, "demo", PATH=NO_NODE, PYTHONPATH=quick)
    assert failed.returncode == 1
    assert "No matching distribution found for nosuchpackage==1" in failed.stderr
    assert "All that it said is in build/install.log." in failed.stderr
    assert "Traceback" not in failed.stderr
    # What pip left behind is not built upon.
    assert ENVIRONMENT in _run(place, "demo", PATH=NO_NODE, PYTHONPATH=noted.path).stdout


@pytest.mark.timeout(300)
def test_an_interrupt_ends_it_and_its_child_without_a_trace(place, quick):
    # pip waits for a server that accepts and never answers.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        index = f"http://127.0.0.1:{silent.getsockname()[1]}/simple"
        (place / "requirements.lock").write_text("nosuch==1 --hash=sha256:" + "0" * 64 + "\n", "utf-8")
        environment = _environment(PATH=NO_NODE, PYTHONPATH=quick, PIP_INDEX_URL=index, no_proxy="127.0.0.1")
        del environment["PIP_NO_INDEX"]
        environment.pop("PIP_FIND_LINKS", None)
        process = subprocess.Popen(
            [sys._base_executable, "deploy/checkout.py", "demo"],
            cwd=place,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        silent.settimeout(100)
        connection, _ = silent.accept()
        with connection:
            process.send_signal(signal.SIGINT)
            out, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Interrupted: the next time goes on from here." in errors
    assert "Traceback" not in out + errors
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def _make(place, *arguments, path=None):
    environment = {"PATH": path} if path else {}
    return subprocess.run(
        [shutil.which("make"), *arguments],
        cwd=place,
        env=_environment(**environment),
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_any_python_make_says_what_to_install(place):
    result = _make(place, "demo", "PYTHON=nosuchpython")
    assert result.returncode != 0
    assert "nosuchpython was not found: Python 3.11 to 3.14 is needed." in result.stderr


OLD = sorted(Path("~/.pyenv/versions").expanduser().glob("[23].[0-9].*/bin/python")) + sorted(
    Path("~/.pyenv/versions").expanduser().glob("3.10.*/bin/python")
)


@pytest.mark.parametrize("python", OLD or [None], ids=str)
def test_a_python_that_is_too_old_is_told_so_in_a_sentence(place, python):
    if python is None:
        pytest.skip("no older Python is installed here")
    result = _make(place, "demo", f"PYTHON={python}")
    assert result.returncode != 0
    assert "and 3.11 to 3.14 are supported. Name one: make PYTHON=python3.12" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (place / ".venv").exists()


def test_a_python_without_venv_is_told_so_in_a_sentence(place, tmp_path):
    # As Debian's without python3-venv: what makes environments is taken away.
    hiding = """
import importlib.util
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name == "ensurepip" else find(name, *more)
"""
    (tmp_path / "sitecustomize.py").write_text(hiding, "utf-8")
    result = _run(place, "demo", PYTHONPATH=str(tmp_path))
    assert result.returncode == 1
    assert "has no venv. On Debian and Ubuntu: apt install python3-venv." in result.stderr
    assert "Traceback" not in result.stderr


def test_it_wants_the_sqlite_that_the_store_wants():
    oldest = f"OLDEST_SQLITE = {sqlite._OLDEST!r}"
    assert oldest in (ROOT / "deploy" / "checkout.py").read_text("utf-8")
