"""An old hub, from what stands against an upgrade to the new chart: the real helm, the sandbox's charts and cluster."""

import asyncio
import json
import os
import subprocess
from copy import deepcopy
from pathlib import Path

import pytest
import pytest_asyncio

from bot.cli.trial import trial
from bot.outcomes import Outcome
from sandbox.releases import helm_path

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]
CRYPT_KEY = "5f" * 32


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world():
    async with trial() as started:
        yield started


def helm(ready, *arguments, given=None):
    command = [helm_path(), *arguments, f"--namespace={ready['namespace']}", f"--kubeconfig={ready['kubeconfig']}"]
    return subprocess.run(
        command, input=given, capture_output=True, check=True, env={"PATH": os.environ["PATH"]}
    ).stdout


def aged(values):
    """The same hub as it was written down years ago."""
    old = deepcopy(values)
    login = old["hub"]["config"].pop("AzureAdOAuthenticator")
    # Charts before 2 know no roles.
    old["hub"].pop("loadRoles", None)
    old["hub"]["config"].pop("JupyterHub", None)
    old["hub"]["config"].pop("KubeSpawner", None)
    old["auth"] = {
        "type": "azuread",
        "allowedUsers": ["olu@example.org"],
        "state": {"enabled": True, "cryptoKey": CRYPT_KEY},
        "azuread": {
            "clientId": login["client_id"],
            "clientSecret": login["client_secret"],
            "tenantId": login["tenant_id"],
            "callbackUrl": login["oauth_callback_url"],
        },
    }
    return old


async def said(world, line, expected):
    assert await world.command(world.person("operator"), line) is expected
    return json.dumps(list(world.teams.activities.values())[-1], ensure_ascii=False)


async def test_an_old_hub_is_checked_migrated_and_checked_again(world):
    ready = world.world.ready
    release = str(ready["release"])
    now = json.loads(await asyncio.to_thread(helm, ready, "get", "values", release, "--output=json"))
    repository = [f"--repo={ready['chart_repository']}", "--version=1.1.3", "--values=-", "--timeout=50s"]
    old = aged(now)
    command = ("upgrade", release, str(ready["chart"]), *repository)
    await asyncio.to_thread(helm, ready, *command, given=json.dumps(old).encode())

    card = await said(world, "/jhub upgrade check 4.4.0", Outcome.ANSWERED)
    assert "From chart 1.1.3 to 4.4.0" in card
    assert "Users would meet empty homes" in card
    assert "auth.azuread.clientSecret moves to hub.config.AzureAdOAuthenticator.client_secret" in card

    card = await said(world, "/jhub deploy --chart 4.4.0", Outcome.INVALID)
    assert "/jhub config migrate 4.4.0" in card

    card = await said(world, "/jhub config migrate 4.4.0", Outcome.DONE)
    assert "The values have the form of chart 4.4.0" in card
    made = json.loads(await asyncio.to_thread(helm, ready, "get", "values", release, "--output=json"))
    login = made["hub"]["config"]["AzureAdOAuthenticator"]
    assert login["client_secret"] == old["auth"]["azuread"]["clientSecret"]
    assert made["hub"]["config"]["KubeSpawner"] == {"slug_scheme": "escape"}
    assert "auth" not in made

    card = await said(world, "/jhub upgrade check 4.4.0", Outcome.ANSWERED)
    assert "It can be done; read first what it brings." in card
    assert "There is nothing to change" in await said(world, "/jhub config migrate 4.4.0", Outcome.INVALID)

    await said(world, "/jhub deploy --chart 4.4.0", Outcome.DONE)
    assert "is live, and the newest there is" in await said(world, "/jhub upgrade check", Outcome.ANSWERED)

    shown = json.dumps(world.teams.activities)
    log = Path(str(ready["hub_token_file"])).read_text(encoding="utf-8")
    assert [one for one in (CRYPT_KEY, login["client_secret"], log) if one in shown] == []
