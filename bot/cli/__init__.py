"""`jhub-bot` on the command line. Each subcommand loads what it needs when it is called."""

import asyncio
import os
import sys
from pathlib import Path

import click

from bot.cli.logs import set_up


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]), help="How much to log.")
@click.pass_context
def main(context: click.Context, log_level: str | None) -> None:
    """Run a JupyterHub from a Microsoft Teams channel."""
    quiet = context.invoked_subcommand in ("try", "demo", "doctor")
    level = log_level or ("warning" if quiet else "info")
    set_up(level)


_CONFIG = click.option(
    "--config", type=click.Path(path_type=Path, dir_okay=False), help="The YAML file with the settings."
)


@main.command()
@_CONFIG
def serve(config: Path | None) -> None:
    """Run the bot."""
    from bot.cli.serving import serve as run  # noqa: PLC0415 - loaded when called
    from bot.config import ConfigError, load  # noqa: PLC0415

    try:
        settings = load(config)
    except ConfigError as error:
        click.echo(f"The configuration cannot be used:\n{error}", err=True)
        sys.exit(2)
    sys.exit(asyncio.run(run(settings)))


@main.command()
@_CONFIG
def doctor(config: Path | None) -> None:
    """Hold the living system against the runbook. Exits 1 where something is wrong."""
    from bot.cli.doctor import run  # noqa: PLC0415 - loaded when called
    from bot.config import ConfigError, load  # noqa: PLC0415

    try:
        status = asyncio.run(run(load(config)))
    except ConfigError as error:
        click.echo(f"The configuration cannot be used:\n{error}", err=True)
        sys.exit(2)
    sys.exit(status)


@main.command()
@_CONFIG
def migrate(config: Path | None) -> None:
    """Bring the bot's tables to what this version knows; `serve` does so by itself."""
    from bot.cli.records import migrate as run  # noqa: PLC0415 - loaded when called

    sys.exit(run(config))


@main.group()
def audit() -> None:
    """Look at the audit trail."""


@audit.command()
@_CONFIG
def verify(config: Path | None) -> None:
    """Check that no entry was changed, left out or slipped in. Exits 1 if one was."""
    from bot.cli.records import verify as run  # noqa: PLC0415 - loaded when called

    sys.exit(run(config))


@audit.command()
@_CONFIG
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
def export(config: Path | None, form: str) -> None:
    """Print the whole trail, oldest entry first."""
    from bot.cli.records import export as run  # noqa: PLC0415 - loaded when called

    sys.exit(run(config, form, _say))


@main.command()
@click.option("--users", type=click.IntRange(0, 50_000), default=40, show_default=True, help="How many hub users.")
@click.option("--port", type=click.IntRange(1, 65535), default=3978, show_default=True, help="The bot's port.")
@click.option("--playground-port", type=click.IntRange(1, 65535), default=56150, show_default=True)
@click.option("--terminal", is_flag=True, help="Chat here instead of in the Playground.")
@click.option("--empty", is_flag=True, help="Begin with a bare cluster, and install the hub by the bot.")
def demo(users: int, port: int, playground_port: int, *, terminal: bool, empty: bool) -> None:
    """Start a sandbox, a bot and Microsoft's Teams Playground together."""
    from bot.cli.demo import run  # noqa: PLC0415 - loaded when called

    arguments = _world(users, empty=empty)
    sys.exit(asyncio.run(run(arguments=arguments, port=port, playground_port=playground_port, terminal=terminal)))


@main.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The Kubernetes API's port; any free one if 0.")
@click.option("--users", type=click.IntRange(0, 50_000), default=40, show_default=True, help="How many hub users.")
@click.option("--empty", is_flag=True, help="A bare cluster: nodes and storage classes, no release; a bot's settings.")
@click.option("--kubeconfig", type=click.Path(path_type=Path, dir_okay=False), help="Where to write the kubeconfig.")
def sandbox(port: int, users: int, *, empty: bool, kubeconfig: Path | None) -> None:
    """Run a JupyterHub on Kubernetes in one process, on this machine only."""
    from bot.cli.beginning import introduced  # noqa: PLC0415 - loaded when called
    from bot.cli.world import SandboxError, SandboxWorld  # noqa: PLC0415
    from sandbox.server import main as run  # noqa: PLC0415

    arguments = ["--port", str(port), *_world(users, empty=empty)]
    arguments += ["--kubeconfig", str(kubeconfig)] if kubeconfig else []
    try:
        sys.exit(run(arguments, lambda ready: introduced(SandboxWorld(ready))))
    except SandboxError as error:
        raise click.ClickException(str(error)) from None


def _world(users: int, *, empty: bool) -> list[str]:
    return ["--users", str(users), *(["--empty"] if empty else [])]


@main.command(name="try")
@click.option("--as", "who", default="operator", show_default=True, help="A UPN of the sandbox, or a role, or nobody.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting of the bot; may be repeated.")
@click.option("--approve-as", metavar="WHO", help="Who presses Approve on every request, as --as names people.")
@click.option("--reject-as", metavar="WHO", help="Who presses Reject on every request.")
@click.option("--users", type=click.IntRange(0, 50_000), default=40, show_default=True, help="How many hub users.")
@click.option("--empty", is_flag=True, help="Begin with a bare cluster: the first deployment installs the hub.")
@click.option("--json", "as_json", is_flag=True, help="Print every activity the bot sends or edits, one a line.")
@click.argument("commands", nargs=-1, required=True, metavar="COMMAND…")
def try_(
    who: str,
    settings: tuple[str, ...],
    approve_as: str | None,
    reject_as: str | None,
    users: int,
    *,
    empty: bool,
    as_json: bool,
    commands: tuple[str, ...],
) -> None:
    """Send commands to a bot of a new sandbox, as Teams would, and print what it answers.

    Exits 0, 1 if a command was refused, failed or still waits for somebody, 2 if it could not be tried.
    """
    from bot.cli.trial import UnknownPersonError, run  # noqa: PLC0415 - loaded when called
    from bot.cli.world import SandboxError  # noqa: PLC0415
    from bot.config import ConfigError  # noqa: PLC0415

    if approve_as and reject_as:
        raise click.UsageError("--approve-as and --reject-as exclude each other")
    pressed = ((approve_as, "approve"), (reject_as, "reject"))
    decider = next(((name, verb) for name, verb in pressed if name), None)
    arguments = _world(users, empty=empty)
    try:
        status = asyncio.run(
            run(who, settings, commands, as_json=as_json, say=_say, decider=decider, arguments=arguments)
        )
    except (UnknownPersonError, SandboxError, ConfigError) as error:
        raise click.UsageError(str(error)) from None
    sys.exit(status)


def _say(text: str) -> None:
    """Print a line; once nobody reads any more (`… | head`), go on in silence."""
    try:
        click.echo(text)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
