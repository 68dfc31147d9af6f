"""Every client against a server that has lost its way: one documented error, bounded memory, nothing believed."""

import ast
from pathlib import Path

import pytest

from clients.errors import Conflict, NotFound, Rejected, Unavailable
from tests.clients.hostile import CASES, CLIENTS, Server

ROOT = Path(__file__).parents[2]
DOCUMENTED = (Unavailable, NotFound, Rejected, Conflict)
# What a client takes of one answer at most, and what lies in the buffers between the two.
MOST_SENT = (64 + 24) << 20


@pytest.fixture
async def servers(monkeypatch):
    async with Server() as server, Server() as elsewhere:
        server.elsewhere = elsewhere.url.replace("127.0.0.1", "localhost")
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{server.url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "canary-header")
        yield server, elsewhere


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("client", CLIENTS)
async def test_a_bad_answer_is_a_documented_error_and_costs_little(servers, tmp_path, client, case):
    server, elsewhere = servers
    server.answer = elsewhere.answer = CASES[case]
    async with CLIENTS[client](server.url, tmp_path) as calls:
        for name, asked in calls.items():
            server.sent = 0
            said = await _said(asked.call)
            believed = not isinstance(said, DOCUMENTED)
            assert not believed or asked.blind or case in asked.means, f"{name} believed it: {said!r}"
            assert server.url.rpartition(":")[2] not in str(said), "no address is told"
            assert server.sent < MOST_SENT, f"{name} took {server.sent} bytes"
    assert elsewhere.asked == 0, "nobody is sent elsewhere"


async def _said(call):
    """What it answers, or which of the errors that it may raise."""
    try:
        return await call()
    except DOCUMENTED as error:
        return error


def test_no_client_is_left_out():
    tested = {
        name
        for node in ast.walk(ast.parse((ROOT / "tests/clients/hostile.py").read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("clients")
        for name in (node.module, f"{node.module}.{'/'.join(alias.name for alias in node.names)}")
    }
    asking = {
        file.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        for file in (ROOT / "clients").rglob("*.py")
        if {"session", "headers_session", "session_options"} & _called(file)
    }
    # What these are used by is tested: the way to Graph, to git, to the API server, to Azure, to the registry,
    # the hub, Prometheus.
    inside = {
        "clients.acr.tags",
        "clients.azure.build_log",
        "clients.entra.graph",
        "clients.hub.connection",
        "clients.kube.connection",
        "clients.prometheus.api",
        "clients.values.requests",
    }
    assert asking - tested - inside == {"clients.azure.transport", "clients.http"}


def _called(file):
    tree = ast.parse(file.read_text("utf-8"))
    return {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
