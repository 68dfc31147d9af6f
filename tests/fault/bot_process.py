"""A bot as a process of its own that can be killed at any moment and started again, and the people who talk to it."""

import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import yaml

from bot.changes.repository import Changes
from bot.cli.dev.card_actions import actions, as_activity, refresh
from bot.cli.dev.sandbox_process import SandboxWorld
from bot.cli.dev.teams_emulator import LocalTeams
from bot.config.loading import settings_from
from bot.store.connect import store_url
from bot.store.database import Database

_BOT = Path(sys.executable).with_name("jhub-bot")
# Three seconds on a machine of its own; this one may be shared by ten.
_START_WITHIN = 90.0
# What is said here is said by a script.
HURRIED = {"limits": {"per_minute": 0}}


_given: set[int] = set()
# Below those that Linux gives to whoever asks for any: a bot that was killed comes back to its own.
_PORTS = range(20_000, 32_000)


def free_port() -> int:
    """A port that nobody has, and that was not given before: it is not taken at once."""
    while True:
        port = random.choice(_PORTS)  # noqa: S311 - other processes look for theirs at the same time
        with contextlib.closing(socket.socket()) as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            if port not in _given:
                _given.add(port)
                return port


@dataclass
class BotProcess:
    """`jhub-bot serve` for one sandbox, its records in `folder`. It listens on the same port after each restart."""

    world: SandboxWorld
    teams: LocalTeams
    folder: Path
    settings: dict
    replica: str = "bot-0"
    kills: int = 0
    _process: asyncio.subprocess.Process | None = None
    port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def content(self) -> dict:
        store = {"store": {**self.settings.get("store", {}), "replica": self.replica}}
        return self.world.settings(self.folder) | self.settings | store | {"teams": {"port": self.port}} | HURRIED

    async def start(self) -> None:
        config = self.folder / f"{self.replica}.yaml"
        config.write_text(yaml.safe_dump(self.content), encoding="utf-8")
        log = (self.folder / f"{self.replica}.log").open("ab")
        with log:
            self._process = await asyncio.create_subprocess_exec(
                str(_BOT),
                *("--log-level", "warning", "serve", "--config", str(config)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        async with asyncio.timeout(_START_WITHIN):
            while not await self.answers():
                if self._process.returncode is not None:
                    raise RuntimeError((self.folder / f"{self.replica}.log").read_text("utf-8")[-2000:])
                await asyncio.sleep(0.05)

    async def answers(self) -> bool:
        try:
            async with aiohttp.ClientSession() as session, session.get(f"{self.url}/healthz") as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def megabytes(self) -> float:
        """The memory that it has in use."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text("utf-8").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    async def kill(self) -> None:
        """As the kernel does it when memory is short: no goodbye."""
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGKILL)
        await self._process.wait()
        self.kills += 1

    async def end(self) -> int | None:
        """As a service manager does it; the exit status, which is negative where patience has ended."""
        if self._process is None or self._process.returncode is not None:
            return None
        self._process.terminate()
        try:
            return await asyncio.wait_for(self._process.wait(), 20)
        except TimeoutError:
            self._process.kill()
            return await self._process.wait()

    @contextlib.asynccontextmanager
    async def records(self, hub=None):
        """What the bot has on record of a hub, the first one for None, read beside it."""
        its = settings_from(self.content).named(hub)
        database = Database(store_url(its, "bot"), its.store.schema_name)
        try:
            yield Changes(database, lambda: datetime.now(UTC))
        finally:
            await asyncio.to_thread(database.close)

    # People

    async def say(self, who: str, text: str) -> None:
        """Say it until the bot has taken it, as Teams delivers again what was not answered."""
        activity = self.teams.message(self.world.person(who), text)
        async with asyncio.timeout(60):
            while True:
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    if await self.teams.deliver(activity) in (200, 202):
                        return
                await asyncio.sleep(0.1)

    async def press(self, who: str, card: str, action: dict) -> dict:
        """Press it until there is an answer, as a person does whose click led to an error."""
        async with asyncio.timeout(60):
            while True:
                with contextlib.suppress(aiohttp.ClientError, RuntimeError, TimeoutError):
                    return await self.teams.click(self.world.person(who), card, action)
                await asyncio.sleep(0.1)

    def cards_of(self, change: str) -> list[str]:
        """Every message in the channel that has to do with the change."""
        return [card for card, activity in self.teams.activities.items() if change in json.dumps(activity)]

    async def seen(self, who: str, card: str) -> dict:
        """The card as that person sees it after their client has asked for their own view, if it does."""
        activity = self.teams.activities[card]
        asked = refresh(activity)
        return activity if asked is None else as_activity(await self.press(who, card, asked))


def is_final(activity: dict) -> bool:
    """Whether nothing on the card can be pressed and nothing is said to go on."""
    return not actions(activity) and refresh(activity) is None and "Working on it" not in json.dumps(activity)
