"""Whether a bot says that it can serve: by its own records, not by the systems that it looks after."""

import aiohttp
import yaml

from bot.config.loading import settings_from
from bot.store.database import Database
from bot.wiring.application import running
from clients.errors import Unavailable


def _stopped(path, port):
    """A kubeconfig of a cluster that is stopped: nobody listens there."""
    named = {"name": "there"}
    content = {
        "clusters": [named | {"cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "contexts": [named | {"context": {"cluster": "there"}}],
        "current-context": "there",
    }
    path.write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "Config"} | content))
    return str(path)


async def _ready(url):
    async with aiohttp.ClientSession(trust_env=False) as session, session.get(f"{url}/readyz") as response:
        return response.status, await response.json()


async def test_a_bot_whose_cluster_is_stopped_can_be_reached_and_one_without_its_records_says_why(
    tmp_path, unused_tcp_port, monkeypatch
):
    settings = settings_from(
        {
            "teams": {"port": 0},
            "kubernetes": {"kubeconfig": _stopped(tmp_path / "kubeconfig", unused_tcp_port)},
            "access": {"admin": [{"id": "3f6e0000-0000-4000-8000-000000000001"}]},
            "state_dir": str(tmp_path),
        }
    )
    async with running(settings) as bot:
        assert await _ready(bot.url) == (200, {"status": "ready"})
        whole = Database.run

        async def absent(_, __):
            raise Unavailable("the bot's store", "cannot be read or written")

        monkeypatch.setattr(Database, "run", absent)
        status, said = await _ready(bot.url)
        monkeypatch.setattr(Database, "run", whole)
        assert (status, said["status"]) == (503, "not ready")
        assert "the bot's store" in said["reason"].lower()
