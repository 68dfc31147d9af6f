"""How many more machines a subscription may have, as Azure Resource Manager tells it."""

import pytest
from aiohttp import web

from clients.azure import compute
from clients.azure.compute import Compute, Usage
from clients.errors import NotFound, Unavailable
from tests.clients.azures import azure_of

SIZE = "Standard_E8s_v5"


@pytest.fixture
async def azure(aiohttp_server):
    made = await azure_of(aiohttp_server)
    yield made
    await made.close()


async def test_the_family_and_all_families_bound_it(azure):
    # 2 of 2 vCPUs, 1 of 4 and 3 of 8: 32 in all.
    azure.estate.limits = {"standardESv5Family": 50, "cores": 300}
    quota = await azure.compute().quota("westeurope", SIZE)
    assert (quota.size.vcpus, quota.size.memory, quota.size.disks) == (8, 64 * 2**30, 16)
    assert quota.usages == (
        Usage("Standard ESv5 Family vCPUs", 24, 50),
        Usage("Total Regional vCPUs", 32, 300),
    )
    assert (quota.tightest.free, quota.machines) == (26, 3)
    azure.estate.limits["cores"] = 40
    assert (await azure.compute().quota("westeurope", SIZE)).machines == 1


async def test_a_limit_below_what_is_used_leaves_nothing(azure):
    azure.estate.limits = {"cores": 10}
    assert (await azure.compute().quota("westeurope", SIZE)).machines == 0


async def test_what_belongs_to_a_size_is_asked_for_once_and_what_is_used_each_time(azure):
    compute = azure.compute()
    for size in (SIZE, SIZE.lower(), SIZE):
        await compute.quota("westeurope", size)
    asked = [path.rpartition("/")[2] for _, path in azure.asked]
    assert (asked.count("skus"), asked.count("usages")) == (1, 3)


async def test_a_size_that_may_not_be_used_is_told_as_such(azure):
    azure.quota.restricted = {SIZE}
    assert not (await azure.compute().quota("westeurope", SIZE)).size.offered
    assert (await azure.compute().quota("westeurope", "Standard_D2s_v5")).size.offered


async def test_a_size_that_no_region_has_is_not_found(azure):
    for region, size in (("westeurope", "Standard_Z1_v9"), ("northeurope", SIZE)):
        with pytest.raises(NotFound):
            await azure.compute().quota(region, size)


@pytest.mark.parametrize("fault", ["absent", "throttled", "broken", "denied"])
async def test_an_azure_that_does_not_tell_is_unavailable(azure, fault):
    azure.arm.fault = fault
    with pytest.raises(Unavailable, match="Azure"):
        await azure.compute().quota("westeurope", SIZE)


async def test_a_list_of_several_pages_is_read_to_its_end(azure):
    async def paged(request):
        if request.path.endswith("/skus") and "skip" not in request.query:
            return web.json_response({"value": [], "nextLink": f"{request.url}&skip=1"})
        return None

    azure.before = paged
    assert (await azure.compute().quota("westeurope", SIZE)).size.vcpus == 8


async def test_a_list_without_end_is_given_up(azure):
    async def endless(request):
        return web.json_response({"value": [], "nextLink": str(request.url)})

    azure.before = endless
    with pytest.raises(Unavailable, match="too long"):
        await azure.compute().quota("westeurope", SIZE)


async def test_a_page_elsewhere_is_not_asked_for_and_sees_no_token(azure):
    async def elsewhere(_request):
        return web.json_response({"value": [], "nextLink": "https://elsewhere.example/skus"})

    azure.before = elsewhere
    with pytest.raises(Unavailable, match="does not follow"):
        await azure.compute().quota("westeurope", SIZE)


@pytest.mark.parametrize(
    "answer",
    [
        [],
        {},
        {"value": None},
        {"value": ["x"]},
        {"value": [{"name": {"value": "cores"}, "currentValue": -1, "limit": 3}]},
        {"value": [{"name": {"value": "cores"}, "currentValue": "1", "limit": 3}]},
        {"value": [{"name": "cores", "currentValue": 1, "limit": 3}]},
        {"value": [], "nextLink": 3},
        "x",
    ],
)
async def test_usages_of_another_shape_are_unavailable(azure, answer):
    async def odd(request):
        return web.json_response(answer) if request.path.endswith("/usages") else None

    azure.before = odd
    with pytest.raises(Unavailable, match="cannot be read"):
        await azure.compute().quota("westeurope", SIZE)


async def test_a_size_without_vcpus_and_a_subscription_without_its_family_say_so(azure):
    async def bare(request):
        if request.path.endswith("/usages"):
            return web.json_response({"value": []})
        sku = {"resourceType": "virtualMachines", "name": SIZE, "family": "f"}
        return web.json_response({"value": [sku]})

    azure.before = bare
    quota = await azure.compute().quota("westeurope", SIZE)
    assert (quota.tightest, quota.machines, quota.size.vcpus) == (None, None, 0)


@pytest.mark.parametrize("name", ["", "..", "."])
async def test_a_subscription_stays_one_part_of_the_address(name):
    async def token():
        return "x"

    with pytest.raises(ValueError, match="no name"):
        Compute("http://127.0.0.1:1", token, subscription_id=name)


@pytest.mark.parametrize(
    ("written", "gib"),
    [("64", 64), ("3.5", 3.5), ("0.75", 0.75), ("", 0), ("-1", 0), ("1e9", 0), ("nan", 0), ("1.2.3", 0), ("６４", 0)],
)
def test_memory_as_azure_writes_it(written, gib):
    its = {"family": "f", "capabilities": [{"name": "MemoryGB", "value": written}]}
    assert compute._size(its).memory == gib * 2**30


@pytest.mark.parametrize("written", ["", "many", "-4", "²", "99999999999"])
def test_how_many_disks_is_a_whole_number_or_not_known(written):
    its = {"family": "f", "capabilities": [{"name": "MaxDataDiskCount", "value": written}]}
    assert 0 <= compute._size(its).disks < 100_000_000
