"""The chart repository over HTTP, as helm fetches it: an index and the packages."""

from typing import Final

from aiohttp import web

from sandbox.helm.chart_repository import EDITIONS, file_name, index, package

PATH: Final = "/charts"


def routes() -> list[web.RouteDef]:
    """Return the routes of the index and the packages."""
    return [web.get(f"{PATH}/index.yaml", _index), web.get(f"{PATH}/{{package}}", _package)]


async def _index(_: web.Request) -> web.StreamResponse:
    return web.Response(text=index(), content_type="application/x-yaml")


async def _package(request: web.Request) -> web.StreamResponse:
    wanted = request.match_info["package"]
    found = next((one for one in EDITIONS if file_name(one) == wanted), None)
    if found is None:
        raise web.HTTPNotFound
    return web.Response(body=package(found), content_type="application/gzip")
