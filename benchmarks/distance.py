"""Systems that are as far away as real ones: a proxy on loopback that passes every answer on some time later."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
from aiohttp import web

_NOT_PASSED_ON = ("host", "connection", "transfer-encoding", "content-length", "content-encoding")


@dataclass
class Distant:
    """A relay that adds the delay of a distant server: where it listens, and for whom; `target` may be set later."""

    url: str
    target: str = ""


@contextlib.asynccontextmanager
async def distant(seconds: float) -> AsyncIterator[Distant]:
    """Answer `seconds` after the system behind has, while the block lasts."""
    async with aiohttp.ClientSession(trust_env=False) as session:
        it = Distant("")

        async def passed_on(request: web.Request) -> web.Response:
            headers = {name: value for name, value in request.headers.items() if name.lower() not in _NOT_PASSED_ON}
            url, body = it.target + request.path_qs, await request.read()
            async with session.request(request.method, url, headers=headers, data=body) as answer:
                content = await answer.read()
            await asyncio.sleep(seconds)
            kept = {name: value for name, value in answer.headers.items() if name.lower() not in _NOT_PASSED_ON}
            return web.Response(status=answer.status, body=content, headers=kept)

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", passed_on)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            it.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield it
        finally:
            await runner.cleanup()
