"""Where pods may go, what is said when they may not, and what makes it be tried again."""

from sandbox.kube import resources as r

SPACE = "jhub"
MOUNT = {"volumes": [{"name": "home", "persistentVolumeClaim": {"claimName": "c"}}]}
TAINT = {"key": "hub.jupyter.org/dedicated", "value": "user", "effect": "NoSchedule"}


async def test_words_of_the_refusal(cluster):
    cluster.node("n1", taints=[TAINT])
    cluster.node("n2", taints=[TAINT])
    cluster.node("n3", cpu="1")
    cluster.pod(cpu="2")
    await cluster.after(1)
    wanted = (
        "0/3 nodes are available: 1 Insufficient cpu, "
        "2 node(s) had untolerated taint {hub.jupyter.org/dedicated: user}."
    )
    condition = cluster.condition("PodScheduled")
    assert (condition["status"], condition["reason"], condition["message"]) == ("False", "Unschedulable", wanted)
    assert cluster.events("FailedScheduling")[0]["message"] == wanted


async def test_reasons_are_ordered_as_strings_count_first(cluster):
    for name in ("n1", "n2"):
        cluster.node(name, cpu="1")
    cluster.node("n3", taints=[TAINT])
    cluster.pod(cpu="2")
    await cluster.after(1)
    assert cluster.condition("PodScheduled")["message"] == (
        "0/3 nodes are available: 1 node(s) had untolerated taint {hub.jupyter.org/dedicated: user}, "
        "2 Insufficient cpu."
    )


async def test_no_nodes_at_all(cluster):
    cluster.pod()
    await cluster.after(1)
    assert cluster.condition("PodScheduled")["message"] == "no nodes available to schedule pods"
    cluster.node("n1")
    await cluster.after(10)
    assert cluster.ready()


async def test_room_freed_by_an_ended_pod_is_used(cluster):
    cluster.node("n1", cpu="2")
    cluster.pod("a", cpu="2")
    await cluster.after(10)
    cluster.pod("b", cpu="2")
    await cluster.after(1)
    assert not cluster.see("b")["spec"].get("nodeName")
    cluster.store.modify(r.POD, SPACE, "a", lambda new: new["status"].update(phase="Succeeded"))
    await cluster.after(2)
    assert cluster.see("b")["spec"].get("nodeName") == "n1"


async def test_pod_waits_for_its_claim_to_exist(cluster):
    cluster.node("n1")
    cluster.storage_class()
    cluster.pod(**MOUNT)
    await cluster.after(1)
    assert cluster.condition("PodScheduled")["message"].startswith(
        '0/1 nodes are available: persistentvolumeclaim "c" not found.'
    )
    cluster.claim()
    await cluster.after(15)
    assert cluster.ready()


async def test_cordoned_node_is_used_again_once_uncordoned(cluster):
    cluster.node("n1")
    cluster.store.modify(r.NODE, None, "n1", lambda new: new["spec"].update(unschedulable=True))
    cluster.pod()
    await cluster.after(1)
    assert cluster.condition("PodScheduled")["message"] == "0/1 nodes are available: 1 node(s) were unschedulable."
    cluster.store.modify(r.NODE, None, "n1", lambda new: new["spec"].pop("unschedulable"))
    await cluster.after(10)
    assert cluster.ready()


async def test_init_requests_count_for_room(cluster):
    cluster.node("n1", cpu="1")
    cluster.pod(initContainers=[{"name": "i", "image": "x:1", "resources": {"requests": {"cpu": "2"}}}])
    await cluster.after(1)
    assert cluster.condition("PodScheduled").get("reason") == "Unschedulable"


async def test_strange_affinity_does_not_stop_the_cluster(cluster):
    cluster.node("n1", size="big")
    term = {"matchExpressions": [{"key": "size", "operator": "Gt", "values": ["3"]}]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    cluster.pod("odd", affinity={"nodeAffinity": required})
    cluster.pod("even")
    await cluster.after(10)
    assert cluster.ready("even")
    assert not cluster.see("odd")["spec"].get("nodeName")
