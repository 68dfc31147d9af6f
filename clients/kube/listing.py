"""Long lists, page by page, so that no single answer holds up the event loop."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import TypeVar

from clients.kube.api import Expired, Json, KubeApi
from clients.kube.fields import part, parts, text

PAGE = 500

T = TypeVar("T")


async def list_all(
    api: KubeApi, path: str, what: str, query: Mapping[str, str] | None = None
) -> tuple[list[Json], str]:
    """Every item at `path` and the resource version of the list. Empty parameters are not sent.

    A list whose next page expired (410) is read anew, once, in one piece. Raises what `KubeApi.get` raises.
    """
    asked = {key: value for key, value in (query or {}).items() if value}
    try:
        return await _pages(api, path, what, asked)
    except Expired:
        whole = await api.get(path, what, asked)
        return parts(whole, "items"), _version(whole)


async def read_all(
    api: KubeApi, path: str, what: str, query: Mapping[str, str], read: Callable[[Json], T | None]
) -> tuple[dict[str, T], str]:
    """Every object at `path` by UID, as `read` makes it (None: not kept), and the resource version of the list.

    Each page is read before the next is asked for, and others on the event loop get their turn between two. A list
    whose next page expired (410) is read anew, once, in one piece. Raises what `KubeApi.get` raises.
    """
    found: dict[str, T] = {}
    page = await api.get(path, what, {**query, "limit": str(PAGE)})
    while True:
        for item in parts(page, "items"):
            if (made := read(item)) is not None:
                found[text(part(item, "metadata"), "uid")] = made
        if not (following := text(part(page, "metadata"), "continue")):
            return found, _version(page)
        try:
            page = await api.get(path, what, {**query, "limit": str(PAGE), "continue": following})
        except Expired:
            found, page = {}, await api.get(path, what, query)


async def pages(api: KubeApi, path: str, what: str, query: Mapping[str, str]) -> AsyncGenerator[list[Json], None]:
    """The items at `path`, page by page, each bounded in time; nothing but the names seen is kept in between.

    A list whose next page expired (410) is read anew in one piece, without what was given out already.
    """
    asked, seen = {key: value for key, value in query.items() if value}, set[str]()
    coming = asyncio.create_task(_page(api, path, what, asked, ""))
    try:
        while True:
            page = await coming
            # The next one is on its way while this one is looked at.
            if following := text(part(page, "metadata"), "continue"):
                coming = asyncio.create_task(_page(api, path, what, asked, following))
            uids = [text(part(item, "metadata"), "uid") for item in parts(page, "items")]
            yield [item for item, uid in zip(parts(page, "items"), uids, strict=True) if uid not in seen]
            if not following:
                return
            seen.update(uids)
    finally:
        coming.cancel()


async def _page(api: KubeApi, path: str, what: str, asked: dict[str, str], following: str) -> Json:
    turn = {**asked, "limit": str(PAGE)} | ({"continue": following} if following else {})
    async with api.bounded(what):
        try:
            return await api.get(path, what, turn)
        except Expired:
            return await api.get(path, what, asked)


async def _pages(api: KubeApi, path: str, what: str, asked: dict[str, str]) -> tuple[list[Json], str]:
    page = await api.get(path, what, {**asked, "limit": str(PAGE)})
    items = parts(page, "items")
    while following := text(part(page, "metadata"), "continue"):
        page = await api.get(path, what, {**asked, "limit": str(PAGE), "continue": following})
        items += parts(page, "items")
    return items, _version(page)


def _version(page: Json) -> str:
    return text(part(page, "metadata"), "resourceVersion")
