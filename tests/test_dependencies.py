"""What is installed beside our own: pinned, checked by hash, wanted by somebody, and under terms that may be passed on.

No database of vulnerabilities is asked here: the tests have no network. SECURITY.md says who asks one, and how.
"""

import json
import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
OURS = [Requirement(one) for one in PROJECT["dependencies"]]
DEV = [Requirement(one) for one in PROJECT["optional-dependencies"]["dev"]]
# The image's has what sends traces.
OTEL = [Requirement(one) for one in PROJECT["optional-dependencies"]["otel"]]
# JupyterHub's classes, in an environment of their own.
CLASSES = [
    Requirement(one)
    for one in (ROOT / "deploy/image/hub-classes.in").read_text("utf-8").splitlines()
    if not one.startswith("#")
]
SHIPPED = ("requirements.lock", "deploy/image/hub-classes.lock")
LOCKS = {SHIPPED[0]: OURS + OTEL, SHIPPED[1]: CLASSES, "requirements-dev.lock": OURS + DEV}
MAY_BE_PASSED_ON = re.compile(
    r"MIT|BSD|Apache|ISC|PSF|Python Software Foundation|MPL|Mozilla Public|LGPL|Lesser General|Unlicense|Zlib|CC0"
    r"|Artistic",
    re.IGNORECASE,
)


def locked(name):
    """Versions and the hashes of each package in a lock, by canonical name."""
    text = (ROOT / name).read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    found = {}
    for line in lines:
        pinned = re.match(r"([A-Za-z0-9._-]+)==(\S+)", line)
        assert pinned, f"{name}: not pinned: {line[:80]}"
        found[canonicalize_name(pinned[1])] = (pinned[2], re.findall(r"--hash=(\S+)", line))
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_pinned_and_checked_by_sha256(name):
    for package, (version, hashes) in locked(name).items():
        Version(version)
        assert hashes, package
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in hashes), package


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_has_what_pyproject_wants(name):
    pins = locked(name)
    for wanted in LOCKS[name]:
        assert wanted.specifier.contains(pins[canonicalize_name(wanted.name)][0], prereleases=True), (
            f"{wanted}: make lock"
        )


@pytest.mark.parametrize("name", LOCKS)
def test_the_lock_has_nothing_that_nobody_wants(name):
    """Markers are those of this machine: what other Pythons need beyond that, pip-compile leaves out as well."""
    assert set(locked(name)) - _closure(LOCKS[name]) == set(), "make lock"
    assert _closure(LOCKS[name]) - set(locked(name)) == set(), "make lock"


def _closure(wanted):
    """The names of all packages that these need, by what the installed ones say of themselves."""
    found, left = set(), [(one.name, frozenset(one.extras)) for one in wanted]
    seen = set()
    while left:
        name, extras = left.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        found.add(canonicalize_name(name))
        for text in metadata.distribution(name).requires or ():
            needed = Requirement(text)
            if _applies(needed, extras):
                left.append((needed.name, frozenset(needed.extras)))
    return found


def _applies(needed, extras):
    environments = [default_environment() | {"extra": extra} for extra in (extras or {""})]
    return needed.marker is None or any(needed.marker.evaluate(one) for one in environments)


@pytest.mark.parametrize("name", LOCKS)
@pytest.mark.parametrize("python", ["3.11.0", "3.11.2", "3.14.0"])
def test_every_package_runs_on_the_oldest_and_the_newest_python_that_we_promise(name, python):
    """Debian 12 has 3.11.2: what a newer 3.11 resolved may ask for more."""
    wanted = {package: metadata.metadata(package).get("Requires-Python") or "" for package in locked(name)}
    assert {package: versions for package, versions in wanted.items() if python not in SpecifierSet(versions)} == {}


def test_the_pythons_that_we_promise_are_those_that_the_makefile_takes():
    promised = SpecifierSet(PROJECT["requires-python"])
    named = [one.rpartition(" ")[2] for one in PROJECT["classifiers"] if one.startswith("Programming Language")]
    assert named == ["3.11", "3.12", "3.13", "3.14"]
    assert [one for one in (f"3.{minor}" for minor in range(30)) if one in promised] == named
    assert "(3, 11) <= v <= (3, 14)" in (ROOT / "Makefile").read_text("utf-8")


def test_what_runs_is_what_is_tested():
    tested = locked("requirements-dev.lock")
    for package, (version, hashes) in (pinned for name in SHIPPED for pinned in locked(name).items()):
        assert tested[package] == (version, hashes)
        assert metadata.version(package) == version, f"{package}: make setup"


@pytest.mark.parametrize("package", sorted({one for name in SHIPPED for one in locked(name)}))
def test_what_the_bot_is_shipped_with_may_be_passed_on(package):
    terms = _terms(metadata.metadata(package))
    assert MAY_BE_PASSED_ON.search(terms), f"{package}: {terms[:100]!r}"


def _terms(about):
    classified = [one for one in about.get_all("Classifier", []) if one.startswith("License ::")]
    return about.get("License-Expression") or "; ".join(classified) or (about.get("License") or "")[:200]


def test_npms_packages_are_checked_by_their_hash():
    packages = json.loads((ROOT / "package-lock.json").read_text("utf-8"))["packages"]
    for name, package in packages.items():
        if name:
            assert package["integrity"].startswith("sha512-"), name
            assert "resolved" not in package, f"{name}: the lock names a host"


def test_npms_direct_packages_are_pinned():
    wanted = json.loads((ROOT / "package.json").read_text("utf-8"))
    for name, version in {**wanted.get("dependencies", {}), **wanted.get("devDependencies", {})}.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), name
