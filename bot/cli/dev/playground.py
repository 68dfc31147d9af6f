"""Microsoft's Teams emulator, the Microsoft 365 Agents Playground, as a child process with our people in it."""

import asyncio
import contextlib
import os
import re
import shutil
import signal
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

import aiohttp
import yaml

from bot.cli.dev.sandbox_process import SandboxWorld
from bot.cli.dev.teams_emulator import BOT

_CHECKOUT = Path(__file__).parents[3]
_ENTRY = _CHECKOUT / "node_modules" / "@microsoft" / "m365agentsplayground" / "cli.js"
# It listens on loopback alone, which it has no option for.
PROGRAM: Final = ("node", "--require", str(Path(__file__).with_name("loopback.cjs")), str(_ENTRY))
# A start takes two seconds; on a machine that does much else, or from a cold disk, many times that.
READY_WITHIN: Final = 60.0
_END_WITHIN = 5.0
_LOOK_EVERY = 0.2
# Without it the Playground opens a browser, and where there is none (xdg-open) it ends.
_QUIET: Final = {"TEAMSAPPTESTER_BROWSER": "none"}

CHANNEL: Final = "channel-alerts-id"
"""The id of the one channel that its team has besides the general one."""
_LOG: Final = "playground.log"
_ERROR: Final = re.compile(r"error|EADDR|cannot|not found", re.IGNORECASE)
# How much of a log is read, and of a line is said.
_READ, _SAID = 20_000, 200


class PlaygroundError(Exception):
    """The Playground did not start, or ended. The message goes on where “The Playground” began, in one line."""


def available(program: Sequence[str] = PROGRAM) -> bool:
    """Return True if Node.js is installed, and the Playground in this checkout."""
    return shutil.which(program[0]) is not None and Path(program[-1]).exists()


@dataclass(frozen=True)
class Started:
    """Playground that answers at `url`."""

    url: str
    process: asyncio.subprocess.Process
    folder: Path

    async def ended(self) -> NoReturn:
        """Wait until it ends by itself. Raise PlaygroundError then."""
        await self.process.wait()
        raise _ended(self.process, self.folder)


@dataclass(frozen=True)
class Emulator:
    """Playground that is to listen on `port`, and may take `within` seconds before it answers."""

    port: int
    program: Sequence[str] = PROGRAM
    within: float = READY_WITHIN

    @contextlib.asynccontextmanager
    async def running(self, world: SandboxWorld, bot_url: str, folder: Path) -> AsyncIterator[Started]:
        """Run it while the block lasts, its configuration and logs in `folder`. Raise PlaygroundError."""
        (folder / ".m365agentsplayground.yml").write_text(yaml.safe_dump(configuration(world)), encoding="utf-8")
        process = await self._begun(bot_url, folder)
        try:
            started = Started(f"http://127.0.0.1:{self.port}", process, folder)
            await _answering(started, self.within)
            yield started
        finally:
            await _end(process)

    async def _begun(self, bot_url: str, folder: Path) -> asyncio.subprocess.Process:
        options = ("start", "-e", f"{bot_url}/api/messages", "-c", "msteams", "--dt", "-p", str(self.port))
        with (folder / _LOG).open("wb") as log:
            try:
                # A session of its own: else it ends with the terminal that it was started from. Its standard input,
                # which nothing is written to, closes with this process, however that ends: then it ends as well.
                return await asyncio.create_subprocess_exec(
                    *(*self.program, *options),
                    cwd=folder,
                    env=os.environ | _QUIET,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            except OSError as error:
                raise PlaygroundError(f"cannot be started: {error.strerror}") from error


def configuration(world: SandboxWorld) -> dict[str, object]:
    """Return the Playground's configuration (version 0.1.1) with the world's people, the first at the keyboard."""
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
            "channels": [{"id": CHANNEL, "name": "Alerts"}],
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


async def _answering(started: Started, within: float) -> None:
    try:
        async with asyncio.timeout(within), aiohttp.ClientSession(trust_env=False) as session:
            while not await _answers(session, started.url):
                if started.process.returncode is not None:
                    raise _ended(started.process, started.folder)
                await asyncio.sleep(_LOOK_EVERY)
    except TimeoutError:
        raise PlaygroundError(f"did not answer within {within:g} seconds") from None


async def _answers(session: aiohttp.ClientSession, url: str) -> bool:
    with contextlib.suppress(aiohttp.ClientError):
        async with session.get(url) as response:
            return response.ok
    return False


def _ended(process: asyncio.subprocess.Process, folder: Path) -> PlaygroundError:
    status = process.returncode or 0
    how = (
        f"ended with status {status}" if status >= 0 else f"was ended by signal {-status} ({signal.strsignal(-status)})"
    )
    return PlaygroundError(": ".join(part for part in (how, _reason(folder)) if part))


def _reason(folder: Path) -> str:
    """Return the line that says why it ended: of its output, or, for a configuration that it rejects, of its log."""
    files = (folder / _LOG, folder / "devTools" / "m365agentsplayground.log")
    text = "\n".join(file.read_text("utf-8", errors="replace")[-_READ:] for file in files if file.exists())
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if _ERROR.search(line)]
    return (errors or lines[-1:] or [""])[0][:_SAID].rstrip(".")


async def _end(process: asyncio.subprocess.Process) -> None:
    _signal_all(process, signal.SIGTERM)
    try:
        async with asyncio.timeout(_END_WITHIN):
            await process.wait()
    except TimeoutError:
        _signal_all(process, signal.SIGKILL)
        await process.wait()


def _signal_all(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    # The session is ours alone, so its group is the Playground and its children and nobody else.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
