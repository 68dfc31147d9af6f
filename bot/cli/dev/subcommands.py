"""`jhub-bot demo`, `sandbox` and `try` as subcommands. Each loads what it needs when it is called."""

import asyncio
import sys
from pathlib import Path

import click

from bot.cli.options import say


@click.command()
@click.option("--users", type=click.IntRange(0, 50_000), default=40, show_default=True, help="The number of hub users.")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=3978, show_default=True, help="The port that the bot listens on."
)
@click.option(
    "--playground-port", type=click.IntRange(1, 65535), default=56150, show_default=True, help="The Playground's port."
)
@click.option("--terminal", is_flag=True, help="Chat in this terminal instead of in the Playground.")
@click.option("--empty", is_flag=True, help="Start with a bare cluster; the first deployment installs the hub.")
def demo(users: int, port: int, playground_port: int, *, terminal: bool, empty: bool) -> None:
    """Try the bot on a simulated hub, in Microsoft's Teams emulator or in this terminal."""
    from bot.cli.dev.demo import run  # noqa: PLC0415 - loaded when called

    arguments = _world(users, empty=empty)
    sys.exit(asyncio.run(run(arguments=arguments, port=port, playground_port=playground_port, terminal=terminal)))


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="The port of the Kubernetes API; 0 takes a free one."
)
@click.option("--users", type=click.IntRange(0, 50_000), default=40, show_default=True, help="The number of hub users.")
@click.option(
    "--empty", is_flag=True, help="Start with a bare cluster without a hub, and write a bot's configuration for it."
)
@click.option(
    "--kubeconfig", type=click.Path(path_type=Path, dir_okay=False), help="The file to write the kubeconfig to."
)
def sandbox(port: int, users: int, *, empty: bool, kubeconfig: Path | None) -> None:
    """Simulate a JupyterHub on Kubernetes in one process, on this machine only."""
    from bot.cli.dev.first_install import introduced  # noqa: PLC0415 - loaded when called
    from bot.cli.dev.sandbox_process import SandboxError, SandboxWorld  # noqa: PLC0415
    from sandbox.command_line import main as run  # noqa: PLC0415

    arguments = ["--port", str(port), *_world(users, empty=empty)]
    arguments += ["--kubeconfig", str(kubeconfig)] if kubeconfig else []
    try:
        sys.exit(run(arguments, lambda ready: introduced(SandboxWorld(ready))))
    except SandboxError as error:
        raise click.ClickException(str(error)) from None


def _world(users: int, *, empty: bool) -> list[str]:
    return ["--users", str(users), *(["--empty"] if empty else [])]


@click.command(name="try")
@click.option(
    "--as",
    "who",
    default="operator",
    show_default=True,
    help="Who types: a role, a UPN of the sandbox, or “nobody” for somebody without a role.",
)
@click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting of the bot. Can be given several times."
)
@click.option("--approve-as", metavar="WHO", help="Who approves every request; named as for --as.")
@click.option("--reject-as", metavar="WHO", help="Who rejects every request; named as for --as.")
@click.option("--slash", is_flag=True, help="Send each command as Teams' slash menu does, so that nobody else sees it.")
@click.option("--users", type=click.IntRange(0, 50_000), default=40, show_default=True, help="The number of hub users.")
@click.option("--empty", is_flag=True, help="Start with a bare cluster; the first deployment installs the hub.")
@click.option(
    "--beside",
    "further",
    multiple=True,
    metavar="NAME",
    help="A further hub in a sandbox of its own. Can be given several times.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print each activity that the bot sends or edits as a line of JSON."
)
@click.argument("commands", nargs=-1, required=True, metavar="COMMAND…")
def try_(
    who: str,
    settings: tuple[str, ...],
    approve_as: str | None,
    reject_as: str | None,
    users: int,
    further: tuple[str, ...],
    *,
    empty: bool,
    slash: bool,
    as_json: bool,
    commands: tuple[str, ...],
) -> None:
    """Send commands to a bot on a new sandbox and print its answers.

    Exits with 1 if a command was refused, failed or still waits for somebody, and with 2 if it could not be tried.
    """
    from bot.cli.dev.early_import import run  # noqa: PLC0415 - loaded when called
    from bot.cli.dev.sandbox_process import SandboxError, UnknownPersonError  # noqa: PLC0415
    from bot.config.types import ConfigError  # noqa: PLC0415

    if approve_as and reject_as:
        raise click.UsageError("give --approve-as or --reject-as, not both")
    world = {"arguments": _world(users, empty=empty), "further": further}
    pressed = ((approve_as, "approve"), (reject_as, "reject"))
    decider = next(((name, verb) for name, verb in pressed if name), None)
    try:
        status = asyncio.run(
            run(who, settings, commands, as_json=as_json, say=say, decider=decider, slash=slash, **world)
        )
    except (UnknownPersonError, SandboxError, ConfigError) as error:
        raise click.UsageError(str(error)) from None
    sys.exit(status)
