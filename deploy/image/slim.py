"""Takes out of an environment what the bot never loads. Runs while the image is built.

Kubernetes' client loads its generated API classes on first use. The bot asks by path (clients/kube/api.py) and uses
none: without them the image is 60 MB smaller. What the bot does load is tried after the cut (benchmarks/image_size.py).
"""

import shutil
import sys
from pathlib import Path
from typing import Final

NEVER_LOADED: Final = (
    "kubernetes/client/api",
    "kubernetes/aio/client/api",
    "croniter/tests",
    "greenlet/tests",
    "websocket/tests",
)
_SOURCES: Final = ("*.c", "*.h", "*.pyx", "*.pxd", "*.pyi")


def cut(environment: Path) -> int:
    """Remove it, and give back how many bytes that were. Raises FileNotFoundError where a part is not to be found."""
    (packages,) = environment.glob("lib/python3*/site-packages")
    gone = 0
    for name in NEVER_LOADED:
        gone += size(packages / name)
        shutil.rmtree(packages / name)
    for pattern in _SOURCES:
        for file in packages.rglob(pattern):
            gone += file.stat().st_size
            file.unlink()
    return gone


def size(folder: Path) -> int:
    """The bytes of all files below a folder, links not followed."""
    return sum(one.lstat().st_size for one in folder.rglob("*") if one.is_file() or one.is_symlink())


if __name__ == "__main__":
    sys.stdout.write(f"{cut(Path(sys.argv[1])) / 1e6:.0f} MB that the bot never loads are gone\n")
