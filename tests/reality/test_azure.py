"""azure-mgmt-containerservice and azure-core, as `clients/azure/` uses them."""

import json

import pytest
from azure.core import MatchConditions
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.policies import AzureKeyCredentialPolicy
from azure.mgmt.containerservice.aio import ContainerServiceClient

from clients.azure.pipeline import pipeline
from tests.reality.answering import answering
from tests.reality.belief import belief

POOL = {"name": "users", "properties": {"count": 3, "minCount": 1, "maxCount": 5, "enableAutoScaling": True}}
GOOD = (200, {}, json.dumps(POOL).encode())
BUSY = (409, {"Retry-After": "0"}, b'{"error": {"code": "OperationNotAllowed", "message": "busy"}}')
POOL_NAMED = ("group", "cluster", "users")
CONTAINER_SERVICE = ("azure-mgmt-containerservice", "azure-core")


async def _token():
    return "token"


def _client(url, **how):
    key = AzureKeyCredential("key")
    usual = {"authentication_policy": AzureKeyCredentialPolicy(key, "Authorization", prefix="Bearer")}
    return ContainerServiceClient(key, "0" * 8, base_url=url, **(usual | how))


@belief(
    "Does `etag=` alone make a write conditional?",
    guess="yes, or an error says what is missing",
    answer="neither: no If-Match is sent and nothing is said; only both `etag` and `match_condition` send it, quoted",
    packages=CONTAINER_SERVICE,
    then="look at each `etag=` in clients/azure: a pool that somebody else has changed would be overwritten",
)
async def test_etag_alone():
    both = {"etag": "e1", "match_condition": MatchConditions.IfNotModified}
    with answering({"GET": GOOD, "PUT": GOOD}) as azure:
        async with _client(azure.url) as client:
            pool = await client.agent_pools.get(*POOL_NAMED)
            for given in ({"etag": "e1"}, {"match_condition": MatchConditions.IfNotModified}, both):
                await client.agent_pools.begin_create_or_update(*POOL_NAMED, pool, polling=False, **given)
    sent = [asked.headers.get("if-match") for asked in azure.asked if asked.method == "PUT"]
    assert sent == [None, None, '"e1"']


@belief(
    "What does setting a field to None do in a PUT of a pool?",
    guess="it is sent as null, and Azure clears it",
    answer="it is left out; a PUT replaces, so what is left out is cleared all the same",
    packages=CONTAINER_SERVICE,
    then="look at how clients/azure/aks.py turns the autoscaler off",
)
async def test_a_field_of_none():
    with answering({"GET": GOOD, "PUT": GOOD}) as azure:
        async with _client(azure.url) as client:
            pool = await client.agent_pools.get(*POOL_NAMED)
            pool.properties.min_count = pool.properties.max_count = None
            await client.agent_pools.begin_create_or_update(*POOL_NAMED, pool, polling=False)
    assert json.loads(azure.asked[-1].body)["properties"] == {"count": 3, "enableAutoScaling": True}


@belief(
    "Does azure-core repeat a POST that was refused with 409 and Retry-After?",
    guess="no: a POST may not be idempotent",
    answer="yes, three times more; the bot's own policy takes the first answer as it is",
    packages=("azure-core", "azure-mgmt-containerservice"),
    then="`_OnceMore` in clients/azure/pipeline.py may be given up if answers are no longer repeated",
)
async def test_a_refused_post_is_repeated():
    times = []
    for is_ours in (False, True):
        with answering({"POST": BUSY}) as azure:
            how = pipeline(azure.url, _token) if is_ours else {}
            async with _client(azure.url, **how) as client:
                with pytest.raises(HttpResponseError):
                    await client.managed_clusters.begin_stop("group", "cluster", polling=False)
        times.append(len(azure.asked))
    assert times == [4, 1]
