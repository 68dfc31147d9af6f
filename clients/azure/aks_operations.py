"""Long-running operations of Azure Kubernetes Service: their tokens, and the wait for their end.

A token holds the SDK's continuation token, so an operation that was begun before a restart can be awaited after it.
"""

import asyncio
import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from clients.azure.pipeline import SYSTEM, translated
from clients.errors import Unavailable

if TYPE_CHECKING:
    from azure.core.polling import AsyncLROPoller
    from azure.mgmt.containerservice.aio import ContainerServiceClient

# Seconds after a poll that failed.
_LOOK_AGAIN: Final = 3.0
# Codes of Azure Kubernetes Service and Azure Compute ("Troubleshoot AKS cluster creation and scaling") and what helps.
HELP: Final = {
    "registration": "The subscription is not registered for that resource provider: have that done in the portal.",
    # Which one, of cores or of anything else, is in Azure's own words.
    "quota": "The subscription's quota is used up: have it raised in the portal, or use fewer nodes.",
    "allocation": "Azure has no such machines available there right now: try again later, or choose another size.",
    "vmsizenotsupported": "The subscription may not use that machine size there: choose another size.",
    "skunotavailable": "The subscription may not use that machine size there: choose another size.",
    "deprecatedapiusage": "Something still uses an API that this version of Kubernetes no longer has.",
    "poddrainfailure": "Pods could not be moved off a node: a disruption budget or a slow end holds them.",
    "unsatisfiablepdb": "A disruption budget lets none of its pods go, so nodes with them cannot be drained.",
    "subnetisfull": "The subnet has no addresses left for more nodes.",
    "subnetsize": "The subnet has no addresses left for more nodes.",
}


def operation_token(kind: str, pool: str, poller: "AsyncLROPoller[Any]") -> str:
    """Return the token of an operation of a `kind` that `finish` knows; `pool` is empty for one of the cluster."""
    return json.dumps({"kind": kind, "pool": pool, "token": poller.continuation_token()})


async def finish(client: "ContainerServiceClient", group: str, cluster: str, token: str, *, within: float) -> None:
    """Wait until the operation is over, at most `within` seconds. Raise Rejected if it failed, else Unavailable."""
    until = time.monotonic() + within
    while True:
        try:
            async with asyncio.timeout_at(asyncio.get_running_loop().time() + max(0.0, until - time.monotonic())):
                await _finished(client, group, cluster, json.loads(token))
        except TimeoutError:
            raise Unavailable(SYSTEM, f"has not finished within {within / 60:.0f} minutes") from None
        except Unavailable:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(_LOOK_AGAIN)
            continue
        return


async def _finished(client: "ContainerServiceClient", group: str, cluster: str, known: Mapping[str, str]) -> None:
    async with translated(HELP):
        poller = await _poller(client, group, cluster, known)
        await poller.result()


async def _poller(
    client: "ContainerServiceClient", group: str, name: str, known: Mapping[str, str]
) -> "AsyncLROPoller[Any]":
    """Return the operation of a token. The SDK sends nothing of the bodies that it is given beside a token."""
    from azure.mgmt.containerservice import models  # noqa: PLC0415 - slow to load; a start needs none of it

    pools, clusters = client.agent_pools, client.managed_clusters
    pool, token = known["pool"], known["token"]
    match known["kind"]:
        case "pool":
            return await pools.begin_create_or_update(group, name, pool, models.AgentPool(), continuation_token=token)
        case "delete":
            return await pools.begin_delete(group, name, pool, continuation_token=token)
        case "image":
            return await pools.begin_upgrade_node_image_version(group, name, pool, continuation_token=token)
        case "cluster":
            body = models.ManagedCluster(location="")
            return await clusters.begin_create_or_update(group, name, body, continuation_token=token)
        case "stop":
            return await clusters.begin_stop(group, name, continuation_token=token)
    return await clusters.begin_start(group, name, continuation_token=token)
