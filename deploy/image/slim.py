"""Removes from an environment of the image what is never loaded. Runs while the image is built.

Kubernetes' client loads its generated classes on first use. The bot asks by path (clients/kube/api.py) and uses none
of them; of SQLAlchemy it needs two dialects. Without the rest the image is some 90 MB smaller, and under its 350 MB.
The environment of JupyterHub's classes serves nothing. What is left is tried after the cut (benchmarks/image_size.py).
"""

import shutil
import sys
from pathlib import Path
from typing import Final

NEVER_LOADED: Final = {
    "jhub-bot": (
        "kubernetes/client/api",
        "kubernetes/client/models/[!_]*.py",
        "kubernetes/aio/client/api",
        "kubernetes/aio/client/models/[!_]*.py",
        "sqlalchemy/dialects/mssql",
        "sqlalchemy/dialects/mysql",
        "sqlalchemy/dialects/oracle",
        "sqlalchemy/testing",
        "croniter/tests",
        "dulwich/tests",
        "greenlet/tests",
        "websocket/tests",
    ),
    # What JupyterHub serves lies beside the packages; its classes are loaded, and nothing is served.
    "hub-classes": (
        "../../../share",
        "sqlalchemy/dialects/mssql",
        "sqlalchemy/dialects/mysql",
        "sqlalchemy/dialects/oracle",
        "sqlalchemy/testing",
        "jupyterhub/tests",
        "oauthenticator/tests",
        "tornado/test",
        "traitlets/tests",
    ),
}
_SOURCES: Final = ("*.c", "*.h", "*.pyx", "*.pxd", "*.pyi")


def cut(environment: Path) -> int:
    """Remove what the environment of that name has of it. Return the number of bytes.

    Raise FileNotFoundError if a part does not exist.
    """
    (packages,) = environment.glob("lib/python3*/site-packages")
    gone = 0
    for pattern in NEVER_LOADED[environment.name]:
        found = list(packages.glob(pattern))
        if not found:
            raise FileNotFoundError(pattern)
        gone += sum(map(_remove, found))
    for pattern in _SOURCES:
        gone += sum(map(_remove, list(packages.rglob(pattern))))
    return gone


def _remove(part: Path) -> int:
    files = [one for one in part.rglob("*") if one.is_file()] if part.is_dir() else [part]
    size = sum(one.lstat().st_size for one in files)
    if part.is_dir():
        shutil.rmtree(part)
    else:
        part.unlink()
    return size


if __name__ == "__main__":
    sys.stdout.write(f"{cut(Path(sys.argv[1])) / 1e6:.0f} MB that are never loaded have been removed\n")
