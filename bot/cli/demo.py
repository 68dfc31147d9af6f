"""`jhub-bot demo`: sandbox, bot and Playground together, all ended by one Ctrl-C."""

import asyncio
import contextlib
import socket
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from bot.cli import playground
from bot.cli.beginning import prepare
from bot.cli.local_teams import LocalTeams
from bot.cli.meddling import PACE, Meddling
from bot.cli.overheard import Overheard, overheard
from bot.cli.serving import stop_event
from bot.cli.terminal import Terminal
from bot.cli.world import SandboxError, SandboxWorld, sandbox
from bot.config import ConfigError, Settings, settings_from
from bot.main import running

_FIRST = ("/jhub deploy 7c1d2e9    (installs the hub)", "/jhub status")
_LATER = ("/jhub status", "/jhub deploy 7c1d2e9")
_BROKEN = "/jhub deploy 0ddba11    (the card says why; its button Rollback takes it back)"
_AN_ALERT = (
    "/jhub alerts here on",
    "/sandbox break cert    (soon a card says what is wrong; its button Retry mends it)",
    "/sandbox status        (all that can be broken)",
)


async def run(*, arguments: Sequence[str], port: int, playground_port: int, terminal: bool) -> int:
    """Run the demo until Ctrl-C; the exit status: 0, or 2 where it could not begin."""
    in_terminal = terminal or not playground.available()
    if in_terminal and not terminal:
        click.echo("Node.js or its packages are not here: the chat is in this terminal instead.")
    taken = [number for number in ([port] if in_terminal else [port, playground_port]) if _is_taken(number)]
    if taken:
        for number in taken:
            option = "--port" if number == port else "--playground-port"
            click.echo(f"Port {number} is taken by another program. Choose another with {option}.", err=True)
        return 2
    stop = stop_event()
    with tempfile.TemporaryDirectory(prefix="jhub-demo-") as folder:
        demo = asyncio.create_task(_demo(Path(folder), arguments, port, None if in_terminal else playground_port, stop))
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
    except (SandboxError, playground.PlaygroundError, ConfigError, OSError) as error:
        click.echo(f"The demo could not start: {error}", err=True)
        return 2
    return 0


async def _demo(
    folder: Path, arguments: Sequence[str], port: int, playground_port: int | None, stop: asyncio.Event
) -> None:
    click.echo("Building a bare cluster …" if "--empty" in arguments else "Building a JupyterHub …")
    async with sandbox(arguments) as world:
        prepare(world, folder)
        settings = settings_from(world.settings(folder) | {"teams": {"port": port}})
        if playground_port is None:
            await _in_terminal(world, settings)
            return
        async with (
            running(settings, wrap=lambda inner: Meddling(inner, world.faults), pace=PACE) as bot,
            playground.playground(world, bot.url, playground_port, folder) as url,
        ):
            _introduce(world, bot.url, url)
            await stop.wait()


async def _in_terminal(world: SandboxWorld, settings: Settings) -> None:
    async with LocalTeams(world.tenant).running() as teams:
        terminal = Terminal(world, teams)
        teams.on_activity = terminal.on_activity
        async with running(
            settings,
            wrap=lambda inner: Overheard(Meddling(inner, world.faults), terminal.on_view),
            overhear=lambda inner: overheard(inner, terminal.on_view),
            pace=PACE,
        ) as bot:
            teams.bot_url = bot.url
            _introduce(world, bot.url)
            await terminal.chat(bot)


def _introduce(world: SandboxWorld, bot_url: str, playground_url: str = "") -> None:
    kubeconfig, said = world.ready["kubeconfig"], "@JupyterHub " if playground_url else ""
    lines = [
        "",
        f"  Teams (Playground)  {playground_url}" if playground_url else "",
        f"  Bot                 {bot_url}",
        f"  Cluster             kubectl --kubeconfig {kubeconfig} get pods -A",
        "",
        "  Open the Playground, choose the channel General, and mention the bot:" if playground_url else "  Type:",
        *(f"      {said}{line}" for line in (_FIRST if world.is_empty else _LATER)),
        "",
        *([] if world.is_empty else _stories(said, alerts="in the channel Alerts" if playground_url else "")),
        "",
        "  Ctrl-C ends everything.",
        "",
    ]
    click.echo("\n".join(line for line, before in zip(lines, [None, *lines], strict=False) if line or before))
    sys.stdout.flush()


def _stories(said: str, alerts: str) -> list[str]:
    return [
        "  A deployment that fails, and the way back:",
        f"      {said}{_BROKEN}",
        "",
        f"  To see an alert come and go{f', {alerts}' if alerts else ''}:",
        *(f"      {said}{line}" for line in _AN_ALERT),
    ]


def _is_taken(port: int) -> bool:
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
