"""A bare cluster: nothing of a hub until helm installs one, by hand and with its own namespace; then all of it."""

import asyncio
import base64
import ssl
from dataclasses import replace

import aiohttp
import pytest
import yaml

from sandbox.apiserver.objects.resource_kinds import DEPLOYMENT, NAMESPACE, SECRET
from sandbox.helm.chart_repository import NAME
from sandbox.helm.release_history import helm_path
from sandbox.jupyterhub.config import as_installed
from sandbox.scenario import release
from sandbox.server import Options, running
from tests.container.homes import IMAGE

TAG = release.TAGS[-1]
VALUES = yaml.safe_load((IMAGE / "config.example.yaml").read_text())
VALUES["singleuser"]["image"]["tag"] = TAG
GONE = (aiohttp.ClientConnectionError, ConnectionError)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("bare")


@pytest.fixture
async def bare(tmp_path):
    async with running(Options(empty=True, speed=30, state_dir=tmp_path)) as started:
        yield started


async def helm(bare, folder, *arguments, values=None):
    homes = {f"HELM_{kind}_HOME": str(folder / kind) for kind in ("CACHE", "CONFIG", "DATA")}
    process = await asyncio.create_subprocess_exec(
        *(helm_path(), *arguments, f"--namespace={release.NAMESPACE}", f"--kubeconfig={bare.ready['kubeconfig']}"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=homes | {"HOME": str(folder)},
    )
    given = yaml.safe_dump(values or {}).encode()
    out, errors = await asyncio.wait_for(process.communicate(given), 240)
    return process.returncode, out.decode(), errors.decode()


async def install(bare, folder, version="4.4.0", values=VALUES):
    chart = (NAME, f"--repo={bare.ready['chart_repository']}", f"--version={version}")
    options = ("--create-namespace", "--values=-", "--wait", "--timeout=50s")
    status, _, errors = await helm(bare, folder, "install", release.RELEASE, *chart, *options, values=values)
    assert status == 0, errors


def bot_token(bare):
    held = bare.store.get(SECRET, release.NAMESPACE, "hub")["data"]
    return base64.b64decode(held["hub.services.jhub-bot.apiToken"]).decode()


async def ask(bare, path, token=""):
    headers = {"Authorization": f"token {token}"} if token else {}
    async with aiohttp.ClientSession() as session, session.get(bare.ready["hub_url"] + path, headers=headers) as answer:
        return answer.status, await answer.json()


async def handshake(bare):
    trust = ssl.create_default_context(cafile=bare.ready["ca_file"])
    address = (bare.ready["public_address"], bare.ready["public_port"])
    _, writer = await asyncio.open_connection(*address, ssl=trust, server_hostname=release.HOST)
    writer.close()


async def test_before_the_installation_nothing_answers(bare):
    assert bare.store.find(NAMESPACE, None, release.NAMESPACE) is None
    with pytest.raises(GONE):
        await ask(bare, "/hub/api/")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await handshake(bare)
    async with aiohttp.ClientSession() as session:
        with pytest.raises(GONE):
            await session.get(f"http://127.0.0.1:{bare.ready['http_port']}/")


async def test_the_example_makes_a_hub_that_the_chart_gives_a_token_for_until_it_is_uninstalled(bare, folder):
    await install(bare, folder)
    ready = {one["metadata"]["name"]: one["status"]["readyReplicas"] for one in bare.store.list(DEPLOYMENT, "jhub")}
    assert ready == {"hub": 1, "proxy": 1, "autohttps": 1, "user-scheduler": 2}
    assert (await ask(bare, "/hub/api/"))[1] == {"version": "5.5.0"}
    assert await ask(bare, "/hub/api/users", bot_token(bare)) == (200, [])
    assert (await ask(bare, "/hub/api/users", "t" * 64))[0] == 403
    assert (await ask(bare, "/hub/api/info", bot_token(bare)))[0] == 200, "what loadRoles gives"
    async with asyncio.timeout(240):
        while bare.certificates.serving.value == "refused":
            await asyncio.sleep(0.02)
    await handshake(bare)
    pod = bare.store.get(DEPLOYMENT, "jhub", "hub")["spec"]["template"]["spec"]
    assert pod["imagePullSecrets"] == [{"name": "registry-pull"}]
    found = as_installed(bare.store, replace(release.profile(), image="", storage_class="", match_node_purpose=""))
    assert found == release.profile(TAG)

    token = bot_token(bare)
    status, _, errors = await helm(bare, folder, "uninstall", release.RELEASE, "--wait")
    assert status == 0, errors
    with pytest.raises(GONE):
        await ask(bare, "/hub/api/users", token)


async def test_an_old_chart_brings_an_old_hub_whose_service_is_an_admin(bare, folder):
    https = {"enabled": True, "hosts": ["other.example.org"], "letsencrypt": {"contactEmail": "a@example.org"}}
    old = {"hub": {"services": {"jhub-bot": {"admin": True}}}, "singleuser": VALUES["singleuser"]}
    await install(bare, folder, "1.1.3", old | {"proxy": {"https": https}})
    assert (await ask(bare, "/hub/api/"))[1] == {"version": "1.4.2"}
    assert await ask(bare, "/hub/api/users", bot_token(bare)) == (200, [])
    async with asyncio.timeout(240):
        while bare.certificates.serving.value == "refused":
            await asyncio.sleep(0.02)
    assert bare.certificates.serving.value == "traefik-default", "the values name another host"
