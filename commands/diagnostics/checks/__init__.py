"""The runbook as checks, a file each, found by walking this package; each is a pure function of the readings."""

import importlib
import pkgutil
from functools import cache

from commands.diagnostics.checks.readings import Check


@cache
def checks() -> tuple[Check, ...]:
    """Return every check, in the runbook's order. Raise TypeError for a CHECK that is none."""
    modules = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    found = [module.CHECK for module in modules if hasattr(module, "CHECK")]
    if any(not isinstance(one, Check) for one in found):
        raise TypeError("a CHECK in commands.checks is not a Check")
    return tuple(sorted(found, key=lambda one: one.order))
