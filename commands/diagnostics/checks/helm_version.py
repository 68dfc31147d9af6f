"""Check of helm: which one the bot runs, if it is made for the cluster's Kubernetes, and what is known against it.

Judged by `clients.helm.version`: Helm's own support policy, its client library, and the advisories that it fixed since.
"""

import re
from datetime import date
from typing import Final

from clients.helm import END_OF_HELM_3, HelmProgram, HelmVersion, advisories_of
from commands.diagnostics.checks.readings import Check, CheckResult, Readings, failed, passed, unwrap, warning

_REMEDY: Final = (
    "Run a newer Helm: the bot's image has 3.22 and 4.3, and `make helm` builds them (docs/running.md, Helm)"
)
_MINOR: Final = re.compile(r"v?1\.(\d{1,4})(?!\d)")
_ENDING: Final = 3
_LAST_OF_3: Final = f"{END_OF_HELM_3:%Y-%m-%d}"


def judge(readings: Readings) -> CheckResult:
    """Judge what the program says of itself: its vulnerabilities first, then the cluster that it is made for."""
    program = unwrap(readings.helm)
    if program is None:
        return failed("no helm can be started here", _REMEDY)
    if program.version is None:
        return warning(f"the helm from {program.origin} does not say which version it is", _REMEDY)
    named = f"{program.version} from {program.origin}"
    if faults := [*_vulnerable(program.version), *_outside(program, unwrap(readings.kubernetes))]:
        return warning(f"{named}: {'; '.join(faults)}", _REMEDY)
    if program.version.major == _ENDING and readings.now.date() > END_OF_HELM_3:
        return warning(f"{named}: Helm 3 gets no security fixes since {_LAST_OF_3}", "Set release.helm to 4")
    return passed(f"{named}, {_made_for(program)}{_ends(program.version, readings.now.date())}")


def _vulnerable(version: HelmVersion) -> list[str]:
    found = advisories_of(version)
    if not found:
        return []
    names = ", ".join(one.name for one in found)
    verb = "concern" if len(found) > 1 else "concerns"
    return [f"{names} {verb} it, fixed in {max(one.fixed for one in found)}"]


def _outside(program: HelmProgram, kubernetes: str | None) -> list[str]:
    """Return that the cluster is older or newer than what helm supports; nothing where either is not known."""
    found = _MINOR.match(kubernetes or "")
    if found is None or program.kubernetes is None:
        return []
    if program.kubernetes.oldest <= int(found[1]) <= program.kubernetes.newest:
        return []
    return [f"it is made for Kubernetes {program.kubernetes}, the cluster has 1.{found[1]}"]


def _made_for(program: HelmProgram) -> str:
    return f"made for Kubernetes {program.kubernetes}" if program.kubernetes else "for which Kubernetes is not known"


def _ends(version: HelmVersion, today: date) -> str:
    return f"; fixes end on {_LAST_OF_3}" if version.major == _ENDING and today <= END_OF_HELM_3 else ""


CHECK = Check(125, "Helm", judge)
