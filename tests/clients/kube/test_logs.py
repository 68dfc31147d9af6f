"""Logs of containers, against an API server that says what a kubelet says."""

import asyncio
from contextlib import aclosing
from datetime import timedelta

import pytest
import yaml
from aiohttp import web

from clients.errors import NotFound, Unavailable
from clients.kube import KubeReader, connect
from clients.kube.logs import MOST_BYTES

LOG = "/api/v1/namespaces/jhub/pods/autohttps-1/log"


class Kubelet:
    """Says `lines`, one after the other; or refuses with a status."""

    def __init__(self):
        self.asked = []
        self.lines = ["one", "two"]
        self.status = 200

    async def handle(self, request):
        self.asked.append((request.path, dict(request.query)))
        if self.status != 200:
            return web.json_response({"kind": "Status", "message": "no"}, status=self.status)
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await response.prepare(request)
        for line in self.lines:
            await response.write(line.encode() + b"\n")
            await asyncio.sleep(0)
        return response


@pytest.fixture
async def kubelet(aiohttp_server):
    fake = Kubelet()
    app = web.Application()
    app.router.add_get("/{path:.*}", fake.handle)
    fake.server = await aiohttp_server(app)
    return fake


@pytest.fixture
async def kube(kubelet, tmp_path):
    config = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
        "clusters": [{"name": "k", "cluster": {"server": str(kubelet.server.make_url("")).rstrip("/")}}],
        "users": [{"name": "u", "user": {"token": "canary-token-7f3a"}}],
    }
    (tmp_path / "config").write_text(yaml.safe_dump(config))
    connection = await connect(tmp_path / "config", timeout=2.0)
    yield KubeReader(connection, "jhub")
    await connection.close()


async def test_the_last_lines_are_asked_for_and_no_more(kubelet, kube):
    said = await kube.log("autohttps-1", "traefik", since=timedelta(minutes=5), lines=200)
    assert said == "one\ntwo\n"
    query = {"container": "traefik", "tailLines": "200", "sinceSeconds": "300", "limitBytes": str(MOST_BYTES)}
    assert kubelet.asked == [(LOG, query)]
    await kube.log("autohttps-1", "traefik", since=None, lines=1, previous=True)
    assert kubelet.asked[-1][1] == {
        "container": "traefik",
        "tailLines": "1",
        "limitBytes": str(MOST_BYTES),
        "previous": "true",
    }


async def test_a_log_without_end_is_cut(kubelet, kube):
    kubelet.lines = ["x" * 2**18] * 8
    assert len(await kube.log("autohttps-1", "traefik", since=None, lines=9)) == MOST_BYTES


async def test_what_has_not_started_has_no_log(kubelet, kube):
    kubelet.status = 400
    with pytest.raises(NotFound, match="traefik has no log"):
        await kube.log("autohttps-1", "traefik", since=None, lines=1)
    with pytest.raises(NotFound, match="not been started before"):
        await kube.log("autohttps-1", "traefik", since=None, lines=1, previous=True)
    with pytest.raises(NotFound, match="no log"):
        await anext(kube.follow_log("autohttps-1", "traefik"))


@pytest.mark.parametrize(("status", "said"), [(403, "may not read a log"), (500, "error")])
async def test_a_refusal_is_said_in_words(kubelet, kube, status, said):
    kubelet.status = status
    with pytest.raises(Unavailable, match=said):
        await kube.log("autohttps-1", "traefik", since=None, lines=1)


@pytest.mark.parametrize("name", ["../secrets/hub", "", "a b", "x/log?previous=true"])
async def test_a_hostile_name_is_never_sent(kubelet, kube, name):
    with pytest.raises(NotFound):
        await kube.log(name, "traefik", since=None, lines=1)
    assert kubelet.asked == []


async def test_a_log_is_followed_line_by_line_to_its_end(kubelet, kube):
    kubelet.lines = [f"line {number}" for number in range(50)]
    async with aclosing(kube.follow_log("autohttps-1", "traefik", lines=3)) as batches:
        said = [line async for batch in batches for line in batch]
    assert said == kubelet.lines
    assert kubelet.asked == [(LOG, {"container": "traefik", "tailLines": "3", "follow": "true"})]


async def test_a_line_without_end_does_not_fill_the_memory(kubelet, kube):
    kubelet.lines = ["y" * 2**17]
    said = [line async for batch in kube.follow_log("autohttps-1", "traefik") for line in batch]
    assert len(said) > 1
    assert "".join(said) == kubelet.lines[0]
