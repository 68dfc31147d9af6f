"""Options and output that several subcommands share. It loads nothing but click."""

import os
import sys
from pathlib import Path

import click

CONFIG = click.option("--config", type=click.Path(path_type=Path, dir_okay=False), help="The YAML configuration file.")
HUB = click.option("--hub", metavar="NAME", help="The hub to look at, if there are several.  [default: the first]")


def say(text: str) -> None:
    """Print a line; once nobody reads any more (`… | head`), go on in silence."""
    try:
        click.echo(text)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
