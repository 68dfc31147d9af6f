"""What a plan that adds nodes says of Azure's quota."""

import pytest

from clients.errors import NotFound, Unavailable
from commands.framework.plan_digest import digest
from tests.commands.nodes.estate import Quotas, planned
from tests.world import words

ROOM = "The quota has room for"


@pytest.mark.parametrize(
    ("line", "fact", "warning"),
    [
        ("scale 7", "16 of 100 Standard ESv5 Family vCPUs in use; this needs 40 more", ""),
        ("scale 12", "this needs 80 more", ""),
        ("scale 13", "this needs 88 more", "The quota has room for 10 more nodes, not 11: Azure will refuse this."),
        ("autoscale users 1 500", "this may need 3,984 more", "room for 10 more nodes, not 498: the pool will"),
        ("pool create more --max 11", "this may need 88 more", "room for 10 more nodes, not 11"),
        ("pool create more --max 10", "this may need 80 more", ""),
    ],
)
async def test_a_plan_that_adds_nodes_says_what_the_quota_has_room_for(do, line, fact, warning):
    do.quotas = Quotas(16, 100)
    command, plan = await planned(do, line)
    said = words(command.preview(plan))
    assert fact in said
    assert warning in said
    assert (ROOM in said) == bool(warning)
    assert do.quotas.asked == [("westeurope", "Standard_E8s_v5")]


@pytest.mark.parametrize("line", ["scale 1", "scale 0", "autoscale users 0 2"])
async def test_a_plan_that_adds_none_does_not_ask(do, line):
    do.quotas = Quotas(16, 100)
    command, plan = await planned(do, line)
    assert "Quota" not in words(command.preview(plan))
    assert do.quotas.asked == []


@pytest.mark.parametrize(
    ("quotas", "said"),
    [
        (Quotas(0, 0, trouble=Unavailable("Azure", "refused: no permission")), "not known: Azure refused: no perm"),
        (Quotas(0, 0, trouble=NotFound("x")), "Azure does not list the VM size Standard_E8s_v5"),
        (Quotas(0, 900, offered=False), "This subscription may not use Standard_E8s_v5 in westeurope"),
    ],
)
async def test_what_cannot_be_told_or_had_is_said_and_bars_nobody(do, azure, quotas, said):
    do.quotas = quotas
    command, plan = await planned(do, "scale 4")
    assert said in words(command.preview(plan))
    await command.apply(plan, do)
    assert azure.listed["users"].count == 4


async def test_consent_is_not_bound_to_what_the_quota_was(do):
    digests = set()
    for used in (16, 99):
        do.quotas = Quotas(used, 100)
        command, plan = await planned(do, "scale 7")
        digests.add(digest(command.name, "ada", plan))
    assert len(digests) == 1
