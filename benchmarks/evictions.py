"""The eviction of many servers from a real JupyterHub, each of which takes long to stop, against that of one."""

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from crowd import p95
from measuring import Figure, free_port, hub_token

from bot.cli.dev.sandbox_process import SandboxWorld
from bot.cli.dev.try_command import Decider, Trial, trial
from sandbox.scenario.release import BOT_SCOPES

_HERE = Path(__file__).parent
_PROXY = _HERE.parent / "node_modules/configurable-http-proxy/bin/configurable-http-proxy"
_SERVERS = int(os.environ.get("BENCH_SERVERS", "60"))
_STOP_SECONDS = float(os.environ.get("BENCH_STOP_SECONDS", "25"))
_LOOK_SECONDS = 0.1
_PATIENCE = 300.0


@dataclass
class _Hub:
    """A real hub, to be asked with a token that may do anything."""

    url: str
    token: str
    http: aiohttp.ClientSession
    answered: list[float] = field(default_factory=list)

    async def start(self, names: list[str]) -> None:
        """Create users, start their servers, and wait until they are ready."""
        await self._ask("POST", "/users", json={"usernames": names})
        await asyncio.gather(*(self._ask("POST", f"/users/{name}/server") for name in names))
        await self.until(lambda states: len(states) == len(names) and all(ready for ready, _ in states))

    async def until(self, holds: Callable[[list[tuple[bool, str]]], bool]) -> float:
        """Look until it holds of the servers, each ready or not and what is pending. Return when that was."""
        async with asyncio.timeout(_PATIENCE):
            while True:
                begun = time.monotonic()
                users = await self._ask("GET", "/users?state=active")
                self.answered.append(time.monotonic() - begun)
                servers = [one for user in users for one in user["servers"].values()]
                if holds([(one["ready"], one["pending"] or "") for one in servers]):
                    return time.monotonic()
                await asyncio.sleep(_LOOK_SECONDS)

    async def emptied(self, work: Awaitable[object]) -> float:
        """Do the work, which has all servers stopped. Return the seconds from the first that stops to the last."""
        doing = asyncio.ensure_future(work)
        self.answered.clear()
        begun = await self.until(lambda states: any(pending == "stop" for _, pending in states))
        ended = await self.until(lambda states: not states)
        await doing
        return ended - begun

    async def _ask(self, method: str, path: str, **more: object) -> list[dict[str, dict[str, dict[str, object]]]]:
        headers = {"Authorization": f"token {self.token}"}
        async with self.http.request(method, f"{self.url}/hub/api{path}", headers=headers, **more) as response:
            response.raise_for_status()
            return await response.json() if method == "GET" else []


async def evictions() -> list[Figure]:
    """Measure `/jhub scale 0 --evict` of many servers against one server that is stopped."""
    url = f"http://127.0.0.1:{free_port()}"
    settings = (f"hub.url={url}", "alerts.enabled=false")
    async with trial(settings, arguments=("--users", "0")) as started, _hub(url, started.world) as hub:
        one, many = await _stopped(started, hub)
    # As many seconds as that are lost where the machine is shared: the load is part of the figure.
    load = f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    print(f"one server of {_STOP_SECONDS:g} s stopped in {one:.1f} s, {_SERVERS} of them in {many:.1f} s; load {load}")
    print(f"the hub's slowest answer meanwhile: {max(hub.answered):.1f} s")
    return [
        Figure(f"{_SERVERS} servers of a real hub evicted, against one", round(many / one, 2), 3.0, "ratio"),
        Figure("the hub's answers meanwhile, 95 of 100", round(p95(hub.answered) * 1000), 2000.0, "ms"),
    ]


async def _stopped(started: Trial, hub: _Hub) -> tuple[float, float]:
    operator, approver = started.person("operator"), Decider(started.person("approver"), "approve")

    async def command(line: str) -> None:
        outcome = await started.command(operator, line, approver)
        if outcome is None or not outcome.is_good:
            raise SystemExit(f"{line} ended {outcome}")

    await hub.start(["alone@example.org"])
    one = await hub.emptied(command("/jhub server stop alone@example.org"))
    await hub.start([f"user{number:02}@example.org" for number in range(_SERVERS)])
    return one, await hub.emptied(command("/jhub scale 0 --evict --grace 1s"))


@contextlib.asynccontextmanager
async def _hub(url: str, world: SandboxWorld) -> AsyncIterator[_Hub]:
    """Run a hub whose servers are pods of this world."""
    node = shutil.which("node")
    if node is None or not _PROXY.exists():
        raise SystemExit("node and configurable-http-proxy are needed for a real hub: make setup")
    token = secrets.token_hex(16)
    own = {
        "BENCH_HUB_URL": url,
        "BENCH_HUB_PORT": str(free_port()),
        "BENCH_PROXY": json.dumps([node, str(_PROXY)]),
        "BENCH_PROXY_PORT": str(free_port()),
        "BENCH_SCOPES": ",".join(BOT_SCOPES),
        "BENCH_BOT_TOKEN": hub_token(world),
        "BENCH_MAKER_TOKEN": token,
        "BENCH_API": str(world.ready["api_url"]),
        "BENCH_NAMESPACE": str(world.ready["namespace"]),
        "BENCH_IMAGE": f"{world.ready['image']}:{world.tags[0]}",
        "BENCH_STOP_SECONDS": str(_STOP_SECONDS),
    }
    command = (sys.executable, "-m", "jupyterhub", "--config", str(_HERE / "slow_hub.py"))
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, env=os.environ | own, stdout=log, stderr=log
        )
        try:
            async with aiohttp.ClientSession(trust_env=False) as http:
                await _answers(url, http, process, Path(folder) / "log")
                yield _Hub(url, token, http)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


async def _answers(url: str, http: aiohttp.ClientSession, process: asyncio.subprocess.Process, log: Path) -> None:
    async with asyncio.timeout(_PATIENCE):
        while process.returncode is None:
            with contextlib.suppress(aiohttp.ClientError):
                async with http.get(f"{url}/hub/health") as response:
                    if response.ok:
                        return
            await asyncio.sleep(_LOOK_SECONDS)
    said = await asyncio.to_thread(log.read_text, "utf-8")
    raise SystemExit(f"JupyterHub did not start:\n{said[-3000:]}")
