"""The watchers: one file each, found by walking this package."""

import importlib
import pkgutil
from functools import cache

from bot.alerts.finding import Watcher


@cache
def watchers() -> tuple[Watcher, ...]:
    """Return every watcher, by name. Raise TypeError for a module of this package without one."""
    modules = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    for module in modules:
        if not isinstance(getattr(module, "WATCHER", None), Watcher):
            raise TypeError(f"{module.__name__} has no WATCHER")
    return tuple(sorted((module.WATCHER for module in modules), key=lambda watcher: watcher.name))
