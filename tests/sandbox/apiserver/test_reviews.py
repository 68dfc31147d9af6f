"""Reviews say yes, but to what the sandbox was told to deny; a switch tells it."""

from datetime import UTC, datetime

import pytest

from sandbox.apiserver.router import make_app
from sandbox.apiserver.storage.store import Store
from sandbox.clock import ManualClock

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


@pytest.fixture
async def client(aiohttp_client):
    return await aiohttp_client(make_app(Store(ManualClock(datetime(2026, 11, 24, tzinfo=UTC)))))


async def may(client, verb, resource, group=""):
    attributes = {"verb": verb, "resource": resource, "group": group, "namespace": "jhub"}
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    response = await client.post(REVIEWS, json=body)
    assert response.status == 201
    return (await response.json())["status"]["allowed"]


async def test_what_is_denied_is_denied_and_nothing_else(client):
    assert await may(client, "delete", "pods")
    response = await client.put("/_sandbox/denied", json={"denied": ["delete pods", "patch deployments.apps"]})
    assert response.status == 200
    assert not await may(client, "delete", "pods")
    assert not await may(client, "patch", "deployments", "apps")
    assert await may(client, "patch", "deployments")
    assert await may(client, "list", "pods")
    await client.put("/_sandbox/denied", json={"denied": []})
    assert await may(client, "delete", "pods")


@pytest.mark.parametrize("content", [b"", b"[]", b'{"denied": "all"}', b'{"denied": [1]}'])
async def test_a_switch_that_cannot_be_read_changes_nothing(client, content):
    response = await client.put("/_sandbox/denied", data=content)
    assert response.status == 400
    assert "such as" in await response.text()
    assert await may(client, "delete", "pods")
