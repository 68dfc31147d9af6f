"""A pod's life on its node: pulls, start, planted faults, the end."""

from sandbox.engine.logs import container_log
from sandbox.kube import resources as r
from sandbox.kube.logs import LogOptions

SPACE = "jhub"


async def test_pod_starts_after_pull(cluster):
    cluster.node("n1")
    cluster.pod()
    await cluster.after(1)
    assert cluster.waiting()["reason"] == "ContainerCreating"
    await cluster.after(8)
    assert cluster.phase() == "Running"
    assert cluster.ready()
    for reason in ("Scheduled", "Pulling", "Pulled", "Created", "Started"):
        (event,) = cluster.events(reason)
        assert event["count"] == 1, reason
    status = cluster.see()["status"]
    assert status["podIP"]
    assert status["hostIP"]
    assert status["startTime"]
    assert "@sha256:" in status["containerStatuses"][0]["imageID"]


async def test_second_pod_finds_the_image_on_the_node(cluster):
    cluster.node("n1")
    cluster.pod("a")
    await cluster.after(10)
    cluster.pod("b")
    await cluster.after(3)
    assert cluster.ready("b")
    messages = [e["message"] for e in cluster.events("Pulled") if e["involvedObject"]["name"] == "b"]
    assert messages == ['Container image "x/app:1" already present on machine']


async def test_pulled_is_said_once_though_another_container_pulls_longer(cluster):
    cluster.node("n1")
    cluster.images.slow("x/big", 20.0)
    both = [{"name": "main", "image": "x/app:latest"}, {"name": "side", "image": "x/big:1"}]
    cluster.store.create(r.POD, SPACE, {"metadata": {"name": "p"}, "spec": {"containers": both}})
    await cluster.after(8)
    cluster.annotate("touched", "1")
    await cluster.after(20)
    assert cluster.ready()
    assert [e["count"] for e in cluster.events("Pulled")] == [1, 1]


async def test_missing_tag_alternates(cluster):
    cluster.node("n1")
    cluster.images.know("x/app", "1")
    cluster.pod(image="x/app:nope")
    seen = set()
    for _ in range(60):
        await cluster.after(0.5)
        seen.add(cluster.waiting().get("reason"))
    assert {"ErrImagePull", "ImagePullBackOff"} <= seen
    assert cluster.phase() == "Pending"
    told = " ".join(e["message"] for e in cluster.events("Failed"))
    assert 'failed to resolve reference "x/app:nope": x/app:nope: not found' in told
    assert cluster.events("BackOff")
    cluster.images.know("x/app", "nope")
    await cluster.after(200)
    assert cluster.ready()


async def test_init_containers_run_in_order(cluster):
    cluster.node("n1")
    first = [{"name": "one", "image": "x/i:1"}, {"name": "two", "image": "x/i:2"}]
    cluster.pod(initContainers=first)
    await cluster.after(3)
    assert cluster.waiting()["reason"] == "PodInitializing"
    assert cluster.condition("Initialized")["status"] == "False"
    await cluster.after(25)
    assert cluster.ready()
    started = [e["message"] for e in cluster.store.list(r.EVENT) if e["reason"] == "Started"]
    assert len(started) == 3


async def test_crash_loop_and_recovery(cluster):
    cluster.node("n1")
    cluster.pod(annotations={"sandbox/crash": "true"})
    await cluster.after(60)
    (status,) = cluster.see()["status"]["containerStatuses"]
    assert status["restartCount"] >= 2
    assert status["lastState"]["terminated"]["exitCode"] == 1
    assert cluster.waiting().get("reason") == "CrashLoopBackOff"
    assert not cluster.ready()
    cluster.annotate("sandbox/crash", None)
    await cluster.after(400)
    assert cluster.ready()


async def test_unready_from_the_start(cluster):
    cluster.node("n1")
    cluster.pod(annotations={"sandbox/unready": "true"})
    await cluster.after(20)
    assert cluster.phase() == "Running"
    assert not cluster.ready()
    cluster.annotate("sandbox/unready", None)
    await cluster.after(5)
    assert cluster.ready()


async def test_unready_planted_in_a_ready_pod(cluster):
    cluster.node("n1")
    cluster.pod()
    await cluster.after(10)
    cluster.annotate("sandbox/unready", "true")
    await cluster.after(20)
    assert not cluster.ready()


async def test_crash_loop_backs_off_instead_of_spinning(cluster):
    cluster.node("n1")
    cluster.pod(annotations={"sandbox/crash": "true"})
    await cluster.after(120)
    restarts = cluster.see()["status"]["containerStatuses"][0]["restartCount"]
    assert 3 <= restarts <= 6
    assert "back-off" in cluster.waiting()["message"]


async def test_crashing_pod_that_never_restarts_fails(cluster):
    cluster.node("n1")
    cluster.pod(annotations={"sandbox/crash": "true"}, restartPolicy="Never")
    await cluster.after(20)
    assert cluster.phase() == "Failed"


async def test_log_of_the_run_before_a_crash(cluster):
    cluster.node("n1")
    cluster.pod(annotations={"sandbox/crash": "true"})
    await cluster.after(30)
    log = container_log(cluster.clock)
    assert "started" in log(cluster.see(), "main", LogOptions(previous=True))


async def test_graceful_and_immediate_deletion(cluster):
    cluster.node("n1")
    cluster.pod("a")
    cluster.pod("b")
    await cluster.after(10)
    cluster.store.delete(r.POD, SPACE, "a")
    cluster.settle()
    assert cluster.see("a")["metadata"]["deletionTimestamp"]
    await cluster.after(3)
    assert cluster.store.find(r.POD, SPACE, "a") is None
    cluster.store.delete(r.POD, SPACE, "b", grace_seconds=0)
    assert cluster.store.find(r.POD, SPACE, "b") is None


async def test_pods_have_addresses_of_their_own(cluster):
    for number in range(6):
        cluster.node(f"n{number}", cpu="400")
    for number in range(600):
        cluster.pod(f"p{number}")
    await cluster.after(10)
    addresses = {pod["status"].get("podIP") for pod in cluster.store.list(r.POD)}
    assert len(addresses) == 600
