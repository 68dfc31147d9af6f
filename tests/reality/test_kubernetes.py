"""The official client for Kubernetes, as `clients/kube/` uses it."""

import inspect
import json

import pytest
from kubernetes.aio import client
from kubernetes.aio.client import rest

from tests.reality.answering import answering
from tests.reality.belief import belief

POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod"}, "spec": {"containers": None}}


@belief(
    "How long does a call of kubernetes.aio wait without a time-out of its own?",
    guess="for ever, as the synchronous client does",
    answer="five minutes in all, reading the answer included: a longer watch or log ends in the middle",
    packages=("kubernetes",),
    then="clients/kube gives each call its own limit; a watch's is in clients/kube/watch.py",
)
def test_the_time_that_a_call_has():
    assert "timeout = _request_timeout or 5 * 60" in inspect.getsource(rest.RESTClientObject.request)


@belief(
    "Is a pod that a server describes wrongly refused by the typed models?",
    guess="no: the models take what comes",
    answer="yes, with a ValueError that says nothing of the object, and so one odd pod costs the whole list",
    packages=("kubernetes",),
    then="clients/kube reads the bytes itself, object by object; the typed lists could be used",
)
async def test_an_odd_object():
    listed = {"apiVersion": "v1", "kind": "PodList", "metadata": {}, "items": [POD]}
    with answering({"GET": (200, {}, json.dumps(listed).encode())}) as server:
        async with client.ApiClient(client.Configuration(host=server.url)) as api:
            with pytest.raises(ValueError, match="containers"):
                await client.CoreV1Api(api).list_namespaced_pod("jhub")
            raw = await client.CoreV1Api(api).list_namespaced_pod_without_preload_content("jhub")
            assert json.loads(await raw.read())["items"] == [POD]
