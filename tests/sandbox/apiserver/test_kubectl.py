import asyncio
import json
import shutil

import pytest

from sandbox.apiserver.objects import resource_kinds as r

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: main, image: "example/app:1", env: [{name: A, value: "1"}, {name: B, value: "2"}]}
      - {name: side, image: "example/side:1"}
"""


def started(pod):
    state = {"running": {"startedAt": "2026-01-31T08:00:00Z"}}
    container = {
        "name": "main",
        "ready": True,
        "restartCount": 2,
        "image": "example/app:1",
        "imageID": "",
        "state": state,
    }
    pod["status"].update(
        phase="Running",
        podIP="10.1.0.7",
        conditions=[{"type": "Ready", "status": "True"}],
        containerStatuses=[container],
    )


@pytest.fixture
def running(store, new_pod):
    store.create(r.POD, "default", new_pod("hub-0", labels={"app": "hub"}))
    store.modify(r.POD, "default", "hub-0", started)


def words(text):
    return [line.split() for line in text.splitlines()]


@pytest.mark.usefixtures("running")
async def test_get_shows_tables(kubectl):
    heads, row = words(await kubectl("get", "pods", "-o", "wide"))
    assert heads[:7] == ["NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP", "NODE"]
    assert (row[:4], row[5:7]) == (["hub-0", "1/1", "Running", "2"], ["10.1.0.7", "node-1"])
    assert json.loads(await kubectl("get", "pods", "-o", "json"))["items"][0]["kind"] == "Pod"
    assert (await kubectl("get", "po", "-l", "app=none")).strip() == ""
    assert words(await kubectl("get", "po", "-A", "--field-selector", "spec.nodeName=node-1"))[1][:2] == [
        "default",
        "hub-0",
    ]
    assert "Name:             hub-0" in await kubectl("describe", "pod", "hub-0")
    assert await kubectl("logs", "hub-0", "--tail", "1") == "line 9\n"


async def test_apply_merges_by_key_and_leaves_the_rest(kubectl, store):
    assert "created" in await kubectl("apply", "-f", "-", stdin=DEPLOYMENT)
    await kubectl("scale", "deploy/web", "--replicas", "5")
    await kubectl("label", "deploy", "web", "tier=front")
    newer = DEPLOYMENT.replace("example/app:1", "example/app:2").replace(', {name: B, value: "2"}', "")
    assert "configured" in await kubectl("apply", "-f", "-", stdin=newer.replace("  replicas: 2\n", ""))
    web = store.get(r.DEPLOYMENT, "default", "web")
    main, side = web["spec"]["template"]["spec"]["containers"]
    assert (main["image"], main["env"], side["image"]) == (
        "example/app:2",
        [{"name": "A", "value": "1"}],
        "example/side:1",
    )
    assert web["metadata"]["labels"] == {"app": "web", "tier": "front"}
    told = await kubectl("apply", "-f", "-", stdin=newer.replace("replicas:", "replica:"), fails=True)
    assert 'unknown field "spec.replica"' in told


async def test_server_side_apply_creates_and_merges(kubectl, store):
    for image in ("example/app:1", "example/app:2"):
        manifest = DEPLOYMENT.replace("example/app:1", image)
        assert "serverside-applied" in await kubectl("apply", "--server-side", "-f", "-", stdin=manifest)
    containers = store.get(r.DEPLOYMENT, "default", "web")["spec"]["template"]["spec"]["containers"]
    assert [one["image"] for one in containers] == ["example/app:2", "example/side:1"]


async def test_what_is_created_in_protobuf_arrives_whole(kubectl, store):
    await kubectl("create", "configmap", "cm", "--from-literal=a=b")
    await kubectl("create", "secret", "generic", "se", "--from-literal=a=b")
    await kubectl("create", "job", "jo", "--image=example/app:1", "--", "echo", "hi")
    await kubectl("create", "deployment", "de", "--image=example/app:1", "--replicas=0", "--port=80")
    await kubectl("create", "service", "loadbalancer", "sv", "--tcp=80:8080")
    await kubectl("create", "role", "ro", "--verb=get,list", "--resource=pods,deployments.apps")
    await kubectl("create", "poddisruptionbudget", "pd", "--selector=app=web", "--max-unavailable=25%")
    await kubectl("create", "ingress", "in", "--rule=example.org/hub*=sv:80,tls=cert")
    await kubectl("create", "namespace", "ns")
    assert store.get(r.CONFIG_MAP, "default", "cm")["data"] == {"a": "b"}
    assert store.get(r.SECRET, "default", "se")["data"] == {"a": "Yg=="}
    job = store.get(r.JOB, "default", "jo")["spec"]["template"]["spec"]
    assert (job["containers"][0]["command"], job["restartPolicy"]) == (["echo", "hi"], "Never")
    made = store.get(r.DEPLOYMENT, "default", "de")["spec"]
    assert made["replicas"] == 0
    assert made["template"]["spec"]["containers"][0]["ports"] == [{"containerPort": 80, "protocol": "TCP"}]
    service = store.get(r.SERVICE, "default", "sv")["spec"]
    assert (service["type"], service["ports"][0]["targetPort"]) == ("LoadBalancer", 8080)
    assert store.get(r.ROLE, "default", "ro")["rules"][0] == {
        "verbs": ["get", "list"],
        "apiGroups": [""],
        "resources": ["pods"],
    }
    assert store.get(r.POD_DISRUPTION_BUDGET, "default", "pd")["spec"]["maxUnavailable"] == "25%"
    rule = store.get(r.INGRESS, "default", "in")["spec"]["rules"][0]
    assert rule["http"]["paths"][0]["backend"] == {"service": {"name": "sv", "port": {"number": 80}}}
    assert store.get(r.NAMESPACE, None, "ns")["status"]["phase"] == "Active"


async def test_changes_in_every_way(kubectl, store):
    await kubectl("apply", "-f", "-", stdin=DEPLOYMENT)
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "side", "image": "example/side:2"}]}}}}
    await kubectl("patch", "deploy", "web", "-p", json.dumps(patch))
    await kubectl("patch", "deploy", "web", "--type=merge", "-p", '{"spec":{"paused":true}}')
    add = [{"op": "add", "path": "/metadata/labels/new", "value": "1"}]
    await kubectl("patch", "deploy", "web", "--type=json", "-p", json.dumps(add))
    await kubectl("set", "image", "deploy/web", "main=example/app:3")
    await kubectl("annotate", "deploy", "web", "note=x")
    web = store.get(r.DEPLOYMENT, "default", "web")
    assert [one["image"] for one in web["spec"]["template"]["spec"]["containers"]] == [
        "example/app:3",
        "example/side:2",
    ]
    assert (web["spec"]["paused"], web["metadata"]["labels"]["new"]) == (True, "1")
    assert web["metadata"]["annotations"]["note"] == "x"
    assert "deleted" in await kubectl("delete", "deploy", "web", "--cascade=foreground")
    assert 'deployments.apps "web" not found' in await kubectl("get", "deploy", "web", fails=True)


@pytest.mark.usefixtures("running")
async def test_a_node_is_drained_and_questions_answered(kubectl, store):
    store.create(r.NODE, None, {"metadata": {"name": "node-1"}, "spec": {}})
    await kubectl("taint", "node", "node-1", "a=b:NoSchedule")
    assert store.get(r.NODE, None, "node-1")["spec"]["taints"] == [{"key": "a", "value": "b", "effect": "NoSchedule"}]
    drain = asyncio.create_task(kubectl("drain", "node-1", "--force", "--timeout=20s"))
    async with asyncio.timeout(240):
        with store.subscribe(r.POD) as changes:
            async for change in changes:
                if change.obj["metadata"].get("deletionTimestamp"):
                    break
    store.remove(r.POD, "default", "hub-0")
    assert "drained" in await drain
    assert store.get(r.NODE, None, "node-1")["spec"]["unschedulable"] is True
    assert (await kubectl("auth", "can-i", "delete", "pods")).strip() == "yes"
    assert "sandbox-admin" in await kubectl("auth", "whoami")
    assert "v1.32" in await kubectl("version")
    listed = await kubectl("api-resources", "--no-headers", "-o", "name")
    assert {kind.qualified for kind in r.ALL} <= set(listed.split())
    assert "containers\t<[]Container>" in await kubectl("explain", "pod.spec")


async def test_get_watch_prints_each_change(cluster, store):
    program = shutil.which("kubectl")
    if program is None:
        pytest.skip("kubectl is not installed here")
    store.create(r.CONFIG_MAP, "default", {"metadata": {"name": "a"}})
    environment = {"KUBECONFIG": str(cluster.kubeconfig), "HOME": str(cluster.kubeconfig.parent)}
    process = await asyncio.create_subprocess_exec(
        program, "get", "cm", "--watch", "--no-headers", env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(240):
            assert (await process.stdout.readline()).split()[:2] == [b"a", b"0"]
            store.modify(r.CONFIG_MAP, "default", "a", lambda o: o.update(data={"x": "y"}))
            assert (await process.stdout.readline()).split()[:2] == [b"a", b"1"]
    finally:
        process.terminate()
        await process.wait()
