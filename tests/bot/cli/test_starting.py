"""A start loads little and asks nobody: that comes when somebody wants it."""

import asyncio
import json
import sys

# Each is slow to load, and for something that is asked for seldom or never.
LATER = (
    "alembic",
    "azure.identity",
    "azure.mgmt",
    "dulwich",
    "jsonschema",
    "microsoft_teams",
    "opentelemetry",
    "prometheus_client",
    "ruamel",
)
# What a trial needs is loaded first; and a bot is started then.
_STARTED = """
import asyncio, json, sys
import bot.cli.dev.try_command
from commands.framework.registry import catalogue
catalogue()
trial = sorted(sys.modules)
from bot.config.loading import settings_from
from bot.wiring.application import running

async def main(settings):
    async with running(settings_from(settings)) as bot:
        ready = sorted(sys.modules)
        await asyncio.to_thread(bot.load)
        print(json.dumps([trial, ready, sorted(sys.modules)]))

asyncio.run(main(json.loads(sys.argv[1])))
"""


async def _printed(script, *arguments):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, *arguments, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    return json.loads(output)


async def test_a_trial_loads_what_it_needs_and_a_bot_that_is_ready_loads_the_sdks_of_azure_before_it_is_asked(tmp_path):
    kubeconfig = tmp_path / "kubeconfig"
    cluster = {"name": "there", "cluster": {"server": "http://127.0.0.1:9"}}
    context = {"name": "there", "context": {"cluster": "there"}}
    content = {"apiVersion": "v1", "kind": "Config", "clusters": [cluster], "contexts": [context]}
    kubeconfig.write_text(json.dumps(content | {"current-context": "there"}))
    (tmp_path / "token").write_text("nobody looks at it")
    settings = {
        "teams": {"port": 0},
        "kubernetes": {"kubeconfig": str(kubeconfig)},
        "access": {"admin": [{"id": "3f6e0000-0000-4000-8000-000000000001"}]},
        "azure": {
            "url": "http://127.0.0.1:9",
            "token_file": str(tmp_path / "token"),
            "subscription_id": "3f6e0000-0000-4000-8000-000000000002",
            "resource_group": "jhub",
            "cluster": "jhub",
        },
        "state_dir": str(tmp_path / "state"),
    }
    trial, ready, later = await _printed(_STARTED, json.dumps(settings))
    assert [name for name in LATER if name in trial] == []
    assert "azure.mgmt.containerservice" not in ready
    assert "azure.mgmt.containerservice" in later
