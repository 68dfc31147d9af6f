"""Systems outside that hang, or ask to be left alone for a day: nothing piles up in the bot, and SIGTERM ends it."""

import asyncio
import contextlib
from pathlib import Path

import pytest

from bot.cli.dev.sandbox_process import sandbox
from bot.cli.dev.teams_emulator import LocalTeams
from tests.fault.bot_process import BotProcess

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]

_LATER = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 86400\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_ASKED = 40


@contextlib.asynccontextmanager
async def server(answer):
    """A server that says the same to everybody, or with no answer nothing, and does not hang up; who came."""
    came, open_now = [], set()

    async def serve(reader, writer):
        came.append(writer)
        open_now.add(asyncio.current_task())
        try:
            await reader.readuntil(b"\r\n\r\n")
            if not answer:
                await asyncio.Event().wait()
            writer.write(answer)
            await writer.drain()
            writer.close()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.transport.abort()

    running = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{running.sockets[0].getsockname()[1]}", came
    finally:
        running.close()
        for task in open_now:
            task.cancel()
        await asyncio.gather(*open_now, return_exceptions=True)


def threads_of(bot):
    return len(list(Path(f"/proc/{bot._process.pid}/task").iterdir()))


@pytest.mark.parametrize("answer", [b"", _LATER], ids=["hangs", "come back tomorrow"])
async def test_a_git_server_that_does_not_answer_piles_nothing_up_and_holds_nobody_back(tmp_path, answer):
    async with (
        server(answer) as (url, came),
        sandbox(("--users", "0")) as world,
        LocalTeams(world.tenant).running() as teams,
    ):
        token = tmp_path / "git-token"
        token.write_text("canary-token")
        values = {"home": "git", "repository": f"{url}/x.git", "file": "config.yaml", "token_file": str(token)}
        bot = BotProcess(world, teams, tmp_path, {"values": values})
        teams.bot_url = bot.url
        await bot.start()
        try:
            before = threads_of(bot)
            for _ in range(_ASKED):
                await bot.say("viewer", "/jhub config show")
            async with asyncio.timeout(120):
                while not came:
                    await asyncio.sleep(0.05)
            assert threads_of(bot) <= before + 12, "a few for each system, however many ask"
            bot._process.terminate()
            async with asyncio.timeout(60):
                assert await bot._process.wait() == 0
        finally:
            await bot.end()
