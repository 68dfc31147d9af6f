"""The Prometheus that the contract's tests ask: a real one, and the sandbox's, with the same series.

The real one is Debian's package, on loopback: its past is made by promtool, and it scrapes a page that the test serves.
"""

import asyncio
import contextlib
import math
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
import yaml
from aiohttp import web

from clients.prometheus import Prometheus
from sandbox.clock import RealClock
from sandbox.prometheus import scraper
from sandbox.prometheus.query_routes import QueryRoutes
from sandbox.prometheus.time_series import Span

GIB = 2**30
NAMESPACE, CLUSTER = "jhub", "jhub-aks"
# Its own clock ticks in seconds, and the closest look at the past in half minutes.
WITHIN = 90.0
_READY_WITHIN = 120.0
_EVERY = 15.0

Labels = Mapping[str, str]


def volume(claim: str, percent: float, *, files: float = 1000, without: tuple[str, ...] = (), **labels: str):
    """What kubelet exposes of one volume of 10 GiB: labels and values, without some of the metrics."""
    used = math.ceil(10 * GIB * percent / 100)
    stats = {
        "capacity_bytes": 10 * GIB,
        "used_bytes": used,
        "available_bytes": 10 * GIB - used,
        "inodes": 655_360,
        "inodes_used": files,
    }
    its = {"namespace": NAMESPACE, "cluster": CLUSTER, "persistentvolumeclaim": claim, "node": "a", **labels}
    return {
        frozenset({**its, "__name__": f"kubelet_volume_stats_{name}"}.items()): float(value)
        for name, value in stats.items()
        if name not in without
    }


@dataclass
class Past:
    """Samples of the past: of these series, from one time ago until another, in seconds."""

    series: dict
    begin: float
    end: float


@dataclass
class Side:
    """One of the two: `page` is what is exposed now, `settle` has it scraped."""

    url: str
    token: str = ""
    page: dict = field(default_factory=dict)
    scrape: object = None

    def client(self, **more):
        async def token():
            return self.token

        usual = {"namespace": NAMESPACE, "labels": {"cluster": CLUSTER}}
        return Prometheus(self.url, token if self.token else None, **{**usual, **more})

    async def until(self, client, holds):
        """Ask until what it answers is as it should be, and return that."""
        async with asyncio.timeout(WITHIN):
            while not holds(found := await client.volumes()):
                if self.scrape:
                    self.scrape()
                await asyncio.sleep(0.3)
        return found

    async def raw(self, query: str, method: str = "POST"):
        """Status and JSON of a query, as they are."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        given = {"data": {"query": query}} if method == "POST" else {"params": {"query": query}}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.request(method, f"{self.url}/api/v1/query", **given) as response,
        ):
            return response.status, await response.json()


@contextlib.asynccontextmanager
async def imitated(past: list[Past]):
    """Run the sandbox's."""
    clock, side = RealClock(), Side("")
    prometheus = scraper.Prometheus(clock, lambda: side.page)
    now = clock.now().timestamp()
    for one in sorted(past, key=lambda one: one.end):
        for labels, value in one.series.items():
            prometheus.series.remember(labels, Span(now - one.begin, now - one.end, value))
    async with _served(QueryRoutes(prometheus).app()) as url:
        side.url, side.token, side.scrape = url, prometheus.token, prometheus.scrape
        yield side


@contextlib.asynccontextmanager
async def real(past: list[Past], folder: Path):
    """Run Debian's. Skip where it is not installed."""
    if not (shutil.which("prometheus") and shutil.which("promtool")):
        pytest.skip("prometheus is not installed (Debian's package of that name)")
    side = Side("")

    async def metrics(_request):
        return web.Response(text="".join(_line(labels, value) for labels, value in side.page.items()))

    app = web.Application()
    app.add_routes([web.get("/metrics", metrics)])
    _backfill(past, folder)
    async with _served(app) as target:
        side.url, process = _begun(target.rpartition("//")[2], folder)
        try:
            await _until_ready(side.url, process, folder)
            yield side
        finally:
            process.terminate()
            process.wait(60)


def _backfill(past: list[Past], folder: Path) -> None:
    now = time.time()
    lines = [
        _line(labels, value, now - one.end - back * _EVERY)
        for one in past
        for labels, value in one.series.items()
        for back in reversed(range(int((one.begin - one.end) / _EVERY) + 1))
    ]
    # Samples of one metric stand together, those of one series in the order of time.
    lines.sort(key=lambda line: (line.partition("{")[0], line.partition("}")[0], float(line.split()[-1])))
    (folder / "past").write_text("".join([*lines, "# EOF\n"]), "utf-8")
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(folder / "past"), str(folder / "data")]
    subprocess.run(command, check=True, capture_output=True, timeout=240)


def _begun(target: str, folder: Path):
    jobs = [
        # As two replicas of one Prometheus would have it, both in one.
        {"job_name": f"kubelet-{name}", "static_configs": [{"targets": [target], "labels": {"replica": name}}]}
        for name in ("a", "b")
    ]
    config = {"global": {"scrape_interval": "1s", "scrape_timeout": "1s"}, "scrape_configs": jobs}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config), "utf-8")
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        "prometheus",
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (folder / "log").open("wb") as log:
        return f"http://127.0.0.1:{port}", subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)


async def _until_ready(url: str, process, folder: Path) -> None:
    async with asyncio.timeout(_READY_WITHIN), aiohttp.ClientSession() as session:
        while process.poll() is None:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(f"{url}/-/ready") as response:
                    if response.status == 200:
                        return
            await asyncio.sleep(0.1)
    raise RuntimeError(f"Prometheus ended: {(folder / 'log').read_text('utf-8', 'replace')[-600:]}")


def _line(labels, value: float, at: float | None = None) -> str:
    known = dict(labels)
    name = known.pop("__name__")
    inside = ",".join(f'{label}="{text}"' for label, text in sorted(known.items()))
    return f"{name}{{{inside}}} {value}{'' if at is None else f' {at:.3f}'}\n"


@contextlib.asynccontextmanager
async def _served(app):
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
