"""The runbook as checks: one file each, found by walking this package, each a pure function of what was read."""

import importlib
import pkgutil
from functools import cache

from commands.diagnostics.checks.readings import Check


@cache
def checks() -> tuple[Check, ...]:
    """Every check, in the runbook's order. Raises TypeError for a CHECK that is none."""
    modules = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    found = [module.CHECK for module in modules if hasattr(module, "CHECK")]
    if any(not isinstance(one, Check) for one in found):
        raise TypeError("a CHECK in commands.checks is not a Check")
    return tuple(sorted(found, key=lambda one: one.order))
