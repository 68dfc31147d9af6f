#!/usr/bin/env bash
# Microsoft's own client of bots cannot read a long answer.
#
# botbuilder-integration-aiohttp 4.17.1, `skills/aio_http_client_factory.py`: `post` closes its aiohttp session before
# the answer's body is read. Of a short answer everything is in memory by then. Of a long one, such as a card near
# Teams' limit or what `deliveryMode: expectReplies` brings, the rest is not, and `read_content_str` raises.
#
# Seen with aiohttp 3.14.5 on Python 3.11:
#   2 KB: read, 2,002 characters
#   2 MB: RuntimeError: Connection closed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  'botbuilder-integration-aiohttp==4.17.1' 'aiohttp==3.14.5'
cat >"$folder/seen.py" <<'PYTHON'
import asyncio
import json

from aiohttp import web
from botbuilder.integration.aiohttp.skills import AioHttpClientFactory
from botframework.connector import HttpRequest


async def answer(request):
    return web.json_response("x" * int(request.query["length"]))


async def read(url, length):
    client = AioHttpClientFactory().create_client()
    request = HttpRequest(request_uri=f"{url}?length={length}", content=b"{}", headers={"Content-Type": "application/json"})
    response = await client.post(request=request)
    assert await response.is_succesful()
    try:
        return f"read, {len(await response.read_content_str()):,} characters"
    except Exception as error:
        return f"{type(error).__name__}: {error}"


async def main():
    app = web.Application()
    app.router.add_post("/api/messages", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/messages"
    print("2 KB:", await read(url, 2_000))
    print("2 MB:", await read(url, 2_000_000))
    await runner.cleanup()


asyncio.run(main())
PYTHON
"$folder/venv/bin/python" "$folder/seen.py" | tee "$folder/out"
diff "$folder/out" - <<'SEEN'
2 KB: read, 2,002 characters
2 MB: RuntimeError: Connection closed.
SEEN
