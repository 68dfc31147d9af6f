"""The chart repository: what helm finds in it, and what tells the versions apart."""

import asyncio
import gzip
import io
import json
import tarfile
from hashlib import sha256

import jsonschema
import pytest
import yaml
from aiohttp import web

from sandbox.helm import chart_repository as charts
from sandbox.helm import chart_repository_routes as routes
from sandbox.helm.release_history import CHART, helm_path

BY_VERSION = {one.version: one for one in charts.EDITIONS}
EDITIONS = pytest.mark.parametrize("edition", charts.EDITIONS, ids=lambda one: one.version)


@pytest.fixture
async def repository(aiohttp_server):
    app = web.Application()
    app.add_routes(routes.routes())
    return str((await aiohttp_server(app)).make_url(routes.PATH))


@pytest.fixture
def helm(tmp_path):
    async def run(*arguments, given=None):
        homes = {f"HELM_{kind}_HOME": str(tmp_path / kind) for kind in ("CACHE", "CONFIG", "DATA")}
        process = await asyncio.create_subprocess_exec(
            *(helm_path(), *arguments, *(["--values=-"] if given is not None else [])),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=homes | {"HOME": str(tmp_path)},
        )
        async with asyncio.timeout(240):
            out, errors = await process.communicate(json.dumps(given or {}).encode())
        return process.returncode, out.decode(), errors.decode()

    return run


def complaints(version, values):
    found = jsonschema.Draft7Validator(charts.schema(BY_VERSION[version])).iter_errors(values)
    return [error.message for error in found]


async def test_helm_fetches_the_version_asked_for(helm, repository):
    asked = ("template", "jupyterhub", charts.NAME, f"--repo={repository}", "--kube-version=1.32")
    status, out, errors = await helm(*asked, "--version=3.3.8")
    assert status == 0, errors
    assert "chart: jupyterhub-3.3.8" in out
    assert "quay.io/jupyterhub/k8s-hub:3.3.8" in out
    status, _, errors = await helm(*asked, "--version=9.9.9")
    assert (status, "9.9.9 not found" in errors or 'version "9.9.9"' in errors) == (1, True), errors


async def test_without_a_version_helm_takes_the_newest(helm, repository):
    status, out, errors = await helm("show", "chart", charts.NAME, f"--repo={repository}")
    assert status == 0, errors
    assert yaml.safe_load(out)["version"] == charts.NEWEST


def test_the_newest_is_the_folder_itself():
    about = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert (about["version"], about["appVersion"]) == (charts.NEWEST, BY_VERSION[charts.NEWEST].app_version)
    assert charts.values(BY_VERSION[charts.NEWEST]) == yaml.safe_load((CHART / "values.yaml").read_text())
    assert charts.schema(BY_VERSION[charts.NEWEST]) == json.loads((CHART / "values.schema.json").read_text())


@EDITIONS
def test_each_versions_defaults_meet_its_own_schema(edition):
    assert complaints(edition.version, charts.values(edition)) == []


@EDITIONS
def test_packing_again_gives_the_same_bytes(edition):
    packed = charts.package(edition)
    charts.package.cache_clear()
    assert charts.package(edition) == packed
    (entry,) = (one for one in json.loads(charts.index())["entries"][charts.NAME] if one["version"] == edition.version)
    assert entry["digest"] == sha256(packed).hexdigest()


def test_a_package_has_its_folder_and_no_trace_of_who_packed_it():
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(charts.package(BY_VERSION["2.0.0"])))) as tar:
        members = tar.getmembers()
    assert members[0].name == "jupyterhub/Chart.yaml"
    assert {(one.mtime, one.uid, one.uname) for one in members} == {(0, 0, "")}


@pytest.mark.parametrize(
    ("values", "takes", "refuses"),
    [
        ({"auth": {"type": "azuread"}}, ["1.1.3"], ["2.0.0", "3.3.8", "4.0.0", "4.4.0"]),
        ({"singleuser": {"imagePullSecret": {"enabled": True}}}, ["1.1.3"], ["2.0.0", "4.4.0"]),
        ({"hub": {"loadRoles": {}}}, ["2.0.0", "3.3.8", "4.0.0", "4.4.0"], ["1.1.3"]),
        ({"httpRoute": {}}, ["4.4.0"], ["1.1.3", "2.0.0", "3.3.8", "4.0.0"]),
        ({"hub": {"uid": 1000}}, ["1.1.3"], ["2.0.0", "4.4.0"]),
    ],
)
def test_versions_know_different_values(values, takes, refuses):
    assert {version: complaints(version, values) for version in takes} == {version: [] for version in takes}
    assert [version for version in refuses if not complaints(version, values)] == []


def test_charts_before_4_name_homes_the_old_way():
    templates = {
        v: charts.values(e)["singleuser"]["storage"]["dynamic"]["pvcNameTemplate"] for v, e in BY_VERSION.items()
    }
    old = "claim-{username}{servername}"
    assert templates == {"4.4.0": None, "4.0.0": None, "3.3.8": old, "2.0.0": old, "1.1.3": old}


async def test_there_is_nothing_else(aiohttp_client):
    app = web.Application()
    app.add_routes(routes.routes())
    client = await aiohttp_client(app)
    for path in ("/charts/jupyterhub-9.9.9.tgz", "/charts/%2e%2e%2fserver.py", "/charts/"):
        assert (await client.get(path)).status == 404
