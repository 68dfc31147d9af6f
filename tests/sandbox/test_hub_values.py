"""What the installed release says about users' servers, as the hub's spawner takes it."""

import base64
import json

import pytest

from sandbox.clock import ManualClock
from sandbox.hub_values import as_installed
from sandbox.kube.resources import NAMESPACE, SECRET
from sandbox.kube.store import Store
from sandbox.spawner import Profile
from tests.sandbox.test_applications import NOW

PROFILE = Profile("jhub", "jupyterhub", "example.org/notebook:1", "10Gi", "managed-csi")


@pytest.fixture
def store():
    made = Store(ManualClock(NOW))
    made.create(NAMESPACE, None, {"metadata": {"name": "jhub"}})
    return made


@pytest.mark.parametrize("purpose", ["prefer", "require", "ignore"])
def test_the_release_says_image_storage_and_nodes(store, purpose):
    values = {
        "singleuser": {
            "image": {"name": "example.org/notebook", "tag": "2"},
            "storage": {"capacity": "20Gi", "dynamic": {"storageClass": None}},
        },
        "scheduling": {"userPods": {"nodeAffinity": {"matchNodePurpose": purpose}}},
    }
    data = {"values.yaml": base64.b64encode(json.dumps(values).encode()).decode()}
    store.create(SECRET, "jhub", {"metadata": {"name": "hub"}, "data": data})
    found = as_installed(store, PROFILE)
    assert (found.image, found.capacity, found.storage_class) == ("example.org/notebook:2", "20Gi", "default")
    assert found.match_node_purpose == purpose


def test_without_a_release_it_stays_as_it_is(store):
    assert as_installed(store, PROFILE) == PROFILE
