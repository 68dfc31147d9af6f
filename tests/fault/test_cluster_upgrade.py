"""An upgrade of Kubernetes, the whole way: asked for, approved, stopped by a disruption budget, and gone on with."""

import json
from pathlib import Path

import aiohttp
import pytest

from bot.cli.dev.try_command import Decider, trial
from bot.instrumentation.outcomes import Outcome

pytestmark = pytest.mark.fault


async def azure(world, method, path, body=None):
    ready = world.world.ready
    headers = {"Authorization": f"Bearer {Path(str(ready['azure_token_file'])).read_text('utf-8')}"}
    session, url = aiohttp.ClientSession(headers=headers), f"{ready['azure_url']}{path}"
    async with session, session.request(method, url, json=body) as response:
        response.raise_for_status()
        return await response.json()


async def typed(world, line, who="admin"):
    """Type it as somebody, and have an approver approve it."""
    approver = Decider(world.person("approver"), "approve")
    outcome = await world.command(world.person(who), line, approver)
    return outcome, json.dumps(list(world.teams.activities.values()), ensure_ascii=False)


async def kinds(world):
    return (await azure(world, "GET", "/_sandbox/operations"))["kinds"]


async def test_it_is_shown_approved_stopped_by_a_budget_and_gone_on_with():
    async with trial() as world:
        assert (await typed(world, "/jhub cluster upgrade", "operator"))[0] is Outcome.REFUSED
        outcome, said = await typed(world, "/jhub cluster upgrade")
        assert outcome is Outcome.ANSWERED
        assert "it can be upgraded to 1.35.6 or 1.36.3" in said
        outcome, said = await typed(world, "/jhub cluster upgrade 1.37")
        assert outcome is Outcome.INVALID
        assert "1.36 comes before 1.37" in said
        assert await kinds(world) == []
        await _is_stopped_by_a_budget(world)
        await azure(world, "PUT", "/_sandbox/pools/core", {"drainTimeoutInMinutes": 30})
        outcome, said = await typed(world, "/jhub cluster upgrade 1.35 --grace 1s")
        assert outcome is Outcome.DONE
        assert "runs Kubernetes 1.35.6" in said
        # The control plane and the system's pool were not asked for again.
        assert len(await kinds(world)) == 5


async def _is_stopped_by_a_budget(world):
    """The user scheduler's two pods are on one node, and its budget keeps one of them."""
    await azure(world, "PUT", "/_sandbox/pools/core", {"drainTimeoutInMinutes": 0})
    outcome, said = await typed(world, "/jhub cluster upgrade 1.35 --grace 1s")
    assert outcome is Outcome.FAILED
    assert "The pool core was not upgraded to 1.35.6" in said
    assert "failed when evicting pod user-scheduler" in said
    assert "jhub/user-scheduler (" in said
    assert await kinds(world) == ["UpgradeManagedCluster", "UpgradeAgentPool", "UpgradeAgentPool"]
