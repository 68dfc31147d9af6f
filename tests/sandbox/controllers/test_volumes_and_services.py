import pytest

from sandbox.apiserver.objects import resource_kinds as r

from .conftest import pod_spec
from .test_pods import ready


def storage_class(cluster, name="disk", mode="WaitForFirstConsumer", policy="Delete"):
    cluster.store.create(
        r.STORAGE_CLASS,
        None,
        {
            "metadata": {"name": name},
            "provisioner": "disk.csi.azure.com",
            "volumeBindingMode": mode,
            "reclaimPolicy": policy,
        },
    )


def claim(cluster, name, storage="disk"):
    return cluster.make(
        r.PERSISTENT_VOLUME_CLAIM,
        name,
        {"accessModes": ["ReadWriteOnce"], "storageClassName": storage, "resources": {"requests": {"storage": "10Gi"}}},
    )


def mounting(name):
    return [{"name": "home", "persistentVolumeClaim": {"claimName": name}}]


async def test_a_claim_waits_for_its_first_consumer(cluster):
    cluster.node("n1")
    storage_class(cluster)
    claim(cluster, "home")
    await cluster.after(30)
    assert cluster.get(r.PERSISTENT_VOLUME_CLAIM, "home")["status"]["phase"] == "Pending"
    assert cluster.events("home", "WaitForFirstConsumer")
    cluster.pod("ada", volumes=mounting("home"))
    await cluster.after(20)
    bound = cluster.get(r.PERSISTENT_VOLUME_CLAIM, "home")
    assert bound["status"]["phase"] == "Bound"
    volume = cluster.store.get(r.PERSISTENT_VOLUME, None, bound["spec"]["volumeName"])
    assert volume["spec"]["claimRef"]["uid"] == bound["metadata"]["uid"]
    assert volume["spec"]["capacity"]["storage"] == "10Gi"
    reasons = {one["reason"] for one in cluster.events("home")}
    assert {"ExternalProvisioning", "ProvisioningSucceeded"} <= reasons
    assert ready(cluster.get(r.POD, "ada"))


async def test_a_claim_of_an_unknown_class_stays_pending(cluster):
    claim(cluster, "home", "nope")
    await cluster.after(30)
    assert cluster.get(r.PERSISTENT_VOLUME_CLAIM, "home")["status"]["phase"] == "Pending"
    (event,) = cluster.events("home", "ProvisioningFailed")
    assert event["message"] == 'storageclass.storage.k8s.io "nope" not found'
    storage_class(cluster, "nope", "Immediate")
    await cluster.after(60)
    assert cluster.get(r.PERSISTENT_VOLUME_CLAIM, "home")["status"]["phase"] == "Bound"


@pytest.mark.parametrize("policy", ["Delete", "Retain"])
async def test_a_claim_in_use_stays_until_its_pod_is_gone(cluster, policy):
    cluster.node("n1")
    storage_class(cluster, policy=policy)
    claim(cluster, "home")
    cluster.pod("ada", volumes=mounting("home"))
    await cluster.after(20)
    volume = cluster.get(r.PERSISTENT_VOLUME_CLAIM, "home")["spec"]["volumeName"]
    cluster.delete(r.PERSISTENT_VOLUME_CLAIM, "home")
    await cluster.after(60)
    held = cluster.get(r.PERSISTENT_VOLUME_CLAIM, "home")
    assert held["metadata"]["deletionTimestamp"]
    assert held["status"]["phase"] == "Bound"
    cluster.delete(r.POD, "ada")
    await cluster.after(10)
    assert cluster.find(r.PERSISTENT_VOLUME_CLAIM, "home") is None
    left = cluster.store.find(r.PERSISTENT_VOLUME, None, volume)
    assert (left["status"]["phase"] if left else None) == (None if policy == "Delete" else "Released")


async def test_a_claim_nobody_uses_goes_at_once(cluster):
    claim(cluster, "home")
    await cluster.after(1)
    cluster.delete(r.PERSISTENT_VOLUME_CLAIM, "home")
    await cluster.after(1)
    assert cluster.find(r.PERSISTENT_VOLUME_CLAIM, "home") is None


async def test_a_service_knows_its_ready_pods_and_gets_an_address(cluster):
    cluster.node("n1")
    ports = [{"name": "http", "port": 80, "targetPort": "web"}]
    cluster.make(r.SERVICE, "web", {"type": "LoadBalancer", "selector": {"app": "web"}, "ports": ports})
    spec = pod_spec()
    spec["containers"][0]["ports"] = [{"name": "web", "containerPort": 8000}]
    cluster.workload(r.DEPLOYMENT, "web", template=spec, replicas=2)
    await cluster.after(15)
    assert cluster.get(r.SERVICE, "web")["status"]["loadBalancer"]["ingress"][0]["ip"]
    (subset,) = cluster.get(r.ENDPOINTS, "web")["subsets"]
    assert {one["ip"] for one in subset["addresses"]} == {pod["status"]["podIP"] for pod in cluster.pods("web")}
    assert [(one["name"], one["port"]) for one in subset["ports"]] == [("http", 8000)]
    cluster.change(r.DEPLOYMENT, "web", lambda one: one["spec"].update(replicas=1))
    await cluster.after(15)
    (subset,) = cluster.get(r.ENDPOINTS, "web")["subsets"]
    assert len(subset["addresses"]) == 1
    cluster.delete(r.SERVICE, "web")
    await cluster.after(10)
    assert cluster.find(r.SERVICE, "web") is None
    assert cluster.find(r.ENDPOINTS, "web") is None
