"""Helm's records: every revision of a release is a Secret (helm 3.17, pkg/storage/driver/secrets.go).

The Secret's labels are `owner=helm`, `name`, `version`, `status` and those given with `--labels`; its key `release`
holds base64 of gzip of JSON. Helm copies custom labels to every later revision, upgrades by hand and rollbacks
included, so a mark of ours is believed only where it names the revision it is found on.
"""

import asyncio
import base64
import binascii
import json
import zlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from clients.answers import as_moment
from clients.errors import Unavailable

SYSTEM = "Helm's record"
# A Secret holds at most 1 MiB; what it unpacks to is a chart and its manifest, a few MiB at the very most.
LARGEST = 64 * 2**20
# Far beyond any chart's values: what walks them goes in once for each level.
DEEPEST = 100
# It ends with helm's error, which quotes what a server said.
_LONGEST_DESCRIPTION = 64 * 1024
_UNREADABLE = (LookupError, ValueError, TypeError, AttributeError, OverflowError, RecursionError)
MARK_REVISION, MARK_REQUESTER, MARK_OPERATION = (
    "jhub-bot/revision",
    "jhub-bot/requester",
    "jhub-bot/operation",
)


class SecretLike(Protocol):
    """A Secret, limited to what is needed here; `data` is decoded from the API's base64."""

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels."""

    @property
    def data(self) -> Mapping[str, bytes]:
        """The contents."""


@dataclass(frozen=True)
class Chart:
    """A chart's name, its version and the version of what it installs."""

    name: str
    version: str
    app_version: str


@dataclass(frozen=True)
class BotMark:
    """The requester of the revision (object id) and the operation in which the bot made it."""

    requester: str
    operation: str


@dataclass(frozen=True)
class Release:
    """One revision of a release.

    `status` is Helm's word: deployed, superseded, failed, pending-install, pending-upgrade, pending-rollback,
    uninstalling, uninstalled. `values` are those a user supplied, `defaults` the chart's: both may hold secrets, as may
    `manifest`, and all three are left out of the repr. Times are UTC.
    """

    name: str
    namespace: str
    revision: int
    status: str
    chart: Chart
    first_deployed: datetime | None
    last_deployed: datetime | None
    description: str
    labels: Mapping[str, str]
    values: Mapping[str, object] = field(repr=False)
    defaults: Mapping[str, object] = field(repr=False)
    manifest: str = field(repr=False)

    @property
    def by_bot(self) -> BotMark | None:
        """The bot's mark if the bot made this very revision, else None."""
        if self.labels.get(MARK_REVISION) != str(self.revision):
            return None
        return BotMark(self.labels.get(MARK_REQUESTER, ""), self.labels.get(MARK_OPERATION, ""))

    @property
    def is_pending(self) -> bool:
        """True while Helm works on it, or after it was killed while it did: no upgrade can start."""
        return self.status.startswith("pending-")

    def value(self, *path: str) -> object:
        """Return the value at `path`, the user's or else the chart's own; None where neither has one.

        As for helm, a user's null removes the chart's own value with everything below it.
        """
        given: object = self.values
        for name in path:
            if not isinstance(given, Mapping):
                return None
            if name not in given:
                return _dig(self.defaults, path)
            given = given[name]
        return given


def bot_labels(revision: int, requester: str, operation: str) -> dict[str, str]:
    """Return the labels by which `Release.by_bot` recognises that the bot made `revision`."""
    return {MARK_REVISION: str(revision), MARK_REQUESTER: requester, MARK_OPERATION: operation}


class Releases:
    """The revisions of one release. Every method raises Unavailable, and what `secrets` raises.

    `secrets` lists the Secrets of the release's namespace that match a label selector.
    """

    def __init__(self, release: str, secrets: Callable[[str], Awaitable[Sequence[SecretLike]]]) -> None:
        self._release = release
        self._secrets = secrets

    async def current(self) -> Release | None:
        """Return the newest revision, whatever its status; None when there is no such release."""
        return await self._newest("")

    async def deployed(self) -> Release | None:
        """Return the revision that is live; None when there is none."""
        return await self._newest(",status=deployed")

    async def history(self, limit: int = 10) -> list[Release]:
        """Return the newest revisions, newest first. Helm keeps ten unless configured otherwise."""
        found = await self._records("")
        return await asyncio.to_thread(lambda: [_read(secret) for secret in found[:limit]])

    async def _newest(self, selector: str) -> Release | None:
        found = await self._records(selector)
        return await asyncio.to_thread(_read, found[0]) if found else None

    async def _records(self, selector: str) -> list[SecretLike]:
        secrets = await self._secrets(f"owner=helm,name={self._release}{selector}")
        return sorted(secrets, key=_revision, reverse=True)


def _revision(secret: SecretLike) -> int:
    version = secret.labels.get("version", "")
    return int(version) if version.isdecimal() else 0


def _read(secret: SecretLike) -> Release:
    try:
        return _release(json.loads(_unpack(secret.data["release"])), secret.labels)
    except (*_UNREADABLE, binascii.Error, zlib.error):
        # Without its cause, whose text may quote the record.
        raise Unavailable(SYSTEM, f"of revision {_revision(secret)} cannot be read") from None


def _unpack(data: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    unpacked = unpacker.decompress(base64.b64decode(data, validate=True), LARGEST)
    if not unpacker.eof:
        raise ValueError("cut short, or too large")
    return unpacked


def _release(record: dict[str, Any], labels: Mapping[str, str]) -> Release:
    info, chart = record["info"], record["chart"]
    metadata = chart["metadata"]
    return Release(
        name=str(record["name"]),
        namespace=str(record.get("namespace", "")),
        revision=int(record["version"]),
        status=str(info["status"]),
        chart=Chart(str(metadata["name"]), str(metadata["version"]), str(metadata.get("appVersion") or "")),
        first_deployed=as_moment(info.get("first_deployed")),
        last_deployed=as_moment(info.get("last_deployed")),
        description=str(info.get("description") or "")[:_LONGEST_DESCRIPTION],
        labels=dict(labels),
        values=values_of(record.get("config")),
        defaults=values_of(chart.get("values")),
        manifest=str(record.get("manifest") or ""),
    )


def values_of(recorded: object) -> dict[str, Any]:
    """Return values as helm recorded them. Raise ValueError if they are no mapping, or nested too deeply."""
    if recorded is None:
        return {}
    if not isinstance(recorded, dict) or is_deeper(recorded, DEEPEST):
        raise ValueError("no values")
    return recorded


def is_deeper(value: object, most: int) -> bool:
    """Return True if lists and mappings are nested more than `most` levels deep; found without recursion."""
    level = [value]
    for _ in range(most):
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return False
    return True


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _dig(values: object, path: Sequence[str]) -> object:
    for name in path:
        if not isinstance(values, Mapping):
            return None
        values = values.get(name)
    return values
