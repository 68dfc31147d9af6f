"""`make real`: the tests that run real parts, once with each release of them, and a table of what came out."""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

from deploy.image.build_helm import PINS
from tests.contract.hubs import HUB_PYTHON
from tests.helms import VARIABLE as HELM
from tests.real.environments import HUBS, hub_python

ROOT = Path(__file__).parents[2]
_HUB_TESTS = ("tests/contract", "tests/clients/hub_classes")
_COLUMNS = ("passed", "failed", "skipped")


@dataclass(frozen=True)
class Cell:
    """Tests with one release of a part: `has` is what makes them take it."""

    part: str
    version: str
    tests: tuple[str, ...]
    has: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.part} {self.version}"


def cells(helm_tests: Iterable[str]) -> Iterator[Cell]:
    """Every release, those of this environment first. Makes what a release needs when its turn comes."""
    tests = tuple(helm_tests)
    yield Cell("JupyterHub", "of this environment", _HUB_TESTS)
    for version in HUBS:
        yield Cell("JupyterHub", version, _HUB_TESTS, {HUB_PYTHON: str(hub_python(version))})
    yield Cell("Helm", "of this environment", tests)
    for pin in PINS.values():
        yield Cell("Helm", pin.version, tests, {HELM: pin.version})


def run(cell: Cell) -> dict[str, int]:
    """Run its tests, with their output on the terminal. Return how many ended in which way."""
    report = ROOT / "build" / "real" / f"{cell.name.replace(' ', '-')}.xml"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    options = ("-m", "not e2e and not fault", "--numprocesses", "2", "--dist", "loadfile", f"--junitxml={report}")
    command = [sys.executable, "-m", "pytest", "--quiet", *options, *cell.tests]
    subprocess.run(command, cwd=ROOT, env=os.environ | cell.has, check=False)
    if not report.exists():
        return {"passed": 0, "failed": 1, "skipped": 0}
    found = ET.parse(report).getroot().find("testsuite")  # noqa: S314 - pytest wrote it just now
    assert found is not None
    count = {name: int(found.get(name, "0")) for name in ("tests", "failures", "errors", "skipped")}
    failed = count["failures"] + count["errors"]
    return {"passed": count["tests"] - failed - count["skipped"], "failed": failed, "skipped": count["skipped"]}


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Run every cell, print the table, and return 1 if any test failed."""
    parser = argparse.ArgumentParser(prog="make real", description=__doc__)
    parser.add_argument("helm_tests", nargs="+", help="the tests that run a helm")
    parser.add_argument("--only", default="", help="a part, or a part and its release: “Helm 4”")
    given = parser.parse_args()
    results = {}
    for cell in cells(given.helm_tests):
        if cell.name.startswith(given.only):
            _say(f"\n{cell.name}:")
            results[cell.name] = run(cell)
    _say(f"\n{'':<32}" + "".join(f"{column:>10}" for column in _COLUMNS))
    for name, counts in results.items():
        _say(f"{name:<32}" + "".join(f"{counts[column]:>10}" for column in _COLUMNS))
    return 1 if any(counts["failed"] for counts in results.values()) else 0


sys.exit(main())
