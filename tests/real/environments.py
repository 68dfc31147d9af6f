"""Pythons that have another release of JupyterHub than this one, made once and kept in the user's cache."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

# Releases of JupyterHub, each with a lock beside this file; this environment has the chart's own.
HUBS = ("6.1.1",)
_MADE_OF = "made-of"


def hub_python(version: str) -> Path:
    """Return the Python of an environment with that release, as its lock says it. Raise CalledProcessError."""
    lock = Path(__file__).with_name(f"hub-{version}.lock")
    folder = _cache() / f"hub-{version}"
    python = folder / "bin" / "python"
    digest = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
    made_of = folder / _MADE_OF
    if not made_of.exists() or made_of.read_text("ascii") != digest:
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--require-hashes", "--requirement", lock], check=True
        )
        made_of.write_text(digest, "ascii")
    return python


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jhub-bot" / "real"
