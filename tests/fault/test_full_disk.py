"""A disk that fills up under a running bot: what is at work waits, what is asked is answered, nothing is done twice.

The disk is a small file system in memory, which only root may make: skipped elsewhere.
"""

import asyncio
import contextlib
import json
import os
import signal
import sqlite3
import subprocess

import pytest

from bot.changes.model import State
from bot.cli.dev.sandbox_process import sandbox
from bot.cli.dev.teams_emulator import LocalTeams
from tests.fault.bot_process import BotProcess, is_final
from tests.fault.test_replicas import press, snapshots_of, until

pytestmark = [pytest.mark.fault, pytest.mark.timeout(300)]

MOUNT, UMOUNT = "/bin/mount", "/bin/umount"
_LINE = "storage delete emmy.noether@example.org"


@contextlib.contextmanager
def small_disk(folder, megabytes):
    """A file system of its own at `folder` while the block lasts."""
    folder.mkdir()
    command = [MOUNT, "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("no file system can be made here: that takes root")
    try:
        yield folder
    finally:
        subprocess.run([UMOUNT, "--lazy", str(folder)], check=True)


def fill(folder):
    """Take all the room there is, to the last block."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 512)
    return filler


async def filled_at_work(bot, state, change):
    """Fill the disk while the change is at work, so that nothing at all can be written; the filler.

    The bot stands still meanwhile. What SQLite keeps of its journal would be room enough for some steps more.
    """
    await until(bot, lambda one: one.id == change.id and one.state is State.RUNNING)
    async with asyncio.timeout(60):
        while True:
            os.kill(bot.pid, signal.SIGSTOP)
            try:
                async with bot.records() as changes:
                    assert (await changes.get(change.id)).state is State.RUNNING, "it was over before the disk was full"
                emptied = [without_journal(path) for path in state.glob("*.sqlite")]
                if all(emptied):
                    return fill(state)
            finally:
                os.kill(bot.pid, signal.SIGCONT)
            await asyncio.sleep(0.01)


def without_journal(path):
    """Whether SQLite's journal could be emptied: not while somebody writes."""
    with contextlib.closing(sqlite3.connect(path, timeout=0)) as database:
        busy, _, _ = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


@contextlib.asynccontextmanager
async def running(tmp_path):
    """A bot whose records are on a small disk, and a change that waits for an approval."""
    with small_disk(tmp_path / "state", 12) as state:
        async with sandbox() as world, LocalTeams(world.tenant).running() as teams:
            bot = BotProcess(world, teams, tmp_path, {"state_dir": str(state)})
            teams.bot_url = bot.url
            await bot.start()
            try:
                await bot.say("operator", f"/jhub {_LINE}")
                yield bot, state, await until(bot, lambda one: one.state is State.WAITING and one.card)
            finally:
                await bot.end()
    log = (tmp_path / "bot-0.log").read_text("utf-8")
    assert "Traceback" not in log, log[-3000:]


async def done_once(bot, change):
    ended = await until(bot, lambda one: one.id == change.id and one.state is State.ENDED)
    assert ended.outcome == "done", ended.final
    assert len(await snapshots_of(bot, change)) == 1
    async with asyncio.timeout(60):
        while not is_final(bot.teams.activities[ended.card]):
            await asyncio.sleep(0.1)


async def test_nothing_is_decided_on_a_full_disk_and_all_goes_on_once_there_is_room(tmp_path):
    async with running(tmp_path) as (bot, state, change):
        filler = fill(state)
        answer = await press(bot, "approver", "approve", change)
        assert "cannot be read or written" in str(answer), answer
        # What only looks is answered all the same.
        await bot.say("viewer", "/jhub status")
        await shown(bot, lambda activity: "JupyterHub" in activity and change.id not in activity)
        async with bot.records() as changes:
            assert (await changes.get(change.id)).state is State.WAITING
        filler.unlink()
        await press(bot, "approver", "approve", change)
        await done_once(bot, change)


async def test_a_change_at_work_waits_for_room_and_says_so(tmp_path):
    async with running(tmp_path) as (bot, state, change):
        await press(bot, "approver", "approve", change)
        filler = await filled_at_work(bot, state, change)
        await shown(bot, lambda activity: "cannot write its records" in activity)
        filler.unlink()
        await done_once(bot, change)


async def test_a_bot_that_waits_for_room_ends_when_it_is_told_to(tmp_path):
    async with running(tmp_path) as (bot, state, change):
        await press(bot, "approver", "approve", change)
        filler = await filled_at_work(bot, state, change)
        await shown(bot, lambda activity: "cannot write its records" in activity)
        assert await bot.end() >= 0
        filler.unlink()
        await bot.start()
        await done_once(bot, change)


async def shown(bot, holds):
    """Wait until some message is so."""
    async with asyncio.timeout(60):
        while not any(holds(json.dumps(activity)) for activity in bot.teams.activities.values()):
            await asyncio.sleep(0.05)
