"""Versions as charts have them (Semantic Versioning 2.0), and the index.yaml of a repository of charts (Helm 3)."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from yarl import URL

from clients.answers import RedirectedError
from clients.errors import Unavailable
from clients.http import bounded, read_whole, session
from clients.yaml_text import read_yaml

SYSTEM: Final = "The chart's repository"
# Zero to JupyterHub's lists every development version there was: some megabytes.
_LARGEST: Final = 48 << 20
_OK: Final = 200
_VERSION: Final = re.compile(r"v?(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:-([0-9A-Za-z.-]{1,64}))?(?:\+[0-9A-Za-z.-]{1,64})?")

Precedence = tuple[int, int, int, int, tuple[tuple[int, int, str], ...]]


def precedence(version: str) -> Precedence | None:
    """Return the sort key of a version (SemVer 11: a pre-release precedes its release); None if it is not a version."""
    found = _VERSION.fullmatch(version)
    if found is None:
        return None
    numbers = (int(found[1]), int(found[2]), int(found[3]))
    names = tuple((0, int(one), "") if one.isdecimal() else (1, 0, one) for one in (found[4] or "").split("."))
    return (*numbers, 0 if found[4] else 1, names)


def is_release(version: str) -> bool:
    """Return True if the text is a version and not a pre-release."""
    return (found := precedence(version)) is not None and found[3] == 1


async def indexed(repository: str, chart: str, *, seconds: float) -> dict[str, str]:
    """Return the app version of each version of the chart, newest first, with pre-releases. Raise Unavailable."""
    url = URL(repository.rstrip("/") + "/index.yaml")
    async with (
        bounded(SYSTEM, seconds),
        _at_its_address(),
        session("chart-repository", repository) as made,
        made.get(url, allow_redirects=False) as response,
    ):
        if response.status != _OK:
            raise Unavailable(SYSTEM, f"does not list its charts: it answers with {response.status}")
        content = await read_whole(response, _LARGEST)
    return await asyncio.to_thread(versions_in, content, chart)


@asynccontextmanager
async def _at_its_address() -> AsyncIterator[None]:
    try:
        yield
    except RedirectedError:
        raise Unavailable(SYSTEM, "has moved: set release.repository to its new address") from None


def versions_in(content: bytes, chart: str) -> dict[str, str]:
    """Return a chart's versions from an index.yaml, as `indexed` does. Not on the event loop. Raise Unavailable."""
    try:
        index = read_yaml(content)
    except ValueError as error:
        raise _unreadable() from error
    entries = index.get("entries") if isinstance(index, Mapping) else None
    listed = (entries.get(chart) or []) if isinstance(entries, Mapping) else None
    if not isinstance(listed, list):
        raise _unreadable()
    found = {str(one.get("version")): str(one.get("appVersion") or "") for one in listed if isinstance(one, Mapping)}
    order = {version: key for version in found if (key := precedence(version)) is not None}
    return {version: found[version] for version in sorted(order, key=lambda one: order[one], reverse=True)}


def _unreadable() -> Unavailable:
    return Unavailable(SYSTEM, "has an index that cannot be read")
