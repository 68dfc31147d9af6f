"""A conda of which only `conda info --json` works: its environments are stub prefixes, its settings the home's."""

import json
import os
import sys
from pathlib import Path

import yaml


def make(prefix, kernel="python3", display_name="Python 3 (ipykernel)"):
    """An environment as far as listings go: conda's history in it, and a kernel unless that is empty."""
    (prefix / "conda-meta").mkdir(parents=True)
    (prefix / "conda-meta" / "history").touch()
    if kernel:
        spec = {"argv": [str(prefix / "bin/python"), "{connection_file}"], "display_name": display_name}
        folder = prefix / "share/jupyter/kernels" / kernel
        folder.mkdir(parents=True)
        (folder / "kernel.json").write_text(json.dumps(spec | {"language": "python", "metadata": {}}))


def install(folder, base):
    """Put the program there, for environments below that base. Gives its path."""
    program = folder / "conda"
    program.write_text(f"#!/bin/sh\nexec '{sys.executable}' '{__file__}' '{base}' \"$@\"\n")
    program.chmod(0o755)
    return program


def info(base):
    """What conda 25 says: the folders for environments of ~/.condarc, then its own; the base, then what is in them."""
    rc = Path.home() / ".condarc"
    settings = yaml.safe_load(rc.read_text()) if rc.exists() else {}
    own = [str(base / "envs"), str(Path.home() / ".conda/envs")]
    folders = [os.path.expanduser(named) for named in settings.get("envs_dirs", [])] + own  # noqa: PTH111 - keeps text
    found = [
        str(path.parent.parent) for folder in folders for path in sorted(Path(folder).glob("*/conda-meta/history"))
    ]
    return {"conda_prefix": str(base), "envs_dirs": folders, "envs": [str(base), *dict.fromkeys(found)]}


if __name__ == "__main__":
    if sys.argv[2:] != ["info", "--json"]:
        sys.exit(f"not a command of this conda: {sys.argv[2:]}")
    print(json.dumps(info(Path(sys.argv[1]))))  # noqa: T201 - its output
