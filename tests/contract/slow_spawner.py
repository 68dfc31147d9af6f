"""A spawner for a hub under test: some users' servers are one small program for all, and take a while to stop."""

import asyncio
import os
import sys
import threading
from functools import cache
from http.server import ThreadingHTTPServer

from jupyterhub.spawner import SimpleLocalProcessSpawner
from small_server import Answer

SECONDS = float(os.environ.get("CONTRACT_STOP_SECONDS", "0"))


@cache
def shared_port():
    """The port of the program that answers for all of them."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


class SlowSpawner(SimpleLocalProcessSpawner):
    """Servers of users whose names begin with "slow" take their time; others are programs of their own."""

    up = False

    @property
    def is_slow(self):
        return self.user.name.startswith("slow")

    async def start(self):
        if not self.is_slow:
            return await super().start()
        self.up = True
        return "127.0.0.1", shared_port()

    async def poll(self):
        if not self.is_slow:
            return await super().poll()
        return None if self.up else 0

    async def stop(self, now=False):
        if not self.is_slow:
            await super().stop(now)
            return
        await asyncio.sleep(SECONDS)
        self.up = False


class ContractSpawner(SlowSpawner):
    """The server of the synthetic user is a real one, with its kernels; the others' are small programs."""

    async def start(self):
        if self.user.name == os.environ.get("CONTRACT_TEST_USER"):
            self.cmd = [sys.executable, "-m", "jupyterhub.singleuser"]
            self.args = ["--ServerApp.allow_root=True", "--ServerApp.root_dir=/"]
        return await super().start()
