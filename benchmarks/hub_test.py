"""`/jhub test` against starting the same server by hand: the same requests to the hub's API, one after another."""

import asyncio
import statistics
import time
from contextlib import AbstractAsyncContextManager

import aiohttp
from measuring import Figure, secret, timed

from bot.cli.dev.sandbox_process import SandboxWorld
from bot.cli.dev.try_command import Trial, trial

_ROUNDS = 5
# The bot's role has its scopes for this user alone; the two take turns.
_USER = "test@jhub-bot.invalid"
# As often as a script looks that somebody writes for it, in seconds.
_LOOK = 0.5


async def hub_test() -> list[Figure]:
    """Measure both in turns: until a server is ready, and what the notebook and a thorough removal cost beyond that."""
    async with trial(["alerts.enabled=false"]) as started:
        operator = started.person("operator")
        bot, ready, hand, hand_ready = [], [], [], []
        for _ in range(_ROUNDS):
            bot.append(await timed(lambda: started.command(operator, "/jhub test")))
            ready.append(await _ready(started))
            begun = time.monotonic()
            hand_ready.append(await _by_hand(started.world))
            hand.append(time.monotonic() - begun)
    return [
        Figure(
            "/jhub test: its server’s start against that by hand",
            round(statistics.median(ready) / statistics.median(hand_ready), 3),
            1.1,
            "ratio",
        ),
        Figure(
            "/jhub test: its notebook, cards and removal, beyond by hand",
            round(statistics.median(bot) - statistics.median(hand), 2),
            2.0,
            "s",
        ),
    ]


async def _ready(started: Trial) -> float:
    (last,) = await started.bot.first.context.tests.recent(1)
    if not last.passed:
        raise SystemExit(f"the test failed: {last.failed}: {last.cause}")
    return last.seconds


async def _by_hand(world: SandboxWorld) -> float:
    """Make a user, start their server, wait, and remove both. Return the seconds until the server was ready."""
    token = secret(world.ready["hub_token_file"])
    users = f"{world.ready['hub_url']}/hub/api/users/{_USER}"
    async with aiohttp.ClientSession(headers={"Authorization": f"token {token}"}, trust_env=False) as http:
        await _done(http.post(users))
        begun = time.monotonic()
        await _done(http.post(f"{users}/server"))
        while not (await _servers(http, users)).get("", {}).get("ready"):  # noqa: ASYNC110 - as a script waits
            await asyncio.sleep(_LOOK)
        ready = time.monotonic() - begun
        await _done(http.delete(f"{users}/server"))
        while await _servers(http, users):  # noqa: ASYNC110 - see above
            await asyncio.sleep(_LOOK)
        await _done(http.delete(users))
    return ready


async def _done(asked: AbstractAsyncContextManager[aiohttp.ClientResponse]) -> None:
    async with asked as response:
        response.raise_for_status()


async def _servers(http: aiohttp.ClientSession, url: str) -> dict[str, dict[str, object]]:
    async with http.get(url) as response:
        response.raise_for_status()
        found: dict[str, dict[str, object]] = (await response.json())["servers"]
        return found
