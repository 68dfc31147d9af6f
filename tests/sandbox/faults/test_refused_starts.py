"""What refuses people's starts refuses a dry run of such a pod as well, until it is healed; other pods are let be."""

from datetime import UTC, datetime

import pytest

from sandbox.apiserver.objects import resource_kinds as r
from sandbox.apiserver.router import make_app
from sandbox.apiserver.storage.store import Store
from sandbox.clock import ManualClock
from sandbox.faults.starts import RefusedStarts
from sandbox.jupyterhub.spawner import Profile
from sandbox.jupyterhub.users import HubUsers, User

NOW = datetime(2026, 12, 1, tzinfo=UTC)
PATH = "/api/v1/namespaces/jhub/pods?dryRun=All&fieldValidation=Strict"


def pod(component):
    container = {"name": "main", "image": "a:1", "resources": {"limits": {"memory": "8Gi"}}}
    labels = {"component": component}
    return {"metadata": {"name": "jupyter-x", "labels": labels}, "spec": {"containers": [container]}}


@pytest.fixture
async def world(aiohttp_client):
    store = Store(ManualClock(NOW))
    store.create(r.NAMESPACE, None, {"metadata": {"name": "jhub"}})
    users = HubUsers(store, Profile("jhub", "jupyterhub", "a:1", "10Gi", "managed-csi"))
    users.add(User("ada@example.org", NOW, NOW))
    refused = RefusedStarts(store, "jhub")
    client = await aiohttp_client(make_app(store))

    async def judged(component="singleuser-server"):
        response = await client.post(PATH, json=pod(component))
        return response.status, (await response.json()).get("message", "")

    return refused, users, judged


@pytest.mark.parametrize(
    ("how", "status", "says", "others"),
    [
        ("policy", 403, 'admission webhook "validate.kyverno.svc-fail" denied the request', 201),
        ("security", 403, 'violates PodSecurity "restricted:latest"', 201),
        ("webhook", 500, "failed calling webhook", 201),
        ("limits", 403, "maximum memory usage per Container is 2Gi, but limit is 8Gi", 403),
        ("quota", 403, "exceeded quota: compute, requested: pods=1, used: pods=0, limited: pods=0", 403),
        ("hook", 201, "", 201),
    ],
)
async def test_it_refuses_such_pods_and_says_why(world, how, status, says, others):
    refused, users, judged = world
    assert (await judged())[0] == 201
    refused.begin(users, NOW, how)
    found, said = await judged()
    assert (found, says in said) == (status, True)
    assert (await judged("hub"))[0] == others
    refused.heal()
    assert (await judged())[0] == 201
