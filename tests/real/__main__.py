"""`make real`: the tests that run real parts, once with each release of them, and a table of what came out."""

import argparse
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from deploy.image.build_helm import PINS
from tests.contract.hubs import HUB_PYTHON, HUB_VERSION
from tests.helms import VARIABLE as HELM
from tests.real.environments import HUBS, Hub, hub_python
from tests.real.table import Outcome, by_suite, table

ROOT = Path(__file__).parents[2]
_HUB_TESTS = ("tests/contract", "tests/clients/hub_classes")


@dataclass(frozen=True)
class Cell:
    """Tests with one release of a part. `has` makes the release, and returns what has the tests take it."""

    part: str
    version: str
    tests: tuple[str, ...]
    has: Callable[[], Mapping[str, str]] = dict
    refusal: str = ""

    @property
    def name(self) -> str:
        return f"{self.part} {self.version}"


def cells(helm_tests: Iterable[str]) -> Iterator[Cell]:
    """Every release, those of this environment first."""
    tests = tuple(helm_tests)
    yield Cell("JupyterHub", "of this environment", _HUB_TESTS)
    yield from (_hub(one) for one in HUBS)
    yield Cell("Helm", "of this environment", tests)
    yield from (_helm(pin.version, tests) for pin in PINS.values())


def _hub(hub: Hub) -> Cell:
    def has() -> dict[str, str]:
        return {HUB_PYTHON: str(hub_python(hub.version)), HUB_VERSION: hub.version}

    return Cell("JupyterHub", hub.version, _HUB_TESTS, has, hub.refusal)


def _helm(version: str, tests: tuple[str, ...]) -> Cell:
    return Cell("Helm", version, tests, lambda: {HELM: version})


def run(cell: Cell) -> Outcome:
    """Run its tests, with their output on the terminal."""
    report = ROOT / "build" / "real" / f"{cell.name.replace(' ', '-')}.xml"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    options = ("-m", "not e2e and not fault", "--numprocesses", "2", "--dist", "loadfile", f"--junitxml={report}")
    command = [sys.executable, "-m", "pytest", "--quiet", *options, *cell.tests]
    environment = os.environ | cell.has()
    began, used = time.monotonic(), _processor()
    subprocess.run(command, cwd=ROOT, env=environment, check=False)
    waited = time.monotonic() - began
    return Outcome(by_suite(report, cell.tests), waited / 60, (_processor() - used) / 60)


def _processor() -> float:
    """Return the seconds of processor time of all processes that ended below this one."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Run every cell, print the tables, and return 1 if any test failed."""
    parser = argparse.ArgumentParser(prog="make real", description=__doc__)
    parser.add_argument("helm_tests", nargs="+", help="the tests that run a helm")
    parser.add_argument("--only", default="", help="a part, or a part and its release: “Helm 4”")
    given = parser.parse_args()
    outcomes: dict[str, Outcome | str] = {}
    for cell in cells(given.helm_tests):
        if cell.name.startswith(given.only):
            _say(f"\n{cell.name}:")
            outcomes[cell.name] = cell.refusal or run(cell)
    for _, names in groupby(outcomes, key=lambda name: name.split()[0]):
        _say("")
        for line in table({name: outcomes[name] for name in names}):
            _say(line)
    return 1 if any(isinstance(one, Outcome) and one.counts["failed"] for one in outcomes.values()) else 0


sys.exit(main())
