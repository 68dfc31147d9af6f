"""Claims, the disks behind them, and what holds either."""

from sandbox.kube import resources as r

SPACE = "jhub"
MOUNT = {"volumes": [{"name": "home", "persistentVolumeClaim": {"claimName": "c"}}]}


async def test_claim_waits_for_a_consumer_and_is_bound(cluster):
    cluster.node("n1")
    cluster.storage_class()
    cluster.claim()
    await cluster.after(5)
    assert cluster.store.get(r.PERSISTENT_VOLUME_CLAIM, SPACE, "c")["status"]["phase"] == "Pending"
    assert cluster.events("WaitForFirstConsumer")
    cluster.pod(**MOUNT)
    await cluster.after(15)
    assert cluster.ready()
    assert cluster.events("ProvisioningSucceeded")


async def test_protected_claim_goes_after_its_pod_and_takes_the_disk(cluster):
    cluster.node("n1")
    cluster.storage_class()
    cluster.claim()
    cluster.pod(**MOUNT)
    await cluster.after(15)
    cluster.store.delete(r.PERSISTENT_VOLUME_CLAIM, SPACE, "c")
    await cluster.after(5)
    assert cluster.store.get(r.PERSISTENT_VOLUME_CLAIM, SPACE, "c")["status"]["phase"] == "Bound"
    cluster.store.delete(r.POD, SPACE, "p")
    await cluster.after(5)
    assert cluster.store.find(r.PERSISTENT_VOLUME_CLAIM, SPACE, "c") is None
    assert cluster.store.list(r.PERSISTENT_VOLUME) == []


async def test_retained_disk_is_released_and_can_be_deleted(cluster):
    cluster.storage_class("Immediate", "Retain")
    cluster.claim()
    await cluster.after(5)
    cluster.store.delete(r.PERSISTENT_VOLUME_CLAIM, SPACE, "c")
    await cluster.after(5)
    (volume,) = cluster.store.list(r.PERSISTENT_VOLUME)
    assert volume["status"]["phase"] == "Released"
    cluster.store.delete(r.PERSISTENT_VOLUME, None, volume["metadata"]["name"])
    await cluster.after(5)
    assert cluster.store.list(r.PERSISTENT_VOLUME) == []
