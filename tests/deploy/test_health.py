"""`jhub-bot health` against something that answers, something that does not, something strange, and nothing."""

import asyncio
from importlib.metadata import version

import pytest
from aiohttp import web
from click.testing import CliRunner

from bot.cli.health import health
from bot.cli.main import main
from bot.config.loading import settings_from


def settings(port, host="127.0.0.1"):
    return settings_from({"teams": {"port": port, "host": host}})


async def asked(port):
    return await asyncio.to_thread(health, settings(port))


@pytest.mark.parametrize(
    ("status", "alive", "said"), [(200, True, "is alive"), (503, False, "with status 503 instead of 200")]
)
async def test_health_is_what_healthz_says(aiohttp_server, status, alive, said):
    async def answer(_):
        return web.Response(status=status)

    app = web.Application()
    app.router.add_get("/healthz", answer)
    server = await aiohttp_server(app)
    found = await asked(server.port)
    assert found.alive is alive
    assert said in found.found
    assert f"http://127.0.0.1:{server.port}/healthz" in found.found


async def test_nobody_there_is_not_healthy(unused_tcp_port):
    found = await asked(unused_tcp_port)
    assert not found.alive
    assert found.found == f"Nothing answers at http://127.0.0.1:{unused_tcp_port}/healthz: connection refused."


async def test_another_program_at_the_port_is_told_apart():
    async def greet(_reader, writer):
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        found = await asked(server.sockets[0].getsockname()[1])
    assert not found.alive
    assert "but not in HTTP: another program has the port." in found.found


def test_the_command_prints_it_in_one_line_and_ends_with_1(unused_tcp_port, monkeypatch):
    monkeypatch.setenv("JHUB_BOT_TEAMS__PORT", str(unused_tcp_port))
    result = CliRunner().invoke(main, ["health"])
    assert result.exit_code == 1
    assert result.stderr == f"Nothing answers at http://127.0.0.1:{unused_tcp_port}/healthz: connection refused.\n"


def test_the_version_names_the_bot_and_its_python():
    result = CliRunner().invoke(main, ["--version"])
    assert result.exit_code == 0
    assert result.stdout.startswith(f"jhub-bot {version('jhub-teams-bot')} (Python 3.")
