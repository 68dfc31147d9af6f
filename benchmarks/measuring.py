"""The tools of the benchmarks: a figure, a bot in a process of its own, and the time and memory of processes."""

import asyncio
import contextlib
import json
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import yaml

from bot.cli.dev.sandbox_process import SandboxWorld
from bot.cli.dev.teams_emulator import LocalTeams
from clients.helm.program import built

HELM = str(Path(sys.executable).with_name("helm"))
JHUB_BOT = str(Path(sys.executable).with_name("jhub-bot"))
# What the sandbox takes instead of looking for one (sandbox/helm/release_history.py).
_SANDBOX_HELM = "JHUB_SANDBOX_HELM"
# One script sends all commands.
_HURRIED = {"limits": {"per_minute": 0}}
# The image has the byte code of the bot: where Python is kept from writing it, the compiler would be measured.
AS_INSTALLED = {"PYTHONDONTWRITEBYTECODE": ""}


@dataclass(frozen=True)
class Figure:
    """One measurement: `ratio` in `unit`, at most `limit`."""

    name: str
    ratio: float
    limit: float
    unit: str

    @property
    def holds(self) -> bool:
        """True if the promise is kept."""
        return self.ratio <= self.limit


@contextlib.asynccontextmanager
async def served(
    world: SandboxWorld, folder: Path, line: str = "/jhub status", times: int = 20, program: str = JHUB_BOT
) -> AsyncIterator[tuple[float, asyncio.subprocess.Process, str]]:
    """Run `jhub-bot serve` and ask it `times` times. Yield its seconds until it was ready, its process and its URL."""
    port = free_port()
    config = folder / "config.yaml"
    settings = world.settings(folder) | _HURRIED | {"teams": {"port": port}}
    if program != JHUB_BOT:
        # An older build does not know what has come since, and refuses it.
        settings["azure"] = {name: value for name, value in settings["azure"].items() if name != "bot"}
    config.write_text(yaml.safe_dump(settings), encoding="utf-8")
    begun = time.monotonic()
    command = (program, "--log-level=warning", "serve", "--config", str(config))
    process = await asyncio.create_subprocess_exec(*command, env=os.environ | AS_INSTALLED, cwd="/")
    try:
        await _ready(port)
        seconds = time.monotonic() - begun
        await _ask_some(world, port, line, times)
        yield seconds, process, f"http://127.0.0.1:{port}"
    finally:
        # It may have ended by itself, and said why.
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _ask_some(world: SandboxWorld, port: int, line: str, times: int) -> None:
    answered = asyncio.Semaphore(0)
    async with LocalTeams(world.tenant, on_activity=lambda *_: answered.release()).running() as teams:
        teams.bot_url = f"http://127.0.0.1:{port}"
        for _ in range(times):
            await teams.say(world.people[0], line)
            await asyncio.wait_for(answered.acquire(), 30)
            # A card that says that it takes a moment comes before an answer that does.
            while not _is_answered(teams):
                await asyncio.wait_for(answered.acquire(), 30)


def _is_answered(teams: LocalTeams) -> bool:
    return "Working on it" not in json.dumps(list(teams.activities.values())[-1])


async def _ready(port: int) -> None:
    async with asyncio.timeout(120), aiohttp.ClientSession(trust_env=False) as session:
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(f"http://127.0.0.1:{port}/readyz") as response:
                    if response.ok:
                        return
            await asyncio.sleep(0.02)


def helms() -> list[Path]:
    """Return the helm of this environment, and those that `make helm` has built, the oldest first."""
    return [Path(HELM), *(path for _, path in sorted(built().items()))]


@contextlib.contextmanager
def sandbox_helm(helm: Path) -> Iterator[None]:
    """Have the sandboxes that begin meanwhile make their past with this helm."""
    os.environ[_SANDBOX_HELM] = str(helm)
    try:
        yield
    finally:
        del os.environ[_SANDBOX_HELM]


def free_port() -> int:
    """Return a port that is free now."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def hub_token(world: SandboxWorld) -> str:
    """Return the bot's token for the hub."""
    return secret(world.ready["hub_token_file"])


def secret(file: object) -> str:
    """Return the secret in a file."""
    return Path(str(file)).read_text("utf-8").strip()


def peak_megabytes(pid: int) -> float:
    """Return the most memory that a process ever held, in megabytes."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def resident_megabytes(pid: int) -> float:
    """Return the memory that a process holds now, in megabytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process, which does not depend on the load of the machine."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    """Do the work. Return the seconds that it took."""
    begun = time.monotonic()
    await work()
    return time.monotonic() - begun


async def run_command(*command: str) -> str:
    """Run a command. Return its output, or end the benchmark if it fails."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    if process.returncode != 0:
        raise SystemExit(f"{command[0]} {command[1]} ended with status {process.returncode}")
    return output.decode()
