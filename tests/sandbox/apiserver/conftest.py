"""One API server on a free loopback port, and the real clients to try it with."""

import asyncio
import io
import json
import os
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from sandbox.apiserver.objects import resource_kinds as r
from sandbox.apiserver.router import make_app
from sandbox.apiserver.storage.store import Store
from tests.helms import HELM

SECONDS = 240


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass
class Answer:
    status: int
    headers: Any
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Cluster:
    """A running API server: its store, its address, and who can talk to it."""

    store: Store
    url: str
    kubeconfig: Path
    session: aiohttp.ClientSession

    async def ask(self, method: str, path: str, body: Any = None, accept: str = "", content_type: str = "") -> Answer:
        headers = {"Accept": accept} if accept else {}
        text = body if isinstance(body, (bytes, str)) or body is None else json.dumps(body)
        data = None
        if text is not None:
            data = io.BytesIO(text if isinstance(text, bytes) else text.encode())
            headers["Content-Type"] = content_type or "application/json"
        async with self.session.request(method, self.url + path, data=data, headers=headers) as response:
            return Answer(response.status, response.headers, await response.text())

    async def run(self, program: str, *args: str, stdin: str = "") -> tuple[int, str, str]:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.kubeconfig.parent),
            "KUBECONFIG": str(self.kubeconfig),
        }
        process = await asyncio.create_subprocess_exec(
            program,
            *args,
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(SECONDS):
                out, err = await process.communicate(stdin.encode())
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return process.returncode or 0, out.decode(), err.decode()


def pod(name: str, **extra: Any) -> dict[str, Any]:
    container = {"name": "main", "image": "example/app:1"}
    return {"metadata": {"name": name, **extra}, "spec": {"nodeName": "node-1", "containers": [container]}}


LOG = "".join(f"2026-01-31T08:00:{second:02d}Z line {second}\n" for second in range(10))


@pytest.fixture
def new_pod() -> Callable[..., dict[str, Any]]:
    return pod


@pytest.fixture
def store() -> Store:
    store = Store(WallClock())
    for name in ("default", "kube-system"):
        store.create(r.NAMESPACE, None, {"metadata": {"name": name}})
    return store


@pytest.fixture
async def cluster(store: Store, tmp_path: Path) -> AsyncIterator[Cluster]:
    app = make_app(store, logs=lambda _pod, _container, _options: LOG, bookmark_seconds=0.2)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "sandbox",
        "clusters": [{"name": "sandbox", "cluster": {"server": url}}],
        "users": [{"name": "sandbox", "user": {}}],
        "contexts": [{"name": "sandbox", "context": {"cluster": "sandbox", "user": "sandbox"}}],
    }
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(json.dumps(config))
    kubeconfig.chmod(0o600)
    async with aiohttp.ClientSession() as session:
        yield Cluster(store, url, kubeconfig, session)
    await runner.cleanup()


@pytest.fixture
def kubectl(cluster: Cluster) -> Callable[..., Any]:
    """Runs kubectl; fails the test when kubectl fails, unless `fails=True`."""
    program = shutil.which("kubectl")
    if program is None:
        pytest.skip("kubectl is not installed here")

    async def run(*args: str, stdin: str = "", fails: bool = False) -> str:
        code, out, err = await cluster.run(program, *args, stdin=stdin)
        assert (code != 0) is fails, f"kubectl {args}: {code}\n{out}\n{err}"
        return err if fails else out

    return run


@pytest.fixture
def helm(cluster: Cluster) -> Callable[..., Any]:
    """Runs the helm of this environment; fails the test when helm fails, unless `fails=True`."""

    async def run(*args: str, fails: bool = False) -> str:
        code, out, err = await cluster.run(str(HELM), *args)
        assert (code != 0) is fails, f"helm {args}: {code}\n{out}\n{err}"
        return err if fails else out

    return run
