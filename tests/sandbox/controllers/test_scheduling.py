from sandbox.apiserver.objects import resource_kinds as r

from .test_pods import ready

USER = {"hub.jupyter.org/node-purpose": "user"}
TAINT = {"key": "hub.jupyter.org/dedicated", "value": "user", "effect": "NoSchedule"}


def refusal(cluster, name):
    (condition,) = [c for c in cluster.get(r.POD, name)["status"]["conditions"] if c["type"] == "PodScheduled"]
    assert (condition["status"], condition["reason"]) == ("False", "Unschedulable")
    assert cluster.events(name, "FailedScheduling")[-1]["message"] == condition["message"]
    return condition["message"].partition(" preemption:")[0]


async def test_why_no_node_will_do_is_said_in_kubernetes_words(cluster):
    cluster.node("core", memory="1Gi")
    cluster.node("small", memory="1Gi")
    cluster.node("users", labels=USER, taints=[TAINT])
    cluster.pod("web", resources={"requests": {"memory": "2Gi"}})
    await cluster.after(1)
    taint = "1 node(s) had untolerated taint {hub.jupyter.org/dedicated: user}"
    assert refusal(cluster, "web") == f"0/3 nodes are available: {taint}, 2 Insufficient memory."


async def test_a_pod_waits_until_a_node_comes(cluster):
    cluster.node("core")
    cluster.pod("web", nodeSelector=USER)
    await cluster.after(1)
    why = "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."
    assert refusal(cluster, "web") == why
    cluster.node("users", labels=USER)
    await cluster.after(10)
    assert ready(cluster.get(r.POD, "web"))


async def test_a_cordoned_node_gets_no_pods_and_keeps_those_it_has(cluster):
    cluster.node("n1")
    cluster.pod("before")
    await cluster.after(10)
    cluster.change(r.NODE, "n1", lambda node: node["spec"].update(unschedulable=True))
    cluster.pod("after")
    await cluster.after(1)
    assert refusal(cluster, "after") == "0/1 nodes are available: 1 node(s) were unschedulable."
    assert ready(cluster.get(r.POD, "before"))
    cluster.change(r.NODE, "n1", lambda node: node["spec"].pop("unschedulable"))
    await cluster.after(10)
    assert ready(cluster.get(r.POD, "after"))


async def test_a_node_is_not_filled_beyond_what_it_has_even_at_once(cluster):
    cluster.node("n1", memory="10Gi")
    for name in ("a", "b", "c"):
        cluster.pod(name, resources={"requests": {"memory": "4Gi"}})
    await cluster.after(10)
    placed = [pod for pod in cluster.pods() if pod["spec"].get("nodeName")]
    assert len(placed) == 2
    cluster.delete(r.POD, placed[0]["metadata"]["name"])
    await cluster.after(10)
    assert len([pod for pod in cluster.pods() if pod["spec"].get("nodeName")]) == 2


async def test_a_pod_without_its_claim_is_not_placed(cluster):
    cluster.node("n1")
    cluster.pod("web", volumes=[{"name": "home", "persistentVolumeClaim": {"claimName": "home"}}])
    await cluster.after(1)
    assert refusal(cluster, "web") == '0/1 nodes are available: persistentvolumeclaim "home" not found.'
    cluster.store.create(r.STORAGE_CLASS, None, {"metadata": {"name": "disk"}, "provisioner": "disk.example"})
    cluster.make(
        r.PERSISTENT_VOLUME_CLAIM,
        "home",
        {"accessModes": ["ReadWriteOnce"], "storageClassName": "disk", "resources": {"requests": {"storage": "1Gi"}}},
    )
    await cluster.after(15)
    assert ready(cluster.get(r.POD, "web"))


async def test_pods_leave_a_node_that_is_not_ready_for_long(cluster):
    cluster.node("n1")
    cluster.workload(r.DEPLOYMENT, "web")
    await cluster.after(10)
    cluster.node("n2")

    def fail(node):
        node["status"]["conditions"] = [
            {
                "type": "Ready",
                "status": "Unknown",
                "reason": "NodeStatusUnknown",
                "lastTransitionTime": "2026-03-01T08:00:10Z",
            }
        ]

    cluster.store.modify(r.NODE, None, "n1", fail)
    await cluster.after(5)
    (pod,) = cluster.pods("web")
    assert not ready(pod)
    await cluster.after(330)
    assert [pod["spec"]["nodeName"] for pod in cluster.pods("web") if ready(pod)] == ["n2"]
