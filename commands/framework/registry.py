"""The commands: every module below `commands` that declares a `COMMAND`, found by walking its packages."""

import importlib
import pkgutil
from functools import cache

import commands
from commands.framework.command import Change, Command, Query


@cache
def catalogue() -> tuple[Command, ...]:
    """Return all commands, sorted by name. Raise TypeError for a module whose COMMAND is not one."""
    found = (_declared(module.name) for module in pkgutil.walk_packages(commands.__path__, "commands.", _unreadable))
    return tuple(sorted((c for c in found if c is not None), key=lambda command: command.name))


def _unreadable(package: str) -> None:
    # walk_packages passes over a package that cannot be imported: its commands would be missing without a word.
    raise ImportError(f"{package} cannot be imported: its commands would be missing")


def _declared(module: str) -> Command | None:
    command = getattr(importlib.import_module(module), "COMMAND", None)
    if command is None or isinstance(command, Query | Change):
        return command
    raise TypeError(f"{module}.COMMAND is neither a Query nor a Change")
