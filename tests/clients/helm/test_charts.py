"""What a chart's repository has, and what is in a package that the real helm fetched from it."""

import asyncio
import errno
import gzip
import tarfile

import pytest

from clients.errors import NotFound, Unavailable
from clients.helm import Charts
from clients.helm.chart_files import from_package
from clients.helm.chart_versions import precedence, versions_in
from tests.clients.chart_repository import NAME, SCHEMA, Repository, chart, member, packed
from tests.helms import HELM


@pytest.fixture
def repository():
    return Repository()


@pytest.fixture
async def charts(repository, aiohttp_server, tmp_path):
    server = await aiohttp_server(repository.app())
    return Charts(NAME, local=False, repo=str(server.make_url("/charts/")), helm=HELM, state=tmp_path / "state")


async def test_versions_come_newest_first_without_pre_releases(repository, charts):
    for version in ("3.3.8", "4.0.0", "4.0.0-beta.2", "v4.4.0", "4.10.0", "1.1.3", "4.4.1-0.dev.git.7000.habc"):
        repository.add(version)
    assert await charts.versions() == ["4.10.0", "v4.4.0", "4.0.0", "3.3.8", "1.1.3"]
    await charts.versions()
    assert repository.asked == ["index.yaml"]


async def test_the_real_helm_fetches_what_is_in_a_version_once(repository, charts, tmp_path):
    repository.add("4.3.0", app_version="5.4.0")
    repository.add("4.4.0")
    found = await charts.files("4.4.0")
    assert (found.version, found.app_version, found.kubernetes) == ("4.4.0", "5.5.0", ">=1.28.0-0")
    assert found.values == {"hub": {"db": {"type": "sqlite-pvc"}}}
    assert found.schema == SCHEMA
    again = await asyncio.gather(charts.files("4.4.0"), charts.files("v4.4.0"))
    assert [one is found for one in again] == [True, True]
    assert repository.asked.count("jupyterhub-4.4.0.tgz") == 1
    assert (await charts.files("4.3.0")).app_version == "5.4.0"
    assert not list((tmp_path / "state").glob("chart-*"))


async def test_a_version_that_is_not_there_is_named_and_nothing_is_fetched(repository, charts):
    repository.add("4.4.0")
    with pytest.raises(NotFound, match=r"no version 4\.9\.0 of jupyterhub"):
        await charts.files("4.9.0")
    assert repository.asked == ["index.yaml"]


@pytest.mark.parametrize("version", ["", "4", "4.4", "latest", "^4.0.0", ">0", "4.4.0 --repo=x", "4.4.0\n", "-1.0.0"])
async def test_what_is_no_version_is_never_given_to_helm(charts, repository, version):
    with pytest.raises(ValueError, match="not a chart version"):
        await charts.files(version)
    assert repository.asked == []


async def test_a_package_that_is_of_another_version_is_not_believed(repository, charts):
    repository.packages["4.4.0"] = packed(*chart("4.3.0"))
    with pytest.raises(Unavailable, match="another version"):
        await charts.files("4.4.0")


async def test_a_repository_that_lost_a_package_is_unavailable(repository, charts):
    repository.add("4.4.0")
    repository.index = repository.listed()
    repository.packages.clear()
    with pytest.raises(Unavailable, match="could not be fetched"):
        await charts.files("4.4.0")


async def test_a_full_disk_is_told(repository, charts, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    repository.add("4.4.0")
    monkeypatch.setattr("tempfile.mkdtemp", full)
    with pytest.raises(Unavailable, match="no disk space to work in"):
        await charts.files("4.4.0")


async def test_a_state_that_is_no_folder_is_told(repository, aiohttp_server, tmp_path):
    repository.add("4.4.0")
    server = await aiohttp_server(repository.app())
    (tmp_path / "file").touch()
    repo = str(server.make_url("/charts"))
    with pytest.raises(Unavailable, match="no folder to work in"):
        await Charts(NAME, local=False, repo=repo, helm=HELM, state=tmp_path / "file").files("4.4.0")


async def test_without_helm_it_is_told(repository, aiohttp_server, tmp_path):
    repository.add("4.4.0")
    server = await aiohttp_server(repository.app())
    repo = str(server.make_url("/charts"))
    with pytest.raises(Unavailable, match="could not be started"):
        await Charts(NAME, local=False, repo=repo, helm=tmp_path / "none", state=tmp_path / "s").files("4.4.0")


@pytest.mark.parametrize(
    "index",
    [b"", b"- a\n", b"entries: [1", b"entries: []", b"\xff\xfe\x00", b"entries:\n jupyterhub: 7\n", b"[" * 100_000],
)
async def test_an_index_that_makes_no_sense_is_unavailable(repository, charts, index):
    repository.index = index
    with pytest.raises(Unavailable, match="cannot be read"):
        await charts.versions()


def test_entries_that_make_no_sense_are_left_out():
    index = b"entries:\n  jupyterhub: [7, {version: '1.2.3'}, {version: not-one}, {version: 1.5}]\n"
    assert versions_in(index, "jupyterhub") == {"1.2.3": ""}
    assert versions_in(index, "other") == {}


def test_versions_are_ordered_as_semver_says():
    written = "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 1.0.1"
    ordered = [precedence(one) for one in written.split()]
    assert ordered == sorted(ordered)


async def test_a_repository_that_is_gone(tmp_path, unused_tcp_port):
    repo = f"http://127.0.0.1:{unused_tcp_port}"
    charts = Charts(NAME, local=False, repo=repo, helm=HELM, state=tmp_path)
    with pytest.raises(Unavailable, match=r"^The chart's repository cannot be reached$"):
        await charts.files("4.4.0")


async def test_a_registry_lists_nothing_and_its_absence_is_told(tmp_path, unused_tcp_port):
    registry = f"oci://127.0.0.1:{unused_tcp_port}/jupyterhub"
    charts = Charts(registry, local=False, helm=HELM, state=tmp_path)
    with pytest.raises(Unavailable, match="does not list its versions"):
        await charts.versions()
    with pytest.raises(Unavailable, match="cannot be reached"):
        await charts.files("4.4.0")


async def test_a_folder_has_its_own_version_alone(tmp_path):
    for told, content in chart():
        path = tmp_path / told.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    charts = Charts(str(tmp_path / NAME), local=True, helm=HELM, state=tmp_path)
    assert await charts.versions() == ("4.4.0",)
    assert (await charts.files("4.4.0")).schema == SCHEMA
    with pytest.raises(NotFound, match=r"on disk is version 4\.4\.0, not 3\.3\.8"):
        await charts.files("3.3.8")


GOOD = chart()
LINK = {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}
DAMAGED = {
    "nothing": (b"", "cut short"),
    "no gzip": (b"PK\x03\x04 no gzip", "damaged"),
    "cut short": (packed(*GOOD)[:-20], "cut short"),
    "no tar": (gzip.compress(b"no tar at all" * 100), "damaged"),
    "no chart": (packed(), "does not name its version"),
    "large": (b"\x1f\x8b" + b"x" * (9 << 20), "too large for a chart"),
    "a bomb": (gzip.compress(bytes(64 << 20), 1), "too large for a chart"),
    "many members": (packed(*GOOD, *(member(f"jupyterhub/templates/{n}") for n in range(6000))), "too many files"),
    "a large file": (packed(*GOOD[:1], member("jupyterhub/values.yaml", b"#" * (5 << 20))), "too large for a chart"),
    "a link": (packed(*GOOD, member("jupyterhub/values.yaml", **LINK)), "links or devices"),
    "a hard link": (packed(*GOOD, member("jupyterhub/x", type=tarfile.LNKTYPE, linkname="../x")), "links or devices"),
    "a device": (packed(*GOOD, member("jupyterhub/x", type=tarfile.CHRTYPE)), "links or devices"),
    "a path out": (packed(*GOOD, member("jupyterhub/../../x")), "lead out"),
    "an absolute path": (packed(*GOOD, member("/etc/x")), "lead out"),
    "a path for Windows": (packed(*GOOD, member("jupyterhub\\..\\x")), "lead out"),
    "values that are a list": (
        packed(*GOOD[:1], member("jupyterhub/values.yaml", b"- a")),
        "does not map names to values",
    ),
    "values that are no YAML": (packed(*GOOD[:1], member("jupyterhub/values.yaml", b"a: [")), "cannot be read"),
    "values that grow": (
        packed(*GOOD[:1], member("jupyterhub/values.yaml", b"a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n")),
        "cannot be read",
    ),
    "deep values": (packed(*GOOD[:1], member("jupyterhub/values.yaml", b"- " * 200_000)), "cannot be read"),
    "values with code": (packed(*GOOD[:1], member("jupyterhub/values.yaml", b"!!python/name:os.system")), "be read"),
    "a schema that is none": (packed(*GOOD[:1], member("jupyterhub/values.schema.json", b"{")), "cannot be read"),
    "a deep schema": (packed(*GOOD[:1], member("jupyterhub/values.schema.json", b"[" * 500_000)), "cannot be read"),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_a_package_that_nobody_should_trust(tmp_path, what):
    content, why = DAMAGED[what]
    package = tmp_path / "chart.tgz"
    package.write_bytes(content)
    with pytest.raises(Unavailable, match=why):
        from_package(package)
    assert list(tmp_path.iterdir()) == [package]
