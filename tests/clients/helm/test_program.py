"""Which helm is taken of those that a machine has, and what each is by its own words."""

from pathlib import Path

import pytest

from clients.errors import Unavailable
from clients.helm import program
from clients.helm.program import CACHE, DEFAULT_MAJOR, IMAGE, PACKAGE, PATH, SETTING, choose, describe
from clients.helm.version import HelmVersion, KubernetesRange, advisories_of, parse, program_of

OTHER_MAJOR = 7 - DEFAULT_MAJOR
OF = {3: "3.22.0", 4: "4.3.2"}


class Machine:
    """A machine's folders: beside Python, on the PATH, in the cache."""

    def __init__(self, folder, monkeypatch):
        self.beside, self.path, self.cache = (folder / name for name in ("beside", "path", "cache"))
        for one in (self.beside, self.path, self.cache / "jhub-bot" / "helm"):
            one.mkdir(parents=True)
        self.state = folder / "state"
        monkeypatch.setenv("PATH", str(self.path))
        monkeypatch.setenv("XDG_CACHE_HOME", str(self.cache))
        monkeypatch.setattr(program, "_packaged", lambda: HelmVersion(3, 17, 3))

    def put(self, folder, version, name="helm"):
        path = folder / name
        path.write_text(f'#!/bin/sh\necho \'version.BuildInfo{{Version:"v{version}", GitCommit:""}}\'\n')
        path.chmod(0o755)
        return path

    def named(self, folder, version):
        return self.put(folder, version, f"helm-v{version}")

    def build(self, version):
        return self.named(self.cache / "jhub-bot" / "helm", version)

    async def chosen(self, setting=None):
        found = await choose(setting, self.state, self.beside)
        return found.path, found.origin


@pytest.fixture
def machine(tmp_path, monkeypatch):
    return Machine(tmp_path, monkeypatch)


async def test_the_images_own_comes_first_and_of_them_the_default(machine):
    both = {major: machine.named(machine.beside, version) for major, version in OF.items()}
    machine.put(machine.path, "4.9.0")
    assert await machine.chosen() == (both[DEFAULT_MAJOR], IMAGE)
    assert await machine.chosen(str(OTHER_MAJOR)) == (both[OTHER_MAJOR], IMAGE)


async def test_on_a_laptop_the_path_then_the_cache_then_the_package(machine):
    packaged = machine.put(machine.beside, "3.17.3")
    assert await machine.chosen() == (packaged, PACKAGE)
    built = machine.build(OF[OTHER_MAJOR])
    assert await machine.chosen() == (built, CACHE)
    built = machine.build(OF[DEFAULT_MAJOR])
    assert await machine.chosen() == (built, CACHE)
    installed = machine.put(machine.path, "3.19.1")
    assert await machine.chosen() == (installed, PATH)


async def test_one_with_known_vulnerabilities_is_passed_over_while_there_is_a_better(machine):
    machine.put(machine.beside, "3.17.3")
    old = machine.put(machine.path, "3.18.4")
    assert await machine.chosen() == (old, PATH)
    assert await machine.chosen("3") == (old, PATH)
    built = machine.build("3.22.0")
    assert await machine.chosen() == (built, CACHE)


async def test_what_is_set_is_taken(machine):
    machine.build("4.3.2")
    assert await machine.chosen("/opt/helm") == (Path("/opt/helm"), SETTING)


async def test_a_major_version_that_is_nowhere_is_said(machine):
    machine.put(machine.beside, "3.17.3")
    with pytest.raises(ValueError, match="no Helm 4 was found"):
        await machine.chosen("4")


async def test_where_there_is_none_it_cannot_be_started(machine):
    path, origin = await machine.chosen()
    with pytest.raises(Unavailable, match="could not be started"):
        await describe(path, origin, machine.state)


async def test_what_says_nothing_of_use_is_passed_over(machine):
    machine.put(machine.path, "x").write_text("#!/bin/sh\nexit 1\n")
    packaged = machine.put(machine.beside, "3.17.3")
    assert await machine.chosen() == (packaged, PACKAGE)
    (machine.cache / "jhub-bot" / "helm" / "helm-vnext").write_text("")
    assert await machine.chosen() == (packaged, PACKAGE)


async def test_it_is_asked_for_what_it_is(machine):
    found = await describe(machine.put(machine.path, "3.22.0"), PATH, machine.state)
    assert (found.origin, found.version, found.kubernetes) == (PATH, HelmVersion(3, 22, 0), KubernetesRange(34, 37))


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("v3.17.3+ge4da497", HelmVersion(3, 17, 3)),
        (" 4.3.2\n", HelmVersion(4, 3, 2)),
        ("v4.4.0-rc.1", HelmVersion(4, 4, 0)),
        ("v3", None),
        ("3.22", None),
        ("helm", None),
        ("", None),
    ],
)
def test_versions_are_read(text, version):
    assert parse(text) == version


def test_helm_4_says_itself_which_kubernetes_it_is_made_for():
    said = 'version.BuildInfo{Version:"v4.9.1", GoVersion:"go1.27.1", KubeClientVersion:"v1.40"}'
    assert program_of(PATH, said).kubernetes == KubernetesRange(37, 40)


def test_an_advisory_concerns_what_is_older_than_its_fix():
    assert [one.name for one in advisories_of(HelmVersion(3, 17, 4))] == ["CVE-2025-55198", "CVE-2025-55199"]
    assert advisories_of(HelmVersion(3, 18, 5)) == advisories_of(HelmVersion(4, 0, 0)) == ()
