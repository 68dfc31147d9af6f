"""Long lists, page by page, so that no single answer holds up the event loop."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Final, TypeVar

from clients.answers import Json, part, parts, text
from clients.errors import Unavailable
from clients.kube.api import SYSTEM, Allowance, Expired, KubeApi

PAGE = 500
# A million objects: a list that has still more pages by then has no end.
MOST_PAGES: Final = 2_000

T = TypeVar("T")


async def list_all(
    api: KubeApi, path: str, what: str, kind: str, query: Mapping[str, str] | None = None
) -> tuple[list[Json], str]:
    """Return every object of that kind at `path` and the resource version of the list. Empty parameters are not sent.

    A list whose next page expired (410) is read anew, once, in one piece. Raise what `KubeApi.listed` raises.
    """
    asked = {key: value for key, value in (query or {}).items() if value}
    try:
        return await _pages(api, path, what, kind, asked)
    except Expired:
        whole = await api.listed(path, what, kind, asked, Allowance())
        return parts(whole, "items"), _version(whole)


async def read_all(
    api: KubeApi, path: str, what: str, kind: str, query: Mapping[str, str], read: Callable[[Json], T | None]
) -> tuple[dict[str, T], str]:
    """Return the objects at `path` by UID, as `read` makes each (None: left out), and the resource version of the list.

    Each page is read before the next is requested, and other tasks run between two pages. A list whose next page
    expired (410) is read anew, once, in one piece. Raise what `KubeApi.listed` raises.
    """
    found: dict[str, T] = {}
    allowance = Allowance()
    page = await api.listed(path, what, kind, {**query, "limit": str(PAGE)}, allowance)
    for _ in range(MOST_PAGES):
        for item in parts(page, "items"):
            if (made := read(item)) is not None:
                found[text(part(item, "metadata"), "uid")] = made
        if not (following := text(part(page, "metadata"), "continue")):
            return found, _version(page)
        turn = {**query, "limit": str(PAGE), "continue": following}
        try:
            page = await api.listed(path, what, kind, turn, allowance)
        except Expired:
            found, page = {}, await api.listed(path, what, kind, query, Allowance())
    raise _endless()


async def pages(
    api: KubeApi, path: str, what: str, kind: str, query: Mapping[str, str]
) -> AsyncGenerator[list[Json], None]:
    """Yield the items at `path`, page by page, each bounded in time; only the UIDs seen are kept in between.

    A list whose next page expired (410) is read anew in one piece, without the items that were yielded already.
    """
    asked, seen = {key: value for key, value in query.items() if value}, set[str]()
    coming = asyncio.create_task(_page(api, path, what, kind, asked, ""))
    try:
        for _ in range(MOST_PAGES):
            page = await coming
            # The next one is on its way while this one is looked at.
            if following := text(part(page, "metadata"), "continue"):
                coming = asyncio.create_task(_page(api, path, what, kind, asked, following))
            uids = [text(part(item, "metadata"), "uid") for item in parts(page, "items")]
            yield [item for item, uid in zip(parts(page, "items"), uids, strict=True) if uid not in seen]
            if not following:
                return
            seen.update(uids)
        raise _endless()
    finally:
        coming.cancel()


async def _page(api: KubeApi, path: str, what: str, kind: str, asked: dict[str, str], following: str) -> Json:
    turn = {**asked, "limit": str(PAGE)} | ({"continue": following} if following else {})
    async with api.bounded(what):
        try:
            return await api.listed(path, what, kind, turn)
        except Expired:
            return await api.listed(path, what, kind, asked, Allowance())


async def _pages(api: KubeApi, path: str, what: str, kind: str, asked: dict[str, str]) -> tuple[list[Json], str]:
    allowance, items = Allowance(), list[Json]()
    turn = {**asked, "limit": str(PAGE)}
    for _ in range(MOST_PAGES):
        page = await api.listed(path, what, kind, turn, allowance)
        items += parts(page, "items")
        if not (following := text(part(page, "metadata"), "continue")):
            return items, _version(page)
        turn["continue"] = following
    raise _endless()


def _version(page: Json) -> str:
    return text(part(page, "metadata"), "resourceVersion")


def _endless() -> Unavailable:
    return Unavailable(SYSTEM, "returned a list without an end")
