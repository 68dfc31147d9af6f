"""Pythons that have another release of JupyterHub than this one, made once and kept in the user's cache."""

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Hub:
    """A release of JupyterHub with a lock beside this file, and the newest Python that it runs on."""

    version: str
    newest_python: tuple[int, int] | None = None
    why: str = ""

    @property
    def refusal(self) -> str:
        """Why it does not run on this Python; empty if it does."""
        if self.newest_python is None or sys.version_info[:2] <= self.newest_python:
            return ""
        return f"it runs on Python {'.'.join(map(str, self.newest_python))} and older: {self.why}"


# This environment has the chart's own.
HUBS = (
    Hub("1.4.2", (3, 12), "it imports pipes, which the standard library has lost"),
    Hub("6.1.1"),
)
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
