"""What makes an upgrade fail, as the real helm meets it, and that an earlier revision is well all the same."""

import asyncio
import json
import re

import aiohttp
import pytest
import pytest_asyncio

from sandbox.apiserver.objects import resource_kinds as r
from sandbox.helm.chart_repository import NAME
from sandbox.helm.release_history import helm_path
from sandbox.scenario import release
from sandbox.server import Options, running

SPACE = "jhub"
# One world for all: each test mends what it broke.
pytestmark = [pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def box():
    async with running(Options(users=10, speed=20)) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def helm(box, tmp_path):
    async def run(*arguments, given=None):
        homes = {f"HELM_{kind}_HOME": str(tmp_path / kind) for kind in ("CACHE", "CONFIG", "DATA")}
        process = await asyncio.create_subprocess_exec(
            *(helm_path(), *arguments, f"--namespace={SPACE}", f"--kubeconfig={box.ready['kubeconfig']}"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=homes | {"HOME": str(tmp_path)},
        )
        _, errors = await asyncio.wait_for(process.communicate(json.dumps(given or {}).encode()), 240)
        return process.returncode, errors.decode()

    return run


def upgrade(box, tag, *options):
    values = release.values(tag, box.world.bot_token)
    chart = (NAME, f"--repo={box.ready['chart_repository']}")
    return ("upgrade", release.RELEASE, *chart, "--values=-", *options), values


async def until(condition, within=240):
    async with asyncio.timeout(within):
        while not (found := condition()):
            await asyncio.sleep(0.02)
    return found


def pods(box, component):
    return [p for p in box.store.list(r.POD, SPACE) if p["metadata"]["labels"].get("component") == component]


def reasons(box, component):
    """Why containers wait."""
    of_all = ("initContainerStatuses", "containerStatuses")
    statuses = [one for pod in pods(box, component) for kind in of_all for one in pod.get("status", {}).get(kind, ())]
    return {one["state"].get("waiting", {}).get("reason") for one in statuses} - {None}


def hub_is_ready(box):
    return (box.store.get(r.DEPLOYMENT, SPACE, "hub")["status"].get("readyReplicas") or 0) == 1


async def test_a_hub_crashes_with_new_values_and_is_well_with_those_before(box, helm):
    box.control.break_("upgrade", "crash")
    assert hub_is_ready(box), "what runs goes on"
    command, values = upgrade(box, "7c1d2e9", "--wait", "--timeout=4s")
    status, errors = await helm(*command, given=values)
    assert (status, "context deadline exceeded" in errors) == (1, True), errors
    await until(lambda: "CrashLoopBackOff" in reasons(box, "hub"))
    assert not hub_is_ready(box)
    status, errors = await helm("rollback", release.RELEASE, "3", "--wait", "--timeout=20s")
    assert status == 0, errors
    assert hub_is_ready(box)
    box.control.heal("upgrade")


async def test_a_hook_fails_and_nothing_is_changed(box, helm):
    box.control.break_("upgrade", "hook")
    command, values = upgrade(box, "9b8e4d1", "--timeout=3s")
    status, errors = await helm(*command, given=values)
    assert (status, "pre-upgrade hooks failed" in errors) == (1, True), errors
    assert [pod["status"]["phase"] for pod in pods(box, "hook-image-awaiter")].count("Failed") >= 1
    assert hub_is_ready(box)
    box.control.heal("upgrade")


async def test_an_image_is_still_being_pulled_when_helm_gives_up_and_comes_once_that_is_mended(box, helm):
    box.control.break_("upgrade", "image-slow")
    command, values = upgrade(box, "e07f3a2", "--timeout=3s")
    status, errors = await helm(*command, given=values)
    assert status == 1
    assert re.search("timed out waiting for the condition|context deadline exceeded", errors), errors
    assert reasons(box, "hook-image-puller") <= {"PodInitializing"}, "no failure: it only takes long"
    box.control.heal("upgrade")
    status, errors = await helm(*upgrade(box, "e07f3a2", "--wait", "--timeout=30s")[0], given=values)
    assert status == 0, errors


async def test_a_quota_refuses_the_pods_of_the_hook(box, helm):
    box.control.break_("upgrade", "quota")
    command, values = upgrade(box, "c93e5f8", "--timeout=2s")
    status, errors = await helm(*command, given=values)
    assert status == 1, errors
    assert any("exceeded quota: compute" in one["message"] for one in box.store.list(r.EVENT, SPACE))
    box.control.heal("upgrade")


async def test_the_api_server_is_gone_for_a_while_and_ends_what_it_was_answering(box):
    pods_url = f"{box.ready['api_url']}/api/v1/namespaces/{SPACE}/pods"
    async with aiohttp.ClientSession() as session:
        watch = await session.get(pods_url, params={"watch": "true"})
        await watch.content.readline()
        box.control.break_("api", "20s")
        with pytest.raises((aiohttp.ClientError, ConnectionError)):
            await watch.read()
        with pytest.raises((aiohttp.ClientError, ConnectionError)):
            await session.get(pods_url)
        assert "api" in box.control.broken
        await until(lambda: "api" not in box.control.broken)
        async with session.get(pods_url) as answer:
            assert answer.status == 200
