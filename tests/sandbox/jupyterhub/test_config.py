"""What the installed release says about users' servers, as the hub's spawner takes it."""

import base64
import json

import pytest

from sandbox.apiserver.objects.resource_kinds import NAMESPACE, SECRET
from sandbox.apiserver.storage.store import Store
from sandbox.clock import ManualClock
from sandbox.jupyterhub.config import as_installed, hub_version, names_the_old_way
from sandbox.jupyterhub.spawner import Profile
from tests.sandbox.entra.test_applications import NOW

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


@pytest.mark.parametrize(
    ("chart", "scheme", "old"),
    [
        ("1.1.3", None, True),
        ("3.3.8", None, True),
        ("4.0.0", None, False),
        ("4.4.0", "escape", True),
        ("4.4.0", "safe", False),
        ("5.0.0-beta.1", None, False),
    ],
)
def test_new_homes_are_named_as_the_chart_and_its_values_say(chart, scheme, old):
    spawner = {"KubeSpawner": {"slug_scheme": scheme}} if scheme else {}
    assert names_the_old_way({"Chart": {"Version": chart}, "hub": {"config": spawner}}) is old


@pytest.mark.parametrize(
    ("chart", "hub"),
    [
        ("0.9.0", "1.4.2"),
        ("1.2.0", "1.4.2"),
        ("3.3.8", "4.1.6"),
        ("4.3.1", "5.2.1"),
        ("4.4.0", "5.5.0"),
        ("9.0", "5.5.0"),
    ],
)
def test_the_hub_is_of_the_version_that_the_chart_brings(store, chart, hub):
    values = json.dumps({"Chart": {"Version": chart}}).encode()
    data = {"values.yaml": base64.b64encode(values).decode()}
    store.create(SECRET, "jhub", {"metadata": {"name": "hub"}, "data": data})
    assert hub_version(store, "jhub") == hub
