"""Values that no node and no storage class can serve, through the whole bot: refused with the reason."""

import json

import pytest
import pytest_asyncio

from bot.cli.dev.try_command import trial
from bot.instrumentation.outcomes import Outcome

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.story]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world():
    async with trial([]) as made:
        yield made


async def cards(world, line):
    before = len(world.teams.activities)
    outcome = await world.command(world.person("operator"), line)
    return outcome, json.dumps(list(world.teams.activities.values())[before:], ensure_ascii=False)


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        ("singleuser.cpu.guarantee", "100", "A server asks for 100 CPUs; the largest node for users has 7.82 CPUs"),
        ("hub.resources.requests.memory", "500Gi", "The pod of hub would find no node: it asks for 500 GiB of memory"),
        ("singleuser.storage.dynamic.storageClass", "nosuch", "the cluster has azurefile-csi, default, managed-csi"),
        ("singleuser.storage.capacity", "-5Gi", "must not be negative"),
        ("hub.resources.limits.memory", "10Mi", "is less than the hub takes to start"),
    ],
)
async def test_what_nothing_can_serve_does_not_go_live(world, path, value, why):
    outcome, said = await cards(world, f"/jhub config set {path} {value}")
    assert outcome is Outcome.INVALID
    assert why in said
