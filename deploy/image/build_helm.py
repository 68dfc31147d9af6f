"""Builds Helm from its makers' Go modules: for the image, for a laptop's cache (`make helm`), for tests.

Nothing is taken on trust. The module's archive and its go.mod must have the hashes below (h1: of go.sum, as Go's
checksum database has them); every module that it uses is held by Go against the go.sum in that archive, which
`-mod=readonly` forbids to change. A binary is kept with its SHA-256 beside it, and one that fits is not built again.

Needs Go, from the version in go.mod on, and nothing but the standard library of Python. Go keeps its modules and its
build cache where it always does: here only binaries are kept.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True)
class Pin:
    """A release of Helm: its Go module, and the hashes of its archive and of its go.mod."""

    module: str
    version: str
    archive: str
    go_mod: str

    @property
    def purl(self) -> str:
        """The name of the module in a bill of materials."""
        return f"pkg:golang/{self.module}@v{self.version}"


PINS: Final = {
    "3": Pin(
        "helm.sh/helm/v3",
        "3.22.0",
        "h1:n1if5iQgHYsujPAcO5oonH/KiSNUmqmUF0iGVjSF3AU=",
        "h1:EVl/147Ai2z13JOykbO1Jn9HRaXyU7uHlbAJmODq/Fg=",
    ),
    "4": Pin(
        "helm.sh/helm/v4",
        "4.3.2",
        "h1:zdd8DgKTlLrlYIzdoAntDHLH0V3RkgNIpQ3yjzuD84M=",
        "h1:BJQR7djmSuM0wKBYqrU+UQAoaLagLPF8MaZ5cIiYv4k=",
    ),
}
NAME: Final = "helm-v{version}"
_TOLD: Final = re.compile(r'\bVersion:"v([^"]+)"')
# Of a slow machine with one core: the whole of Kubernetes' client is compiled.
_WITHIN: Final = 3600.0
# A build takes as long as it takes; a question about a module waits for a network.
_FETCH_WITHIN: Final = 900.0


class BuildError(Exception):
    """What stands in the way of a helm. The message is a sentence for the terminal."""


def cache() -> Path:
    """Return the folder in the person's cache where the bot, the tests and the demo look."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jhub-bot" / "helm"


def ensure(pin: Pin, folder: Path) -> tuple[Path, bool]:
    """Return a helm in a folder, and whether it was built now. Raise BuildError."""
    target = folder / NAME.format(version=pin.version)
    if is_whole(target):
        return target, False
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".building-", dir=folder) as place:
        made = build(pin, Path(place) / target.name)
        _check_version(pin, made)
        _sum_of(target).write_text(f"{_digest(made)}  {target.name}\n", encoding="ascii")
        made.replace(target)
    return target, True


def is_whole(target: Path) -> bool:
    """Return True if a helm has the checksum that was written when it was built."""
    try:
        return _sum_of(target).read_text(encoding="ascii").split()[0] == _digest(target)
    except (OSError, IndexError):
        return False


def build(pin: Pin, target: Path) -> Path:
    """Build a helm from its module, once the module's hashes are right. Raise BuildError."""
    source = fetch(pin)
    # As Helm's own Makefile builds it. The commit is not a part of a module, so it stays empty.
    flags = [f"-X {pin.module}/internal/version.version=v{pin.version}", "-s", "-w"]
    if pin.module.endswith("v3"):
        flags += _capabilities(pin, source)
    command = ("go", "build", "-mod=readonly", "-trimpath", f"-ldflags={' '.join(flags)}", "-o", str(target))
    _go(*command[1:], "./cmd/helm", folder=source, within=_WITHIN)
    return target


def _capabilities(pin: Pin, source: Path) -> list[str]:
    """Return the flags that tell Helm 3 which Kubernetes its client library is of: Helm 4 looks that up itself."""
    found = re.search(r"(?m)^\tk8s\.io/client-go v0\.(\d+)\.", (source / "go.mod").read_text(encoding="utf-8"))
    if found is None:
        raise BuildError(f"go.mod of {pin.module} names no k8s.io/client-go")
    places = ("pkg/lint/rules", "pkg/chartutil")
    numbers = (("Major", "1"), ("Minor", found[1]))
    return [f"-X {pin.module}/{where}.k8sVersion{what}={number}" for where in places for what, number in numbers]


def fetch(pin: Pin) -> Path:
    """Have Go fetch the module. Return its folder in Go's own cache. Raise BuildError for any other hash."""
    with tempfile.TemporaryDirectory(prefix="helm-module-") as nowhere:
        said = _go(
            *("mod", "download", "-json", f"{pin.module}@v{pin.version}"), folder=Path(nowhere), within=_FETCH_WITHIN
        )
    told = json.loads(said)
    for what, wanted in (("Sum", pin.archive), ("GoModSum", pin.go_mod)):
        if told.get(what) != wanted:
            raise BuildError(f"{pin.module} v{pin.version} has the hash {told.get(what)}, not {wanted}")
    return Path(told["Dir"])


def _go(*arguments: str, folder: Path, within: float) -> str:
    """Run go and return what it prints. Raise BuildError."""
    go = shutil.which("go")
    if go is None:
        raise BuildError("Go was not found on the PATH: it is needed to build Helm")
    # No C compiler, no other Go than this one, no workspace and no flags of somebody's own.
    own = {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": ""}
    try:
        done = subprocess.run(
            (go, *arguments),
            cwd=folder,
            env=os.environ | own,
            capture_output=True,
            text=True,
            timeout=within,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BuildError(f"go {arguments[0]} did not end within {within:.0f} s") from None
    if done.returncode != 0:
        last = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
        raise BuildError(f"go {arguments[0]} failed: {last[-1]}")
    return done.stdout


def _check_version(pin: Pin, made: Path) -> None:
    said = subprocess.run((str(made), "version"), capture_output=True, text=True, timeout=60, check=False).stdout
    found = _TOLD.search(said)
    if found is None or found[1] != pin.version:
        raise BuildError(f"what was built says that it is {found[1] if found else 'nothing'}, not {pin.version}")


def _sum_of(target: Path) -> Path:
    return target.with_name(f"{target.name}.sha256")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main(arguments: list[str]) -> int:
    """Build what is missing and say what there is. Return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("majors", nargs="*", metavar="MAJOR", help="3, 4, or both where none is named")
    parser.add_argument("--into", type=Path, default=None, help="a folder instead of the cache")
    parser.add_argument("--versions", action="store_true", help="print what would be built, and build nothing")
    given = parser.parse_args(arguments)
    if unknown := set(given.majors) - set(PINS):
        parser.error(f"there is no Helm {', '.join(sorted(unknown))}; there is {', '.join(PINS)}")
    for pin in (PINS[major] for major in given.majors or PINS):
        if given.versions:
            sys.stdout.write(f"{pin.version}\n")
            continue
        try:
            path, is_new = ensure(pin, given.into or cache())
        except (BuildError, OSError) as error:
            sys.stderr.write(f"Helm {pin.version}: {error}\n")
            return 1
        sys.stdout.write(f"Helm {pin.version}: {path} ({'built now' if is_new else 'was there'})\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
