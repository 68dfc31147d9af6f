"""The hubs that the contract's tests ask. One real hub serves them all; where it cannot run they are skipped."""

import asyncio
import os
import shutil
import subprocess
import sys
from urllib.parse import quote

import aiohttp
import pytest

from sandbox.jupyterhub.api_tokens import token
from sandbox.scenario.release import BOT_SCOPES, TEST_USER
from tests.clients.hubs import hub_of
from tests.contract.hubs import (
    BOT,
    GRACE,
    GROUP,
    HERE,
    HUB_PYTHON,
    MAKER,
    NAMES,
    PROXY,
    SLOW,
    SLOW_STOP_TIMEOUT,
    STOP_SECONDS,
    Real,
    Side,
    free_ports,
    wait_for,
)


@pytest.fixture(scope="session")
def jupyterhub(tmp_path_factory):
    if not (shutil.which("node") and PROXY.exists()):
        pytest.skip("node or configurable-http-proxy is not installed: make setup with npm brings the latter")
    folder = tmp_path_factory.mktemp("hub")
    for name in (*NAMES, TEST_USER):
        (folder / quote(name, safe="")).mkdir(exist_ok=True)
    public, inner, proxy, announcement = free_ports(4)
    own = {
        "CONTRACT_FOLDER": str(folder),
        "CONTRACT_PUBLIC_PORT": str(public),
        "CONTRACT_HUB_PORT": str(inner),
        "CONTRACT_PROXY": f"{shutil.which('node')}\n{PROXY}",
        "CONTRACT_PROXY_PORT": str(proxy),
        "CONTRACT_SCOPES": ",".join((*BOT_SCOPES, "access:services!service=announcement")),
        "CONTRACT_ANNOUNCEMENT_PORT": str(announcement),
        "CONTRACT_BOT_TOKEN": BOT,
        "CONTRACT_MAKER_TOKEN": MAKER,
        "CONTRACT_USERS": "\n".join(NAMES),
        "CONTRACT_STOP_SECONDS": str(STOP_SECONDS),
        "CONTRACT_SLOW_STOP_TIMEOUT": str(SLOW_STOP_TIMEOUT),
        "CONTRACT_ADMIN": GRACE,
        "CONTRACT_TEST_USER": TEST_USER,
        "CONTRACT_GROUP": GROUP,
    }
    command = [os.environ.get(HUB_PYTHON, sys.executable), "-m", "jupyterhub", "--config", str(HERE / "hub_config.py")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=os.environ | own, stdout=log, stderr=log)
    made = Real(f"http://127.0.0.1:{public}", process, folder)
    try:
        wait_for(made, folder / "log")
        yield made
    finally:
        process.terminate()
        process.wait(240)


@pytest.fixture
async def real(jupyterhub):
    async with aiohttp.ClientSession() as http:
        yield Side(jupyterhub.url, jupyterhub.live, http)


@pytest.fixture
async def sandbox(aiohttp_server):
    tokens = {
        BOT: token("service:bot", BOT_SCOPES),
        MAKER: token("service:maker", ["admin:users", "admin:servers"]),
    }
    made = await hub_of(aiohttp_server, NAMES, {GRACE}, tokens)
    made.users.groups.add(GROUP)
    async with aiohttp.ClientSession() as http:
        yield Side(str(made.server.make_url("")).rstrip("/"), lambda: made.live(1), http)


@pytest.fixture(params=["jupyterhub", "sandbox"])
def side(request):
    """Each of both in turn."""
    return request.getfixturevalue("real" if request.param == "jupyterhub" else "sandbox")


@pytest.fixture
async def slow_users(real):
    """Users of the real hub whose servers, which run, take a while to stop."""
    status, _ = await real.raw("POST", "/hub/api/users", MAKER, json={"usernames": list(SLOW)})
    assert status == 201
    await asyncio.gather(*(real.start(name) for name in SLOW))
    yield SLOW
    for name in SLOW:
        await real.until(name, lambda servers: not any(server.stopping for server in servers.values()))
        assert (await real.raw("DELETE", f"/hub/api/users/{name}", MAKER))[0] == 204
