"""A real JupyterHub and the sandbox's hub, to be asked the same.

The real one runs as it is shipped, with its own proxy and servers that are small local programs.
"""

import asyncio
import os
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

import aiohttp
import pytest

from clients.hub import HubReader, HubWriter

HERE = Path(__file__).parent
PROXY = HERE.parents[1] / "node_modules/configurable-http-proxy/bin/configurable-http-proxy"
# The Python that has the real hub: of another release than this environment's, by `make real`.
HUB_PYTHON = "JHUB_TEST_HUB_PYTHON"
# And which release that is.
HUB_VERSION = "JHUB_TEST_HUB_VERSION"
BOT, MAKER, STRANGER = "canary-bot-7e1f", "canary-maker-93ab", "canary-stranger"
ADA, GRACE, LINUS = "ada@example.org", "grace@example.org", "linus"
NAMES = (ADA, GRACE, LINUS, "o'brien#1", "søren ågård", "50%25", "zuse+lab")
GROUP = "geo"
# Users whom `slow_users` makes on the real hub: their servers take longer to stop than it holds a DELETE.
SLOW = tuple(f"slow-{number}" for number in range(8))
STOP_SECONDS, SLOW_STOP_TIMEOUT = 1.0, 0.25
WITHIN = 30.0


@dataclass
class Real:
    """JupyterHub as a process of its own."""

    url: str
    process: subprocess.Popen
    folder: Path

    async def live(self):
        await asyncio.sleep(0.1)


@dataclass
class Side:
    """One of the two hubs, to be asked."""

    url: str
    live: object
    http: aiohttp.ClientSession

    async def raw(self, method, path, text=BOT, **more):
        headers = {"Authorization": f"token {text}", **more.pop("headers", {})}
        address = aiohttp.client.URL(self.url + path, encoded=True)
        async with self.http.request(method, address, headers=headers, allow_redirects=False, **more) as response:
            body = await response.json(content_type=None) if response.content_type.endswith("json") else None
            return response.status, body

    def reader(self, text=BOT):
        return HubReader(self.url, lambda: given(text), lambda: self.http)

    def writer(self, text=BOT):
        return HubWriter(self.url, lambda: given(text), lambda: self.http)

    async def start(self, user, server=""):
        """Start a server and wait until it is ready."""
        status, _ = await self.raw("POST", path_of(user, server), MAKER)
        assert status in (201, 202)
        await self.until(user, lambda servers: server in servers and servers[server].ready)

    async def until(self, user, holds):
        end = time.monotonic() + WITHIN
        while not holds({one.name: one for one in (await self.reader().user(user)).servers}):
            assert time.monotonic() < end, f"{user}: not within {WITHIN:g} s"
            await self.live()


def path_of(user, server=""):
    owner = f"/hub/api/users/{quote(user, safe='')}"
    return f"{owner}/servers/{quote(server, safe='')}" if server else f"{owner}/server"


def release():
    """Return the major release of the real hub: this environment has JupyterHub 5."""
    return int(os.environ.get(HUB_VERSION, "5").split(".")[0])


async def given(text):
    return text


def free_ports(number):
    taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [one.getsockname()[1] for one in taken]
    for one in taken:
        one.close()
    return ports


def wait_for(made, log):
    end = time.monotonic() + 240
    while time.monotonic() < end and made.process.poll() is None:
        try:
            with urlopen(f"{made.url}/hub/health", timeout=2):  # noqa: S310 - our own process on loopback
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"JupyterHub did not start:\n{log.read_text()[-3000:]}")
