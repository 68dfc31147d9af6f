"""`jhub-bot` on the command line. Each subcommand loads what it needs when it is called."""

import asyncio
import json
import os
import sys
from pathlib import Path

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]), help="How much to log.")
@click.pass_context
def main(context: click.Context, log_level: str | None) -> None:
    """Run a JupyterHub from a Microsoft Teams channel."""
    from bot.telemetry.logs import begin  # noqa: PLC0415 - not loaded for the help

    quiet = context.invoked_subcommand in ("try", "demo", "doctor", "config", "init")
    level = log_level or ("warning" if quiet else "info")
    begin("readable", level)  # type: ignore[arg-type] # click has checked it


_CONFIG = click.option(
    "--config", type=click.Path(path_type=Path, dir_okay=False), help="The YAML file with the settings."
)


@main.command()
@_CONFIG
@click.pass_context
def serve(context: click.Context, config: Path | None) -> None:
    """Run the bot."""
    from bot.cli.memory import loading  # noqa: PLC0415 - loaded when called, before all else

    context.with_resource(loading())
    from bot.cli.serving import serve as run  # noqa: PLC0415 - loaded when called
    from bot.config import ConfigError, load  # noqa: PLC0415
    from bot.telemetry.logs import begin, learn_from  # noqa: PLC0415

    try:
        settings = load(config)
    except ConfigError as error:
        click.echo(f"The configuration cannot be used:\n{error}", err=True)
        if config is not None and config.exists():
            click.echo(f"`jhub-bot config check {config}` says more.", err=True)
        sys.exit(2)
    asked = context.parent.params["log_level"] if context.parent else None
    learn_from(settings)
    begin(settings.log.format, asked or settings.log.level)
    sys.exit(asyncio.run(run(settings)))


_HUB = click.option("--hub", metavar="NAME", help="Which of several hubs.  [default: the first]")


@main.command()
@_CONFIG
@_HUB
def doctor(config: Path | None, hub: str | None) -> None:
    """Hold the living system against the runbook. Exits 1 where something is wrong."""
    from bot.cli.doctor import run  # noqa: PLC0415 - loaded when called
    from bot.config import ConfigError, load  # noqa: PLC0415

    try:
        status = asyncio.run(run(load(config).named(hub)))
    except ConfigError as error:
        click.echo(f"The configuration cannot be used:\n{error}", err=True)
        sys.exit(2)
    sys.exit(status)


@main.command()
@_CONFIG
def health(config: Path | None) -> None:
    """Ask the bot on this machine whether it is alive. Exits 1 where it does not answer."""
    from bot.cli.health import healthy  # noqa: PLC0415 - loaded when called
    from bot.config import ConfigError, load  # noqa: PLC0415

    try:
        sys.exit(0 if healthy(load(config)) else 1)
    except ConfigError as error:
        click.echo(f"The configuration cannot be used:\n{error}", err=True)
        sys.exit(2)


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
@_HUB
def verify(config: Path | None, hub: str | None) -> None:
    """Check that no entry was changed, left out or slipped in. Exits 1 if one was."""
    from bot.cli.records import verify as run  # noqa: PLC0415 - loaded when called

    sys.exit(run(config, hub))


@audit.command()
@_CONFIG
@_HUB
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
def export(config: Path | None, hub: str | None, form: str) -> None:
    """Print the whole trail, oldest entry first."""
    from bot.cli.records import export as run  # noqa: PLC0415 - loaded when called

    sys.exit(run(config, form, _say, hub))


@main.group()
def manifest() -> None:
    """Make the Teams app."""


@manifest.command()
@click.option("--app-id", required=True, metavar="GUID", help="The Azure Bot's Microsoft App ID.")
@click.option("--host", required=True, metavar="NAME", help="The public name at which Teams reaches the bot.")
@click.option("--out", type=click.Path(path_type=Path), default=".", show_default=True, help="The folder to write to.")
@click.option("--name", metavar="WORDS", help="What the bot is called in Teams.  [default: JupyterHub]")
@click.option("--developer", metavar="WORDS", help="Who offers it, for those who look at the app.")
@click.option("--website", metavar="URL", help="A page about it.  [default: https://HOST/about]")
@click.option("--privacy", metavar="URL", help="What becomes of data.  [default: https://HOST/about]")
@click.option("--terms", metavar="URL", help="The terms of use.  [default: https://HOST/about]")
@click.option("--app-version", metavar="X.Y.Z", help="Must grow with each upload.  [default: the bot's own]")
def build(app_version: str | None, out: Path, **given: str | None) -> None:
    """Write the zip file that an administrator uploads to Teams. Exits 2 where something given is wrong."""
    from bot.cli.app_package import build as run  # noqa: PLC0415 - loaded when called

    sys.exit(run(out, {name: text for name, text in {**given, "version": app_version}.items() if text is not None}))


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
@click.option("--slash", is_flag=True, help="Send each as one picked from Teams' slash menu: seen by nobody else.")
@click.option("--users", type=click.IntRange(0, 50_000), default=40, show_default=True, help="How many hub users.")
@click.option("--empty", is_flag=True, help="Begin with a bare cluster: the first deployment installs the hub.")
@click.option("--beside", "further", multiple=True, metavar="NAME", help="A further hub, in a world of its own.")
@click.option("--json", "as_json", is_flag=True, help="Print every activity the bot sends or edits, one a line.")
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
    """Send commands to a bot of a new sandbox, as Teams would, and print what it answers.

    Exits 0, 1 if a command was refused, failed or still waits for somebody, 2 if it could not be tried.
    """
    from bot.cli.trial import UnknownPersonError, run  # noqa: PLC0415 - loaded when called
    from bot.cli.world import SandboxError  # noqa: PLC0415
    from bot.config import ConfigError  # noqa: PLC0415

    if approve_as and reject_as:
        raise click.UsageError("--approve-as and --reject-as exclude each other")
    world = {"arguments": _world(users, empty=empty), "further": further}
    pressed = ((approve_as, "approve"), (reject_as, "reject"))
    decider = next(((name, verb) for name, verb in pressed if name), None)
    try:
        status = asyncio.run(
            run(who, settings, commands, as_json=as_json, say=_say, decider=decider, slash=slash, **world)
        )
    except (UnknownPersonError, SandboxError, ConfigError) as error:
        raise click.UsageError(str(error)) from None
    sys.exit(status)


@main.command(name="init")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), default=Path("jhub-bot.yaml"), show_default=True
)
@click.option("--answer", "answers", multiple=True, metavar="SETTING=VALUE", help="An answer beforehand; repeatable.")
@click.option("--defaults", is_flag=True, help="Ask nothing: what is not answered is as it is by default.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def init_(out: Path, answers: tuple[str, ...], *, defaults: bool, force: bool) -> None:
    """Ask a few questions, and write a first configuration file. Secrets are not asked for, only where they lie."""
    from bot.cli.init import run  # noqa: PLC0415 - loaded when called

    given = dict(answer.partition("=")[::2] for answer in answers)
    sys.exit(asyncio.run(run(out, given, force=force, ask=not defaults)))


@main.group(name="config")
def config_() -> None:
    """Look at the configuration: what is wrong with it, what can stand in it."""


@config_.command(name="check")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--elsewhere", is_flag=True, help="The bot runs on another machine: do not look for files and variables.")
def check_(file: Path, *, elsewhere: bool) -> None:
    """Explain every mistake in a configuration FILE, with its line, and say what the file means.

    Exits 0, 1 if there are mistakes, 2 if it cannot be read.
    """
    from bot.cli.config import run  # noqa: PLC0415 - loaded when called

    sys.exit(asyncio.run(run(file, elsewhere=elsewhere)))


@config_.command(name="schema")
def schema_() -> None:
    """Print the JSON schema of a configuration file, for editors."""
    from bot.configuration.schema import schema  # noqa: PLC0415 - loaded when called

    _say(json.dumps(schema(), indent=2, ensure_ascii=False))


def _say(text: str) -> None:
    """Print a line; once nobody reads any more (`… | head`), go on in silence."""
    try:
        click.echo(text)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
