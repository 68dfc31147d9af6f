"""The files of a chart (version, values, schema), from a folder or from a package that is not trusted."""

import io
import json
import tarfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from clients.errors import Unavailable
from clients.yaml_text import read_yaml

# Far beyond any chart (Zero to JupyterHub 4.4: 60 KB packed, 500 KB unpacked, 80 members).
_LARGEST_PACKED: Final = 8 << 20
_LARGEST: Final = 32 << 20
_LARGEST_FILE: Final = 4 << 20
_MOST_MEMBERS: Final = 5_000
_ABOUT, _VALUES, _SCHEMA = "Chart.yaml", "values.yaml", "values.schema.json"


@dataclass(frozen=True)
class ChartFiles:
    """The files of a chart that say what values it takes.

    `app_version` is that of what it installs; `values` are its defaults; `schema` is the JSON schema that helm checks
    values against, None where it has none; `kubernetes` is the range of Kubernetes versions that it supports, as
    Chart.yaml's `kubeVersion` says (for example ">=1.28.0-0"), empty for any.
    """

    version: str
    app_version: str
    values: Mapping[str, object] = field(repr=False)
    schema: Mapping[str, object] | None = field(repr=False)
    kubernetes: str = ""


def from_folder(chart: Path) -> ChartFiles:
    """Return a chart on disk. Reads files: not on the event loop. Raise Unavailable."""

    def content(name: str) -> bytes | None:
        path = chart / name
        if not path.is_file():
            return None
        with path.open("rb") as file:
            return file.read(_LARGEST_FILE + 1)

    try:
        return _files(content)
    except OSError as error:
        raise _unreadable("its files cannot be read") from error


def from_package(package: Path) -> ChartFiles:
    """Return a chart from a .tgz as helm fetches it; nothing is unpacked to disk. Not on the event loop.

    Raise Unavailable for a package that is no chart, is larger than any chart, or has links or paths that lead out of
    it.
    """
    try:
        members = _members(_unpacked(package))
    except (OSError, zlib.error, tarfile.TarError, ValueError) as error:
        raise _unreadable("its package is damaged") from error
    return _files(members.get)


def _unpacked(package: Path) -> bytes:
    with package.open("rb") as file:
        packed = file.read(_LARGEST_PACKED + 1)
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    unpacked = unpacker.decompress(packed, _LARGEST + 1) if len(packed) <= _LARGEST_PACKED else b""
    if len(packed) > _LARGEST_PACKED or len(unpacked) > _LARGEST:
        raise _unreadable("its package is too large for a chart")
    if not unpacker.eof:
        raise _unreadable("its package is cut short")
    return unpacked


def _members(unpacked: bytes) -> dict[str, bytes]:
    """Return the files at the top of the chart, by name. Those of its dependencies lie deeper."""
    found: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(unpacked), mode="r:") as archive:
        for number, member in enumerate(archive):
            _check(number, member)
            parts = PurePosixPath(member.name).parts
            file = archive.extractfile(member) if len(parts) == 2 and member.isfile() else None  # noqa: PLR2004
            if file is not None and parts[1] in (_ABOUT, _VALUES, _SCHEMA):
                found[parts[1]] = file.read(_LARGEST_FILE + 1)
    return found


def _check(number: int, member: tarfile.TarInfo) -> None:
    if number >= _MOST_MEMBERS:
        raise _unreadable("its package has too many files for a chart")
    if not (member.isfile() or member.isdir()):
        raise _unreadable("its package contains links or devices")
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or "\\" in member.name:
        raise _unreadable("its package contains paths that lead outside it")


def _files(content: Callable[[str], bytes | None]) -> ChartFiles:
    about = _mapping(content, _ABOUT, read_yaml) or {}
    if not isinstance(about.get("version"), str) or not about["version"]:
        raise _unreadable("it does not name its version")
    return ChartFiles(
        version=str(about["version"]),
        app_version=str(about.get("appVersion") or ""),
        values=_mapping(content, _VALUES, read_yaml) or {},
        schema=_mapping(content, _SCHEMA, json.loads),
        kubernetes=str(about.get("kubeVersion") or ""),
    )


def _mapping(
    content: Callable[[str], bytes | None], name: str, read: Callable[[bytes], object]
) -> Mapping[str, object] | None:
    """Return a file of the chart as a mapping; None where there is no such file, or nothing but comments in it."""
    given = content(name)
    if given is None:
        return None
    if len(given) > _LARGEST_FILE:
        raise _unreadable(f"its {name} is too large for a chart")
    try:
        found = read(given)
    except (ValueError, RecursionError) as error:
        raise _unreadable(f"its {name} cannot be read") from error
    if found is not None and not isinstance(found, Mapping):
        raise _unreadable(f"its {name} does not map names to values")
    return found


def _unreadable(why: str) -> Unavailable:
    return Unavailable("The chart", f"cannot be used: {why}")
