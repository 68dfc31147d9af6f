"""Which commands there are: every module of this package that declares a `COMMAND`, found by walking it."""

import importlib
import pkgutil
from functools import cache

import commands
from commands.framework.command import Change, Command, Query


@cache
def catalogue() -> tuple[Command, ...]:
    """All commands, sorted by name. Raises TypeError for a module whose COMMAND is not one."""
    found = (_declared(module.name) for module in pkgutil.iter_modules(commands.__path__, "commands."))
    return tuple(sorted((c for c in found if c is not None), key=lambda command: command.name))


def _declared(module: str) -> Command | None:
    command = getattr(importlib.import_module(module), "COMMAND", None)
    if command is None or isinstance(command, Query | Change):
        return command
    raise TypeError(f"{module}.COMMAND is neither a Query nor a Change")
