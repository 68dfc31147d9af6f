"""Azure's SDK against the sandbox's Azure: each change once, on what was read, and waited for across restarts."""

import base64
import json
import traceback
from dataclasses import replace

import pytest
from aiohttp import web

from clients.azure.pipeline import Busy
from clients.errors import Conflict, NotFound, Rejected, Unavailable
from tests.clients.azures import azure_of

LABEL = "hub.jupyter.org/node-purpose"


@pytest.fixture
async def azure(aiohttp_server):
    made = await azure_of(aiohttp_server)
    yield made
    await made.close()


@pytest.fixture
def aks(azure):
    return azure.client()


def nodes(azure, pool):
    return len(azure.estate.nodes.of(azure.estate.pools[pool])) if pool in azure.estate.pools else 0


# Reading


async def test_pools_are_read_as_azure_tells_them(aks):
    core, system, users = await aks.pools()
    assert (core.mode, core.count, core.autoscaled, core.labels) == ("User", 1, False, {LABEL: "core"})
    assert (system.is_system, system.count) == (True, 2)
    assert (users.minimum, users.maximum, users.size) == (1, 5, "Standard_E8s_v5")
    assert (users.state, users.power, users.version) == ("Succeeded", "Running", "1.35.4")
    assert users.taints == ("hub.jupyter.org/dedicated=user:NoSchedule",)
    assert await aks.pool("users") == users


async def test_the_cluster_is_read(aks):
    found = await aks.cluster()
    assert (found.name, found.power, found.location, found.tier) == ("jhub-aks", "Running", "westeurope", "Free")


async def test_what_is_not_there_is_not_found(aks, azure):
    with pytest.raises(NotFound):
        await aks.pool("nope")
    with pytest.raises(NotFound):
        await azure.client(cluster="another").pools()


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("throttled", "asked the bot to slow down"),
        ("broken", r"error \(500\)"),
        ("denied", "have that permission"),
        ("absent", "cannot be reached"),
    ],
)
async def test_an_outage_is_unavailable_in_words(azure, aks, fault, said):
    azure.arm.fault = fault
    with pytest.raises(Unavailable, match=said) as caught:
        await aks.pools()
    assert azure.arm.token not in "".join(traceback.format_exception(caught.value))


async def test_a_slow_azure_costs_the_time_out(azure):
    azure.arm.fault = "slow"
    with pytest.raises(Unavailable, match="did not answer within"):
        await azure.client(timeout=0.1).pools()


async def test_a_token_is_asked_for_each_request(azure):
    given = iter(["wrong", azure.arm.token])

    async def token():
        return next(given)

    aks = azure.client(token=token)
    with pytest.raises(Unavailable, match="token"):
        await aks.pools()
    assert len(await aks.pools()) == 3


# Changing


async def test_a_pool_is_held_at_a_count_in_one_write(azure, aks):
    users = await aks.pool("users")
    token = await aks.scale(users, 0, {"jhub-bot-kept": "1-5"})
    await aks.finish(token, within=10)
    held = await aks.pool("users")
    assert (held.count, held.autoscaled, held.tags) == (0, False, {"jhub-bot-kept": "1-5"})
    assert (held.labels, held.taints, held.size) == (users.labels, users.taints, users.size)
    assert nodes(azure, "users") == 0
    assert azure.puts() == ["users"]


async def test_the_autoscaler_comes_back_with_its_range(azure, aks):
    await aks.finish(await aks.scale(await aks.pool("users"), 0, {"a": "b"}), within=10)
    await aks.finish(await aks.autoscale(await aks.pool("users"), 1, 5, 2, {}), within=10)
    back = await aks.pool("users")
    assert (back.minimum, back.maximum, back.count, back.tags) == (1, 5, 2, {})
    assert nodes(azure, "users") == 2


async def test_what_somebody_else_changed_is_a_conflict_and_stays(azure, aks):
    users = await aks.pool("users")
    azure.estate.pools["users"].touch()
    with pytest.raises(Conflict):
        await aks.scale(users, 0, {})
    assert azure.puts() == []


async def test_a_change_between_reading_and_writing_is_a_conflict_too(azure, aks):
    users = await aks.pool("users")

    async def meddle(request):
        if request.method == "PUT":
            azure.estate.pools["users"].touch()

    azure.before = meddle
    with pytest.raises(Conflict):
        await aks.scale(users, 0, {})
    assert azure.estate.running is None


async def test_while_another_operation_goes_on_it_is_busy(azure, aks):
    azure.clock.speed = 0.1  # the first must not be over before the second is asked for
    first = await aks.scale(await aks.pool("users"), 2, {})
    with pytest.raises(Busy, match="another operation"):
        await aks.scale(await aks.pool("core"), 2, {})
    azure.clock.speed = 100
    await aks.finish(first, within=10)


async def test_an_operation_that_fails_after_its_time_says_why_and_what_helps(azure, aks):
    azure.estate.fail_next = ("ErrCode_InsufficientVCPUQuota", "Insufficient vcpu quota requested 8, remaining 0.")
    token = await aks.scale(await aks.pool("users"), 4, {})
    with pytest.raises(Rejected, match=r"remaining 0\. The subscription's quota") as caught:
        await aks.finish(token, within=10)
    assert caught.value.code == "ErrCode_InsufficientVCPUQuota"
    assert (await aks.pool("users")).state == "Failed"
    assert nodes(azure, "users") == 3


async def test_another_process_waits_for_the_same_operation_without_asking_twice(azure, aks):
    token = await aks.scale(await aks.pool("users"), 0, {})
    await azure.client().finish(token, within=10)
    await azure.client().finish(token, within=10)
    assert azure.puts() == ["users"]
    assert nodes(azure, "users") == 0


async def test_a_moment_without_azure_does_not_end_the_waiting(azure, aks, monkeypatch):
    monkeypatch.setattr("clients.azure.aks_operations._LOOK_AGAIN", 0.01)
    left = ["throttled", "broken", "absent"]

    async def trouble(request):
        azure.arm.fault = left.pop() if left and "operations" in request.path else ""

    token = await aks.scale(await aks.pool("users"), 0, {})
    azure.before = trouble
    await aks.finish(token, within=10)
    assert left == []
    assert nodes(azure, "users") == 0


async def test_what_takes_too_long_is_said_and_can_be_waited_for_again(azure, aks):
    azure.clock.speed = 0.001
    token = await aks.scale(await aks.pool("users"), 0, {})
    with pytest.raises(Unavailable, match="has not finished"):
        await aks.finish(token, within=0.2)
    azure.clock.speed = 1000
    await aks.finish(token, within=10)


async def test_the_token_that_is_kept_holds_no_credential(azure, aks):
    token = await aks.scale(await aks.pool("users"), 0, {})
    inner = json.loads(token)["token"]
    kept = token + base64.b64decode(inner + "===").decode("utf-8", "replace")
    assert azure.arm.token not in kept
    assert "uthorization" not in kept
    await aks.finish(token, within=10)


async def test_a_pool_is_made_and_taken_away(azure, aks):
    made = await aks.create_pool(
        "gpu", size="Standard_D4s_v5", minimum=0, maximum=2, labels={LABEL: "user"}, taints=("a=b:NoSchedule",)
    )
    await aks.finish(made, within=10)
    gpu = await aks.pool("gpu")
    assert (gpu.mode, gpu.minimum, gpu.maximum, gpu.count, gpu.taints) == ("User", 0, 2, 0, ("a=b:NoSchedule",))
    await aks.finish(await aks.delete_pool(gpu), within=10)
    with pytest.raises(NotFound):
        await aks.pool("gpu")
    assert nodes(azure, "gpu") == 0


@pytest.mark.parametrize(
    ("size", "said"), [("Standard_X1", "choose another"), ("Standard_D2s_v5", "greater than maxCount")]
)
async def test_what_azure_refuses_is_told_as_azure_says_it(aks, size, said):
    lowest = 5 if size == "Standard_D2s_v5" else 0
    with pytest.raises(Rejected, match=said):
        await aks.create_pool("gpu", size=size, minimum=lowest, maximum=2, labels={}, taints=())


async def test_an_addon_is_turned_off_and_the_rest_stays(azure, aks):
    azure.estate.addons = {"kubeDashboard": True, "azurePolicy": True}
    await aks.finish(await aks.disable_addon(await aks.cluster(), "kubeDashboard"), within=10)
    assert (await aks.cluster()).addons == {"kubeDashboard": False, "azurePolicy": True}
    with pytest.raises(NotFound):
        await aks.disable_addon(await aks.cluster(), "nope")
    with pytest.raises(Conflict):
        await aks.disable_addon(replace(await aks.cluster(), etag="old"), "kubeDashboard")


async def test_the_cluster_stops_and_starts_with_the_nodes_it_had(azure, aks):
    await aks.finish(await aks.stop(), within=10)
    assert (await aks.cluster()).power == "Stopped"
    assert [nodes(azure, name) for name in azure.estate.pools] == [0, 0, 0]
    await aks.finish(await aks.start(), within=10)
    assert (await aks.cluster()).power == "Running"
    assert [nodes(azure, name) for name in azure.estate.pools] == [1, 2, 3]


async def test_an_answer_from_somebody_else_is_unavailable_or_rejected(azure, aks):
    async def page(_):
        return web.Response(text="<html>", content_type="text/html")

    azure.before = page
    with pytest.raises((Unavailable, Rejected)):
        await aks.pools()
