"""`jhub-bot manifest build`: the zip file that an administrator uploads to Teams, the same for the same input."""

import io
import json
import zipfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Final

import click

from bot.teams.app_manifest import App, manifest
from commands.framework.registry import catalogue

# What does not depend on the installation lies in a folder of its own, beside this package.
_PARTS: Final = Path(__file__).parents[2] / "manifest"
_ICONS: Final = ("color.png", "outline.png")
_NAME: Final = "jhub-bot-teams-app.zip"
# The earliest moment that a zip file can tell.
_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)
_FILE_FOR_ALL: Final = 0o100644 << 16
_UNIX: Final = 3


def build(out: Path, given: Mapping[str, str]) -> int:
    """Write the package into the folder `out`. Return the exit status: 0, or 2 where that cannot be done.

    `given` are the fields of `App`.
    """
    try:
        app = App(**{"version": version("jhub-teams-bot"), **given})
        content = package(app)
    except ValueError as error:
        return _cannot(f"The app package cannot be made: {error}.")
    except OSError as error:
        return _cannot(f"A file of the app package is missing: {error.filename}: {error.strerror}.")
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / _NAME).write_bytes(content)
    except OSError as error:
        return _cannot(f"{error.filename or out} cannot be used: {error.strerror}. Name another folder with --out.")
    click.echo(f"{out / _NAME}: {app.name} {app.version}, {len(content):,} bytes.")
    click.echo("Upload it in the Teams admin center (Teams apps, Manage apps), or in Teams for one team alone.")
    click.echo(f"The Azure Bot's messaging endpoint must be {app.endpoint}")
    return 0


def package(app: App) -> bytes:
    """Return the zip file. Raise OSError where the parts are not there, ValueError where the menu is too long."""
    template = json.loads((_PARTS / "manifest.json").read_text("utf-8"))
    made = json.dumps(manifest(app, template, catalogue()), ensure_ascii=False, indent=2)
    files = {"manifest.json": f"{made}\n".encode(), **{icon: (_PARTS / icon).read_bytes() for icon in _ICONS}}
    buffer = io.BytesIO()
    # Stored, not packed: what packing makes of it differs from one zlib to the next.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _NO_TIME)
            entry.external_attr, entry.create_system = _FILE_FOR_ALL, _UNIX
            archive.writestr(entry, content)
    return buffer.getvalue()


def _cannot(why: str) -> int:
    click.echo(why, err=True)
    return 2
