"""`jhub-bot demo`: sandbox, bot and Playground together, all ended by one Ctrl-C."""

import asyncio
import contextlib
import signal
import socket
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

import click

from bot.cli.dev import playground
from bot.cli.dev.fault_injection import PACE, inject_faults
from bot.cli.dev.first_install import prepare
from bot.cli.dev.introduction import introduction
from bot.cli.dev.listener_tap import Overheard, overheard
from bot.cli.dev.old_helm import warning
from bot.cli.dev.playground import Emulator, PlaygroundError
from bot.cli.dev.sandbox_process import SandboxError, SandboxWorld, sandbox
from bot.cli.dev.teams_emulator import LocalTeams
from bot.cli.dev.terminal import Terminal
from bot.cli.serve import stop_event
from bot.config.loading import settings_from
from bot.config.settings import Settings
from bot.config.types import ConfigError
from bot.runtime.gc_tuning import loaded
from bot.wiring.application import running

_HOST: Final = "127.0.0.1"


async def run(
    *,
    arguments: Sequence[str],
    port: int,
    playground_port: int,
    terminal: bool,
    program: Sequence[str] = playground.PROGRAM,
    within: float = playground.READY_WITHIN,
) -> int:
    """Run the demo until Ctrl-C. Return the exit status: 0, or 2 where it could not begin.

    `program` is how the Playground is started, and `within` is how many seconds it may take.
    """
    stop = stop_event(signal.SIGHUP)
    if not terminal and not playground.available(program):
        click.echo("Node.js or its packages are not installed: the chat is in this terminal instead.")
        terminal = True
    port = _free_port(port, "--port")
    emulator = None if terminal else Emulator(_free_port(playground_port, "--playground-port"), program, within)
    with tempfile.TemporaryDirectory(prefix="jhub-demo-") as folder:
        demo = asyncio.create_task(_demo(Path(folder), arguments, port, emulator))
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({demo, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if not demo.done():
            demo.cancel()
        stopped.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            return await _told(demo)
    return 0


async def _told(demo: "asyncio.Task[None]") -> int:
    try:
        await demo
    except (SandboxError, ConfigError, OSError) as error:
        click.echo(f"The demo could not start: {error}", err=True)
        return 2
    return 0


async def _demo(folder: Path, arguments: Sequence[str], port: int, emulator: Emulator | None) -> None:
    click.echo("Building a bare cluster …" if "--empty" in arguments else "Building a JupyterHub …")
    async with sandbox(arguments) as world:
        prepare(world, folder)
        settings = settings_from(world.settings(folder) | {"teams": {"port": port}} | _approvals(emulator))
        if old := await warning(settings.release.helm, folder / "helm"):
            click.echo(old)
        if emulator is not None:
            try:
                await _in_playground(world, settings, emulator, folder)
            except PlaygroundError as error:
                click.echo(f"The Playground {error}. The chat is in this terminal instead.")
        await _in_terminal(world, settings)


def _approvals(emulator: Emulator | None) -> dict[str, object]:
    """Return settings that show requests from the personal chat elsewhere.

    Nobody else is in that chat, and there is one keyboard.
    """
    return {} if emulator is None else {"approvals": {"channel": playground.CHANNEL}}


async def _in_playground(world: SandboxWorld, settings: Settings, emulator: Emulator, folder: Path) -> NoReturn:
    """Serve the Playground until it ends. Raise PlaygroundError."""
    async with running(settings, wrap=lambda inner, hubs: inject_faults(inner, hubs, world), pace=PACE) as bot:
        loaded()
        click.echo("Starting Microsoft's Teams Playground …")
        async with emulator.running(world, bot.url, folder) as started:
            click.echo(introduction(world, bot.url, started.url))
            await started.ended()


async def _in_terminal(world: SandboxWorld, settings: Settings) -> None:
    async with LocalTeams(world.tenant, people=world.people).running() as teams:
        terminal = Terminal(world, teams)
        teams.on_activity = terminal.on_activity
        async with running(
            settings,
            wrap=lambda inner, hubs: Overheard(inject_faults(inner, hubs, world), terminal.on_view),
            overhear=lambda inner: overheard(inner, terminal.on_view),
            pace=PACE,
        ) as bot:
            loaded()
            teams.bot_url = bot.url
            click.echo(introduction(world, bot.url))
            await terminal.chat(bot)


def _free_port(wanted: int, option: str) -> int:
    """Return the port, or another one where a program has it, and say so."""
    if not _is_taken(wanted):
        return wanted
    with socket.create_server((_HOST, 0)) as probe:
        port: int = probe.getsockname()[1]
    click.echo(f"Port {wanted} is taken by another program: {port} is used instead ({option} chooses another).")
    return port


def _is_taken(port: int) -> bool:
    """Return True if a program listens there: on this address, on all of them, or on IPv6 alone."""
    for address in (_HOST, "::1"):
        with contextlib.suppress(OSError), socket.create_connection((address, port), timeout=1):
            return True
    try:
        socket.create_server((_HOST, port)).close()
    except OSError:
        return True
    return False
