"""Microsoft's Teams emulator, the Microsoft 365 Agents Playground, as a child process with our people in it."""

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import yaml

from bot.cli.local_teams import BOT
from bot.cli.world import SandboxWorld

_CHECKOUT = Path(__file__).parents[2]
_ENTRY = _CHECKOUT / "node_modules" / "@microsoft" / "m365agentsplayground" / "cli.js"
_READY_WITHIN = 30.0
_END_WITHIN = 5.0


class PlaygroundError(Exception):
    """The Playground did not start. The message says why, for the terminal."""


def available() -> bool:
    """Whether Node.js is there and `npm ci` has run in this checkout."""
    return shutil.which("node") is not None and _ENTRY.exists()


@contextlib.asynccontextmanager
async def playground(world: SandboxWorld, bot_url: str, port: int, folder: Path) -> AsyncIterator[str]:
    """Run the Playground while the block lasts; its address. Raises PlaygroundError.

    `folder` is where it keeps its configuration and its log.
    """
    (folder / ".m365agentsplayground.yml").write_text(yaml.safe_dump(configuration(world)), encoding="utf-8")
    command = ("node", str(_ENTRY), "start", "-e", f"{bot_url}/api/messages", "-c", "msteams", "--dt", "-p", str(port))
    with (folder / "playground.log").open("wb") as log:
        # A session of its own: it ends with the terminal it was started from otherwise, and takes its children along.
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    url = f"http://127.0.0.1:{port}"
    try:
        await _answering(process, url, folder / "playground.log")
        yield url
    finally:
        await _end(process)


def configuration(world: SandboxWorld) -> dict[str, object]:
    """The Playground's configuration (version 0.1.1) with the world's people, the first of them at the keyboard."""
    first, *others = [_user(p.id, p.name, p.upn, p.object_id) for p in world.people]
    return {
        "version": "0.1.1",
        "tenantId": world.tenant,
        "bot": {"id": BOT["id"], "name": BOT["name"]},
        "currentUser": first,
        "users": others,
        "personalChat": {"id": "personal-chat-id"},
        "groupChat": {"id": "group-chat-id", "name": "JupyterHub operators"},
        "team": {
            "id": "team-id",
            "name": "JupyterHub",
            "aadGroupId": "7d3c4b5a-0000-4000-8000-000000000031",
            "channels": [{"id": "channel-alerts-id", "name": "Alerts"}],
        },
    }


def _user(identity: str, name: str, upn: str, object_id: str) -> dict[str, str]:
    given, _, surname = name.partition(" ")
    return {
        "id": identity,
        "name": name,
        # The Playground spells it so.
        "userPrincipleName": upn,
        "aadObjectId": object_id,
        "givenName": given,
        "surname": surname,
        "email": upn,
    }


async def _answering(process: asyncio.subprocess.Process, url: str, log: Path) -> None:
    async with asyncio.timeout(_READY_WITHIN), aiohttp.ClientSession(trust_env=False) as session:
        while True:
            if process.returncode is not None:
                raise PlaygroundError(f"the Playground ended with status {process.returncode}: {_reason(log)}")
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(url) as response:
                    if response.ok:
                        return
            await asyncio.sleep(0.2)


def _reason(log: Path) -> str:
    """What it wrote last: to its output, or, for a configuration it does not like, to a log of its own."""
    own = log.parent / "devTools" / "m365agentsplayground.log"
    return "\n".join(
        file.read_text(encoding="utf-8", errors="replace").strip()[-600:] for file in (log, own) if file.exists()
    )


async def _end(process: asyncio.subprocess.Process) -> None:
    _signal_all(process, signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), _END_WITHIN)
    except TimeoutError:
        _signal_all(process, signal.SIGKILL)
        await process.wait()


def _signal_all(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    # The session is ours alone, so its group is the Playground and its children and nobody else.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
