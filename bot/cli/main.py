"""`jhub-bot` on the command line. Each subcommand loads what it needs when it is called."""

import asyncio
import json
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import click


def _version(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    """Print which bot this is, on which Python, and end."""
    if wanted and not context.resilient_parsing:
        click.echo(f"jhub-bot {version('jhub-teams-bot')} (Python {platform.python_version()})")
        context.exit()


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--log-level", type=click.Choice(["debug", "info", "warning", "error"]), help="The least severe log lines to print."
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version and exit."
)
@click.pass_context
def main(context: click.Context, log_level: str | None) -> None:
    """Run a JupyterHub from a Microsoft Teams channel."""
    from bot.runtime.gc_tuning import loading  # noqa: PLC0415 - not loaded for the help

    # Before all else that is loaded.
    context.with_resource(loading())
    from bot.telemetry.logs import begin  # noqa: PLC0415 - see above

    quiet = context.invoked_subcommand in ("try", "demo", "doctor", "config", "init")
    level = log_level or ("warning" if quiet else "info")
    begin("readable", level)  # type: ignore[arg-type] # click has checked it


_CONFIG = click.option("--config", type=click.Path(path_type=Path, dir_okay=False), help="The YAML configuration file.")


@main.command()
@_CONFIG
@click.pass_context
def serve(context: click.Context, config: Path | None) -> None:
    """Run the bot."""
    from bot.cli.serve import serve as run  # noqa: PLC0415 - loaded when called
    from bot.config.loading import load  # noqa: PLC0415
    from bot.config.types import ConfigError  # noqa: PLC0415
    from bot.telemetry.logs import begin, learn_from  # noqa: PLC0415

    try:
        settings = load(config)
    except ConfigError as error:
        click.echo(f"The configuration cannot be used:\n{error}", err=True)
        if config is not None and config.exists():
            click.echo(f"`jhub-bot config check {config}` explains them with their lines.", err=True)
        sys.exit(2)
    asked = context.parent.params["log_level"] if context.parent else None
    learn_from(settings)
    begin(settings.log.format, asked or settings.log.level)
    sys.exit(asyncio.run(run(settings)))


_HUB = click.option("--hub", metavar="NAME", help="The hub to look at, if there are several.  [default: the first]")


@main.command()
@_CONFIG
@_HUB
def doctor(config: Path | None, hub: str | None) -> None:
    """Check the running hub against the runbook.

    Prints one line per check and how to fix what is wrong. Exits with 1 if anything is.
    """
    from bot.cli.doctor import run  # noqa: PLC0415 - loaded when called
    from bot.config.loading import load  # noqa: PLC0415
    from bot.config.types import ConfigError  # noqa: PLC0415

    try:
        status = asyncio.run(run(load(config).named(hub)))
    except ConfigError as error:
        click.echo(f"The configuration cannot be used:\n{error}", err=True)
        sys.exit(2)
    sys.exit(status)


@main.command()
@_CONFIG
def health(config: Path | None) -> None:
    """Check that the bot on this machine answers.

    Prints what it found in one line. Exits with 1 if the bot does not answer.
    """
    from bot.cli.health import health as ask  # noqa: PLC0415 - loaded when called
    from bot.config.loading import load  # noqa: PLC0415
    from bot.config.types import ConfigError  # noqa: PLC0415

    try:
        found = ask(load(config))
    except ConfigError as error:
        click.echo(f"The configuration cannot be used:\n{error}", err=True)
        sys.exit(2)
    click.echo(found.found, err=not found.alive)
    sys.exit(0 if found.alive else 1)


@main.command()
@_CONFIG
def migrate(config: Path | None) -> None:
    """Create or upgrade the bot's database tables.

    `serve` does this by itself when it starts.
    """
    from bot.cli.database import migrate as run  # noqa: PLC0415 - loaded when called

    sys.exit(run(config))


@main.group()
def audit() -> None:
    """Verify or export the audit trail."""


@audit.command()
@_CONFIG
@_HUB
def verify(config: Path | None, hub: str | None) -> None:
    """Check the audit trail for tampering.

    Exits with 1 if an entry was changed, removed or inserted.
    """
    from bot.cli.database import verify as run  # noqa: PLC0415 - loaded when called

    sys.exit(run(config, hub))


@audit.command()
@_CONFIG
@_HUB
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "csv"]),
    default="jsonl",
    show_default=True,
    help="The output format.",
)
def export(config: Path | None, hub: str | None, form: str) -> None:
    """Print the whole audit trail, oldest entry first."""
    from bot.cli.database import export as run  # noqa: PLC0415 - loaded when called

    sys.exit(run(config, form, _say, hub))


@main.group()
def manifest() -> None:
    """Build the Teams app package."""


@manifest.command()
@click.option("--app-id", required=True, metavar="GUID", help="The Microsoft App ID of the Azure Bot.")
@click.option("--host", required=True, metavar="NAME", help="The public host name of the bot's endpoint.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=".", show_default=True, help="The folder to write the package to."
)
@click.option("--name", metavar="WORDS", help="The bot's name in Teams.  [default: JupyterHub]")
@click.option("--developer", metavar="WORDS", help="The developer's name in the app's details.")
@click.option("--website", metavar="URL", help="The app's web page.  [default: https://HOST/about]")
@click.option("--privacy", metavar="URL", help="The privacy statement.  [default: https://HOST/about]")
@click.option("--terms", metavar="URL", help="The terms of use.  [default: https://HOST/about]")
@click.option(
    "--app-version", metavar="X.Y.Z", help="The app's version, higher at each upload.  [default: the bot's own]"
)
def build(app_version: str | None, out: Path, **given: str | None) -> None:
    """Write the zip file that an administrator uploads to Teams.

    Exits with 2 if an option is wrong or the file cannot be written.
    """
    from bot.cli.app_package import build as run  # noqa: PLC0415 - loaded when called

    sys.exit(run(out, {name: text for name, text in {**given, "version": app_version}.items() if text is not None}))


@main.command()
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


@main.command()
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


@main.command(name="try")
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
            run(who, settings, commands, as_json=as_json, say=_say, decider=decider, slash=slash, **world)
        )
    except (UnknownPersonError, SandboxError, ConfigError) as error:
        raise click.UsageError(str(error)) from None
    sys.exit(status)


@main.command(name="init")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("jhub-bot.yaml"),
    show_default=True,
    help="The file to write.",
)
@click.option(
    "--answer",
    "answers",
    multiple=True,
    metavar="SETTING=VALUE",
    help="The answer to a question, so that it is not asked. Can be given several times.",
)
@click.option(
    "--defaults",
    is_flag=True,
    help="Ask nothing, and take the default for every question that --answer does not answer.",
)
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
def init_(out: Path, answers: tuple[str, ...], *, defaults: bool, force: bool) -> None:
    """Ask a few questions and write a first configuration file.

    It asks where secrets are kept, never for a secret itself.
    """
    from bot.cli.init import run  # noqa: PLC0415 - loaded when called

    given = dict(answer.partition("=")[::2] for answer in answers)
    sys.exit(asyncio.run(run(out, given, force=force, ask=not defaults)))


@main.group(name="config")
def config_() -> None:
    """Check a configuration file, or print its schema."""


@config_.command(name="check")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--elsewhere",
    is_flag=True,
    help="Do not look for files and environment variables: the bot runs on another machine.",
)
def check_(file: Path, *, elsewhere: bool) -> None:
    """Check a configuration FILE.

    Explains every mistake with its line, warns of settings that keep people out, and sums up what the file means.
    Exits with 1 if there are mistakes and with 2 if the file cannot be read.
    """
    from bot.cli.config import run  # noqa: PLC0415 - loaded when called

    sys.exit(asyncio.run(run(file, elsewhere=elsewhere)))


@config_.command(name="schema")
def schema_() -> None:
    """Print the JSON schema of a configuration file, for editors."""
    from bot.config_tools.json_schema import schema  # noqa: PLC0415 - loaded when called

    _say(json.dumps(schema(), indent=2, ensure_ascii=False))


def _say(text: str) -> None:
    """Print a line; once nobody reads any more (`… | head`), go on in silence."""
    try:
        click.echo(text)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
