"""The cache of pasts: helm's result is stored on disk, and the next sandbox begins with it, its dates moved.

A file serves one sandbox at a time, and has secrets of its own: no two that run together share any.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Self

from sandbox.apiserver.objects.resource_kinds import ALL, EVENT, NODE, Json, Kind, by_kind
from sandbox.apiserver.storage.store import Store
from sandbox.runtime.images import Images

_SOURCES = Path(__file__).parents[1]
_MOMENT = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?=(\.\d+)?Z\b)")
# So many worlds at once begin with a past that is kept; any more make their own.
_MOST = 32


@dataclass(frozen=True)
class Past:
    """A cluster as it was when the last revision had become ready; `end` was the present then."""

    end: datetime
    token: str
    revision: int
    images: dict[str, list[str]]
    objects: list[tuple[Kind, Json]]

    @classmethod
    def of(cls, store: Store, images: Images, end: datetime, token: str) -> Self:
        """Return the present state. Events are left out: they expire before a later sandbox begins."""
        objects = [(kind, obj) for kind in ALL if kind is not EVENT for obj in store.list(kind)]
        names = [node["metadata"]["name"] for node in store.list(NODE)]
        return cls(end, token, store.revision, {name: images.on(name) for name in names}, objects)

    def restore(self, store: Store, images: Images) -> None:
        """Put all of it into an empty store."""
        store.restore(self.objects, self.revision)
        for node, names in self.images.items():
            for name in names:
                images.remember(node, name)


@dataclass(frozen=True)
class Place:
    """The file of a past while one sandbox uses it. Without a file nothing is cached."""

    file: BinaryIO | None = None

    def read(self, end: datetime) -> Past | None:
        """Return the past, its dates moved so that `end` is the present; None if there is none, or it is damaged."""
        try:
            return _parsed(self.file.read(), end) if self.file else None
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            return None

    def write(self, past: Past) -> None:
        """Keep the past, if that can be done: who cannot makes it anew each time."""
        if self.file is None:
            return
        head = {"end": past.end.timestamp(), "token": past.token, "revision": past.revision, "images": past.images}
        lines = (json.dumps(one).encode() for one in (head, [obj for _, obj in past.objects]))
        with contextlib.suppress(OSError):
            self.file.seek(0)
            self.file.truncate()
            self.file.write(b"\n".join(lines))
            self.file.flush()


def folder() -> Path:
    """Return the folder of cached pasts: among the build output in a checkout, else in the person's cache."""
    root = _SOURCES.parent
    if (root / "pyproject.toml").is_file():
        return root / "build" / "sandbox"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jhub-sandbox"


@contextlib.contextmanager
def place(where: Path, helm: str, cluster: str) -> Iterator[Place]:
    """Yield a file for this sandbox only, for pasts made from these sources by this helm on a cluster like this."""
    try:
        file = _taken(where, _fingerprint(helm), hashlib.sha256(cluster.encode()).hexdigest()[:8])
    except (OSError, RuntimeError):
        # A disk that is full or cannot be written, a person without a home.
        file = None
    with file or contextlib.nullcontext():
        yield Place(file)


def _taken(where: Path, made_by: str, cluster: str) -> BinaryIO | None:
    """Return the first file that no other sandbox uses, and remove those made from other sources."""
    where.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in where.glob("*.past"):
        if not old.name.startswith(made_by):
            old.unlink(missing_ok=True)
    paths = (where / f"{made_by}-{cluster}-{number}.past" for number in range(_MOST))
    return next(filter(None, map(_locked, paths)), None)


def _locked(path: Path) -> BinaryIO | None:
    """Return the file, locked, if it is ours and not in use, else None."""
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), "r+b")
    found = os.fstat(file.fileno())
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if found.st_uid == os.getuid() and not found.st_mode & 0o077:
            return file
    except BlockingIOError:
        pass
    file.close()
    return None


def _fingerprint(helm: str) -> str:
    """Return a digest of what a past depends on: all of the sandbox, its chart included, and the helm."""
    binary = Path(helm).resolve()
    header = binary.stat()
    whole = hashlib.sha256(f"{binary} {header.st_size} {header.st_mtime_ns}".encode())
    for path in sorted(chain(_SOURCES.rglob("*.py"), (_SOURCES / "helm" / "chart").rglob("*"))):
        if path.is_file():
            whole.update(f"\0{path.relative_to(_SOURCES)}\0".encode() + path.read_bytes())
    return whole.hexdigest()[:32]


def _parsed(content: bytes, end: datetime) -> Past:
    """Return the past in a file. Raise ValueError, LookupError, TypeError or AttributeError for anything else."""
    head, objects = content.split(b"\n")
    header = json.loads(head)
    by = timedelta(seconds=round(end.timestamp() - header["end"]))
    moved = json.loads(_MOMENT.sub(partial(_moved, by=by), objects))
    return Past(
        end, str(header["token"]), int(header["revision"]), header["images"], [(_kind(obj), obj) for obj in moved]
    )


def _moved(found: re.Match[bytes], by: timedelta) -> bytes:
    moment = datetime.strptime(found[0].decode(), "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC) + by
    return moment.strftime("%Y-%m-%dT%H:%M:%S").encode()


def _kind(obj: Json) -> Kind:
    kind = by_kind(obj["apiVersion"].rpartition("/")[0], obj["kind"])
    if kind is None:
        raise LookupError(obj["kind"])
    return kind
