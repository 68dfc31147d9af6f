"""Check of a configuration file against everything that is known about it, before a bot is started."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError

from bot.config.environment import PREFIX, Variable, rival, variable_of, variables
from bot.config.loading import merged
from bot.config.settings import Settings
from bot.config.types import ConfigError
from bot.config.yaml_document import DocumentError, Spot, YamlDocument, parse
from bot.config_tools.environment_checks import absent
from bot.config_tools.error_messages import explained, listed, nearest
from bot.config_tools.measurements import unmeasured
from bot.config_tools.preflight import Found, unbuildable
from bot.config_tools.reachability import shut
from bot.config_tools.release_names import shared_names


@dataclass(frozen=True)
class ConfigFinding:
    """Something to say about the file. A mistake keeps the bot from working; the rest is worth knowing.

    `place` is a setting or a variable; `spot` is None for what does not stand in the file.
    """

    place: str
    what: str
    spot: Spot | None = None
    mistake: bool = True


@dataclass(frozen=True)
class Checked:
    """Findings by lines, and the settings where they could be made.

    `warnings` are of settings that are right by themselves, and with which the bot would be of no use to somebody.
    """

    findings: tuple[ConfigFinding, ...]
    settings: Settings | None
    warnings: tuple[ConfigFinding, ...] = ()

    @property
    def mistakes(self) -> int:
        """Number of findings that are mistakes."""
        return sum(finding.mistake for finding in self.findings)


async def check(file: Path, *, elsewhere: bool = False) -> Checked:
    """Return all findings about the file. With `elsewhere`, the bot runs on another machine, whose files are not here.

    Raise ConfigError where the file cannot be read at all.
    """
    try:
        content = await asyncio.to_thread(file.read_bytes)
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from None
    try:
        document = parse(content)
    except DocumentError as error:
        return Checked((ConfigFinding("", str(error), error.spot),), None)
    return await _checked(document, elsewhere=elsewhere)


async def _checked(document: YamlDocument, *, elsewhere: bool) -> Checked:
    given = variables()
    strange = [_stray(one) for one in given if one.path[0] not in Settings.model_fields]
    settings, wrong = _made(document, given)
    found = [*strange, *wrong, *_overridden(document, given)]
    if settings is not None:
        found += [_located(document, given, one) for one in await unbuildable(settings, elsewhere=elsewhere)]
        if not elsewhere:
            found += [_located(document, given, one) for one in absent(settings)]
    rarely_meant = [] if settings is None else [*shut(settings), *shared_names(settings)]
    if settings is not None and not elsewhere:
        rarely_meant += await unmeasured(settings)
    warnings = [_located(document, given, one) for one in rarely_meant]
    return Checked(tuple(sorted(found, key=_order)), settings, tuple(sorted(warnings, key=_order)))


def _order(finding: ConfigFinding) -> tuple[bool, int, int]:
    spot = finding.spot
    return (spot is None, spot.line if spot else 0, spot.column if spot else 0)


def _made(document: YamlDocument, given: list[Variable]) -> tuple[Settings | None, list[ConfigFinding]]:
    try:
        return merged(document.content), []
    except ValidationError as error:
        return None, [_finding(document, given, one) for one in error.errors(include_url=False)]
    except SettingsError:
        whole = [one.name for one in given if len(one.path) == 1]
        what = f"is not of the form {PREFIX}SECTION__NAME, and does not hold JSON either"
        return None, [ConfigFinding(listed(whole), what)]


def _finding(document: YamlDocument, given: list[Variable], error: ErrorDetails) -> ConfigFinding:
    path = error["loc"]
    source = next((one for one in given if one.sets(path) and len(one.path) >= len(path)), None)
    what = explained(error, by_variable=source is not None)
    if source is not None:
        return ConfigFinding(source.name, what)
    if not path:
        # What several sections say together; the sentence begins with the one that is to be changed.
        section, colon, rest = what.partition(": ")
        path, what = ((section,), rest) if colon and section in document.content else ((), what)
    return ConfigFinding(".".join(str(part) for part in path if part != "[key]"), what, document.spot(path))


def _stray(variable: Variable) -> ConfigFinding:
    near = nearest(variable.path[0], Settings.model_fields)
    meant = f": did you mean {variable_of((near, *variable.path[1:]))}?" if near else ""
    return ConfigFinding(variable.name, f"no such section{meant}")


def _overridden(document: YamlDocument, given: list[Variable]) -> list[ConfigFinding]:
    """Return a finding for each setting of the file that a variable overrides."""
    return [
        ConfigFinding(".".join(path), f"is set by {one.name} instead", document.spots[path], mistake=False)
        for one in given
        for path in (one.path, rival(one.path))
        if path in document.spots
    ]


def _located(document: YamlDocument, given: list[Variable], found: Found) -> ConfigFinding:
    path, what, mistake = found
    source = next((one for one in given if one.path == path), None)
    if source is not None:
        return ConfigFinding(source.name, what, mistake=mistake)
    spot = document.spot(path)
    return ConfigFinding(
        ".".join(map(str, path)), what, spot if path and path[0] in document.content else None, mistake
    )
