"""`jhub-bot` on the command line. Each subcommand loads what it needs when it is called."""

import asyncio
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import click

from bot.cli.config_subcommands import config_, init_
from bot.cli.dev.subcommands import demo, sandbox, try_
from bot.cli.options import CONFIG, HUB, say


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


@main.command()
@CONFIG
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


@main.command()
@CONFIG
@HUB
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
@CONFIG
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
@CONFIG
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
@CONFIG
@HUB
def verify(config: Path | None, hub: str | None) -> None:
    """Check the audit trail for tampering.

    Exits with 1 if an entry was changed, removed or inserted.
    """
    from bot.cli.database import verify as run  # noqa: PLC0415 - loaded when called

    sys.exit(run(config, hub))


@audit.command()
@CONFIG
@HUB
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

    sys.exit(run(config, form, say, hub))


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


for _subcommand in (demo, sandbox, try_, init_, config_):
    main.add_command(_subcommand)
