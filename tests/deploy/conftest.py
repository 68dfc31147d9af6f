"""The scripts of deploy/ as modules, and the tools beside this Python."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


@pytest.fixture
def script(monkeypatch):
    """A script of a folder of deploy/, as a module made for the one test: `script("image", "sbom")`."""
    made = []

    def load(folder, name):
        monkeypatch.syspath_prepend(str(DEPLOY / folder))
        made.extend(path.stem for path in (DEPLOY / folder).glob("*.py"))
        return importlib.import_module(name)

    yield load
    for name in made:
        sys.modules.pop(name, None)


@pytest.fixture
def tool():
    """A program beside this Python, run: its status and all that it said."""

    def run(name, *arguments, given=None, env=None):
        command = [str(Path(sys.executable).with_name(name)), *map(str, arguments)]
        done = subprocess.run(
            command, input=given, capture_output=True, text=True, timeout=240, check=False, cwd=ROOT, env=env
        )
        return done.returncode, done.stdout + done.stderr

    return run
