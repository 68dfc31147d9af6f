"""Which pods answer for a service, on which port; its public address."""

from sandbox.kube import resources as r

SPACE = "jhub"


def service(cluster, kind: str = "ClusterIP"):
    spec = {"type": kind, "selector": {"app": "hub"}, "ports": [{"name": "http", "port": 80, "targetPort": 8000}]}
    cluster.store.create(r.SERVICE, SPACE, {"metadata": {"name": "s"}, "spec": spec})


async def test_endpoints_carry_the_target_port_and_only_ready_pods(cluster):
    cluster.node("n1")
    service(cluster)
    cluster.pod(labels={"app": "hub"})
    await cluster.after(10)
    (subset,) = cluster.store.get(r.ENDPOINTS, SPACE, "s")["subsets"]
    assert [a["ip"] for a in subset["addresses"]] == [cluster.see()["status"]["podIP"]]
    assert subset["ports"] == [{"name": "http", "port": 8000, "protocol": "TCP"}]


async def test_endpoints_forget_a_relabelled_pod(cluster):
    cluster.node("n1")
    service(cluster)
    cluster.pod(labels={"app": "hub"})
    await cluster.after(10)
    cluster.store.modify(r.POD, SPACE, "p", lambda new: new["metadata"].update(labels={"app": "other"}))
    await cluster.after(1)
    assert not cluster.store.get(r.ENDPOINTS, SPACE, "s").get("subsets")


async def test_endpoints_go_with_their_service(cluster):
    service(cluster)
    await cluster.after(1)
    cluster.store.delete(r.SERVICE, SPACE, "s")
    await cluster.after(1)
    assert cluster.store.find(r.ENDPOINTS, SPACE, "s") is None


async def test_load_balancer_gets_an_address_after_a_moment(cluster):
    service(cluster, "LoadBalancer")
    cluster.settle()
    assert not cluster.store.get(r.SERVICE, SPACE, "s").get("status", {}).get("loadBalancer", {}).get("ingress")
    await cluster.after(10)
    assert cluster.store.get(r.SERVICE, SPACE, "s")["status"]["loadBalancer"]["ingress"][0]["ip"]
