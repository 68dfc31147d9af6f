"""`jhub-bot config`: a configuration file checked and explained, its schema, its reference."""

from pathlib import Path
from typing import Final

import click

from bot.config.settings import Settings
from bot.config.types import ConfigError
from bot.config_tools.check import Checked, ConfigFinding, check
from bot.config_tools.summary import meaning

_LABEL: Final = 8


async def run(file: Path, *, elsewhere: bool) -> int:
    """Print the findings. Return the exit status: 0, 1 where there are mistakes, 2 where the file cannot be read."""
    try:
        checked = await check(file, elsewhere=elsewhere)
    except ConfigError as error:
        click.echo(str(error), err=True)
        return 2
    for line in lines(file, checked):
        click.echo(line)
    return 1 if checked.mistakes else 0


def lines(file: Path, checked: Checked) -> list[str]:
    """Return the findings as compilers print theirs, the number of mistakes, the warnings, and what it all means."""
    told = [_told(file, one, "" if one.mistake else "note: ") for one in checked.findings]
    told.append(_counted(checked))
    told += [_told(file, one, "warning: ") for one in checked.warnings]
    return told if checked.settings is None else [*told, "", *_meaning(checked.settings)]


def _told(file: Path, finding: ConfigFinding, kind: str) -> str:
    where = f"{file}:{finding.spot.line}:{finding.spot.column}: " if finding.spot else ""
    place = f"{finding.place}: " if finding.place else ""
    return f"{where}{kind}{place}{finding.what}"


def _counted(checked: Checked) -> str:
    if count := checked.mistakes:
        return f"{count} mistake{'s' * (count > 1)}."
    return "No mistakes, but:" if checked.warnings else "Nothing is wrong."


def _meaning(settings: Settings) -> list[str]:
    """Return the summary, each label once before its lines."""
    listed = meaning(settings)
    made, last, width = ["It means:"], "", max(_LABEL, *(len(label) + 1 for label, _ in listed))
    for label, text in listed:
        made.append(f"  {'' if label == last else label:<{width}}{text}")
        last = label
    return made
