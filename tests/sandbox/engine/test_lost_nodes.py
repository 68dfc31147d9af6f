"""Pods whose node does not work, comes back, or is gone."""

from sandbox.kube import resources as r

SPACE = "jhub"


async def test_lost_node_makes_pods_unready_then_evicts(cluster):
    cluster.node("n1")
    cluster.pod()
    await cluster.after(10)
    cluster.condition_node("n1", "Unknown")
    await cluster.after(2)
    assert not cluster.ready()
    await cluster.after(310)
    found = cluster.store.find(r.POD, SPACE, "p")
    assert found is None or found["metadata"].get("deletionTimestamp")


async def test_nothing_is_placed_on_a_lost_node(cluster):
    cluster.node("n1", ready="False")
    cluster.pod()
    await cluster.after(5)
    assert not cluster.see()["spec"].get("nodeName")
    cluster.condition_node("n1", "True")
    await cluster.after(12)
    assert cluster.ready()


async def test_pods_of_a_deleted_node_go(cluster):
    cluster.node("n1")
    cluster.pod()
    await cluster.after(10)
    cluster.store.delete(r.NODE, None, "n1")
    await cluster.after(60)
    assert cluster.store.find(r.POD, SPACE, "p") is None


async def test_node_that_returns_makes_its_pods_ready_again(cluster):
    cluster.node("n1")
    cluster.pod()
    await cluster.after(10)
    cluster.condition_node("n1", "Unknown")
    await cluster.after(60)
    assert not cluster.ready()
    cluster.condition_node("n1", "True")
    await cluster.after(3)
    assert cluster.ready()
    await cluster.after(600)
    assert cluster.ready()
