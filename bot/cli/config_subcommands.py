"""`jhub-bot init` and `jhub-bot config` as subcommands. Each loads what it needs when it is called."""

import asyncio
import json
import sys
from pathlib import Path

import click

from bot.cli.options import say


@click.command(name="init")
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


@click.group(name="config")
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

    say(json.dumps(schema(), indent=2, ensure_ascii=False))
