"""Checks of this machine against the settings: files that must be there, secrets that others may read, variables."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bot.config.hub import ReleaseSettings, ValuesSection
from bot.config.secret_reference import SecretRef
from bot.config.settings import FurtherHub, Settings
from bot.config_tools.introspection import held
from bot.config_tools.preflight import Found

# Files that everybody may read.
_OPEN: Final = ("trust_file",)
_OTHERS: Final = stat.S_IROTH | stat.S_IWOTH


def absent(settings: Settings) -> list[Found]:
    """Return what is not there, or not as it should be: the setting's path, a sentence, True if it is a mistake."""
    found = [one for path, value in _places(settings) for one in _looked(path, value)]
    further = [one for name, hub in settings.hubs.items() for one in _given(name, hub)]
    return [*found, *_chart(settings.release), *_values(settings.values), *_state(settings), *further]


def _given(name: str, hub: FurtherHub) -> Iterator[Found]:
    """Yield what is not there of a further hub's own sections."""
    its = [*(_chart(hub.release) if hub.release else ()), *(_values(hub.values) if hub.values else ())]
    for path, what, wrong in its:
        yield ("hubs", name, *path), what, wrong


def _places(settings: Settings) -> Iterator[tuple[tuple[str, ...], Path | SecretRef]]:
    """Yield every file and every secret that is named."""
    for path, value in held(settings):
        if isinstance(value, Path | SecretRef) and path != ("state_dir",):
            yield tuple(map(str, path)), value


def _looked(path: tuple[str, ...], value: Path | SecretRef) -> Iterator[Found]:
    if isinstance(value, Path):
        yield from _file(path, value, secret=path[-1] not in _OPEN)
    elif value.kind == "file":
        yield from _file(path, value.path, secret=True)
    elif value.kind == "env" and not os.environ.get(value.place, "").strip():
        yield path, f"the variable {value.place} is not set", True


def _file(path: tuple[str, ...], file: Path, *, secret: bool) -> Iterator[Found]:
    try:
        seen = file.stat()
    except OSError as error:
        yield path, f"{_named(file)} cannot be found ({error.strerror})", True
        return
    if not stat.S_ISREG(seen.st_mode):
        yield path, f"{_named(file)} is not a file", True
    elif not os.access(file, os.R_OK):
        yield path, f"{_named(file)} cannot be read by this user", True
    elif seen.st_size == 0:
        yield path, f"{_named(file)} is empty", True
    elif secret and seen.st_mode & _OTHERS:
        yield path, f"{_named(file)} can be read or changed by everybody on this machine: run chmod o-rwx on it", False


def _named(path: Path) -> str:
    """Return the path; where that is relative, also what it is now."""
    return str(path) if path.is_absolute() else f"{path} (relative: here {path.absolute()})"


def _chart(release: ReleaseSettings) -> Iterator[Found]:
    if release.repository is None and not release.chart.startswith("oci://"):
        folder = Path(release.chart)
        if not (folder / "Chart.yaml").is_file():
            yield ("release", "chart"), f"{_named(folder)} is not a folder with a chart", True


def _values(values: ValuesSection) -> Iterator[Found]:
    file = Path(values.file)
    if values.home == "file" and not file.is_file():
        yield ("values", "file"), f"{_named(file)} does not exist yet: create it before the first deployment", False


def _state(settings: Settings) -> Iterator[Found]:
    folder = settings.state_dir
    there = folder if folder.exists() else next((one for one in folder.absolute().parents if one.exists()), folder)
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        yield ("state_dir",), f"{_named(folder)} cannot be written to by this user", True
