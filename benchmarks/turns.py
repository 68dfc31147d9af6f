"""Turns per second over HTTP: this bot's adapter against botbuilder's own echo bot, token check and answer included.

Each is a process of its own with the same handler, which says what it heard. This file is all that is around them: it
signs the tokens, shows the keys, says the messages and takes the answers. Botbuilder answers over plain HTTP; this bot
sends tokens over TLS alone, and so answers by that.
"""

import asyncio
import contextlib
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from echo import APP_ID, TENANT

from sandbox.internet.tls import Certificates

_MESSAGES = int(os.environ.get("BENCH_TURNS", "300"))
_AT_ONCE = 16
_ROUNDS = 3


async def turns() -> tuple[float, float]:
    """Return the turns per second of this bot's adapter and of botbuilder's: medians of alternating rounds."""
    async with _Surroundings().running() as around, around.server("ours") as ours, around.server("stock") as stock:
        seen: dict[str, list[float]] = {ours: [], stock: []}
        for url in (ours, stock):
            await around.say(url, _AT_ONCE * 2)
        for _ in range(_ROUNDS):
            for url, each in seen.items():
                each.append(await around.say(url, _MESSAGES))
    return statistics.median(seen[ours]), statistics.median(seen[stock])


class _Surroundings:
    """The surroundings of a bot: Bot Framework's keys, its connector, and people."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._certificates = Certificates("localhost")
        self._answers = 0
        self._number = 0
        self._plain = self._secure = ""
        self._session: aiohttp.ClientSession | None = None

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["_Surroundings"]:
        """Run the servers while the block lasts."""
        app = web.Application()
        app.router.add_get("/metadata", self._metadata)
        app.router.add_get("/keys", self._keys)
        app.router.add_post("/v3/conversations/{path:.*}", self._answered)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            plain, secure = (
                web.TCPSite(runner, "127.0.0.1", 0),
                web.TCPSite(runner, "127.0.0.1", 0, ssl_context=self._certificates.server_context()),
            )
            for site in (plain, secure):
                await site.start()
            (_, port), (_, secure_port) = runner.addresses
            self._plain, self._secure = f"http://127.0.0.1:{port}/", f"https://localhost:{secure_port}/"
            async with aiohttp.ClientSession(trust_env=False) as self._session:
                yield self
        finally:
            await runner.cleanup()

    async def _metadata(self, _: web.Request) -> web.Response:
        algorithms = {"id_token_signing_alg_values_supported": ["RS256"]}
        return web.json_response({"jwks_uri": f"{self._plain}keys", **algorithms})

    async def _keys(self, _: web.Request) -> web.Response:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return web.json_response({"keys": [{**public, "kid": "key-1", "use": "sig", "endorsements": ["msteams"]}]})

    async def _answered(self, request: web.Request) -> web.Response:
        await request.read()
        self._answers += 1
        return web.json_response({"id": str(self._answers)}, status=201)

    @contextlib.asynccontextmanager
    async def server(self, kind: str) -> AsyncIterator[str]:
        """Run one of the two bots. Yield the address at which it gets messages."""
        with tempfile.TemporaryDirectory() as folder:
            trust = Path(folder) / "root.pem"
            trust.write_bytes(self._certificates.root_pem)
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, str(Path(__file__).with_name(f"echo_{kind}.py")), f"{self._plain}metadata"),
                env=os.environ | {"SSL_CERT_FILE": str(trust), "PYTHONDONTWRITEBYTECODE": ""},
                stdout=asyncio.subprocess.PIPE,
            )
            try:
                assert process.stdout is not None  # noqa: S101 - a pipe was asked for
                yield (await process.stdout.readline()).decode().strip()
            finally:
                with contextlib.suppress(ProcessLookupError):
                    process.terminate()
                await process.wait()

    async def say(self, url: str, messages: int) -> float:
        """Send so many messages, some at a time. Return the number that were answered per second."""
        service = self._secure if url.endswith("?ours") else self._plain
        headers = {"Authorization": f"Bearer {self._token(service)}"}
        before, begun, left = self._answers, time.monotonic(), iter(range(messages))

        async def one_after_the_other() -> None:
            assert self._session is not None  # noqa: S101 - it is open while they run
            for _ in left:
                async with self._session.post(url, json=self._message(service), headers=headers) as response:
                    if not response.ok:
                        raise SystemExit(f"{url} answered {response.status}: {await response.text()}")

        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(one_after_the_other())
        async with asyncio.timeout(60):
            await self._answered_all(before + messages)
        return messages / (time.monotonic() - begun)

    async def _answered_all(self, answers: int) -> None:
        while self._answers < answers:  # noqa: ASYNC110 - counted by the server's handler, for each of them
            await asyncio.sleep(0.001)

    def _token(self, service: str) -> str:
        now = int(time.time())
        claims = {"iss": "https://api.botframework.com", "aud": APP_ID, "serviceurl": service}
        claims |= {"nbf": now - 60, "exp": now + 3600}
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": "key-1"})

    def _message(self, service: str) -> dict[str, object]:
        self._number += 1
        thread = f"19:x@thread.tacv2;messageid={self._number}"
        return {
            "type": "message",
            "id": str(self._number),
            "channelId": "msteams",
            "serviceUrl": service,
            "timestamp": "2026-11-30T09:00:00.000Z",
            "from": {"id": "29:ada", "name": "Ada", "aadObjectId": "00000000-0000-0000-0000-000000000020"},
            "recipient": {"id": f"28:{APP_ID}", "name": "Echo"},
            "conversation": {"id": thread, "tenantId": TENANT, "conversationType": "channel", "isGroup": True},
            "channelData": {"tenant": {"id": TENANT}},
            "text": "status",
            "textFormat": "plain",
        }


if __name__ == "__main__":
    print(json.dumps(dict(zip(("ours", "stock"), asyncio.run(turns()), strict=True))))
