"""SIGTERM ends the bot, whatever the systems outside do and whatever its threads wait for."""

import asyncio
import signal
import sys

import pytest

# A bot in which something waits for ever where nobody can call it back, and one whose beginning never ends.
STUCK = """
import asyncio, contextlib, sys, threading, types
from bot.cli import serve as serving

serving._AT_MOST = 1.0
never = threading.Event()

@contextlib.asynccontextmanager
async def running(settings):
    if "beginning" in sys.argv:
        await asyncio.sleep(3600)
    if "thread" in sys.argv:
        asyncio.get_running_loop().run_in_executor(None, never.wait)
    try:
        yield types.SimpleNamespace(url="http://127.0.0.1:1", load=lambda: None)
    finally:
        if "end" in sys.argv:
            await asyncio.sleep(3600)

serving.running = running

async def main():
    task = asyncio.create_task(serving.serve(None))
    await asyncio.sleep(0.2)
    print("ready", flush=True)
    return await task

sys.exit(asyncio.run(main()))
"""


@pytest.mark.parametrize("what", ["nothing", "thread", "end", "beginning"])
async def test_it_ends(what):
    bot = await asyncio.create_subprocess_exec(
        sys.executable, "-c", STUCK, what, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    async with asyncio.timeout(120):
        assert await bot.stdout.readline() == b"ready\n"
        bot.send_signal(signal.SIGTERM)
        assert await bot.wait() == 0
