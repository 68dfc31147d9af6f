"""A tag that has to pass on another hub first: refused, with what to type, until it has."""

from dataclasses import replace

import pytest

from commands.config import set as config_set
from commands.framework.errors import UserError
from commands.framework.parser import parse
from commands.framework.registry import catalogue
from commands.ports.hub_tests import HubTestRecord, HubTestRules
from commands.rollout import deploy
from tests.world import NOW, World

RULES = HubTestRules(required_on="staging")
PASSED = HubTestRecord("op-1", NOW, "Olu Operator", "7c1d2e9", ended=NOW, seconds=41.0, removed=True)

# Another image under the live tag counts by that tag.
LINES = (("deploy 7c1d2e9", "7c1d2e9"), ("config set singleuser.image.name jhub.azurecr.io/other", "3f9a41c"))


async def planned(world, line):
    command = {"deploy": deploy, "config": config_set}[line.split()[0]]
    return await command.plan(parse(line, catalogue()).args, world.reads)


@pytest.mark.parametrize(("line", "tag"), LINES)
@pytest.mark.parametrize("last", [None, replace(PASSED, failed="Start a server", cause="Full.")])
async def test_a_tag_that_has_not_passed_is_refused(line, tag, last):
    world = World(test_rules=RULES, tested_elsewhere={tag: last} if last else {})
    with pytest.raises(UserError, match="has not passed a test on the hub staging") as refused:
        await planned(world, line)
    assert refused.value.hints == (f"/jhub --hub staging deploy {tag}", "/jhub --hub staging test")


@pytest.mark.parametrize(("line", "tag"), LINES)
async def test_a_tag_that_has_passed_is_not(line, tag):
    await planned(World(test_rules=RULES, tested_elsewhere={tag: PASSED}), line)


async def test_a_dry_run_and_hubs_without_the_rule_are_not():
    await planned(World(test_rules=RULES), "deploy 7c1d2e9 --dry-run")
    await planned(World(), "deploy 7c1d2e9")


async def test_what_keeps_the_live_tag_is_not():
    await planned(World(test_rules=RULES), "config set hub.allowNamedServers true")
