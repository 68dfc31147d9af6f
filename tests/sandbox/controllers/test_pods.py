import asyncio

import pytest

from sandbox.apiserver.objects import resource_kinds as r
from sandbox.apiserver.objects.json_objects import moment

from .conftest import pod_spec


def ready(pod):
    return any(one["type"] == "Ready" and one["status"] == "True" for one in pod["status"]["conditions"])


def state(pod, of="containerStatuses", at=0):
    return pod["status"][of][at]["state"]


def waiting(pod, of="containerStatuses"):
    return state(pod, of).get("waiting", {})


async def test_a_pod_is_scheduled_pulled_started_and_ready(cluster):
    cluster.node("n1")
    cluster.images.slow("registry.example/app", 6)
    cluster.pod("web")
    await cluster.after(3)
    pod = cluster.get(r.POD, "web")
    assert (pod["spec"]["nodeName"], pod["status"]["phase"]) == ("n1", "Pending")
    assert waiting(pod)["reason"] == "ContainerCreating"
    await cluster.after(10)
    pod = cluster.get(r.POD, "web")
    (status,) = pod["status"]["containerStatuses"]
    assert ready(pod)
    assert status["imageID"].startswith("registry.example/app@sha256:")
    assert pod["status"]["podIP"]
    told = sorted(cluster.events("web"), key=lambda one: int(one["metadata"]["resourceVersion"]))
    assert [one["reason"] for one in told] == ["Scheduled", "Pulling", "Pulled", "Created", "Started"]


async def test_an_image_that_the_node_has_is_not_pulled_again(cluster):
    cluster.node("n1")
    cluster.images.slow("registry.example/app", 30)
    cluster.images.remember("n1", "registry.example/app:1")
    cluster.pod("web")
    await cluster.after(5)
    assert ready(cluster.get(r.POD, "web"))
    assert "already present on machine" in cluster.events("web", "Pulled")[0]["message"]


async def test_a_tag_that_does_not_exist_is_tried_again_and_again_until_it_does(cluster):
    cluster.node("n1")
    cluster.images.know("registry.example/app", "1")
    cluster.pod("web", image="registry.example/app:nope")
    seen = []
    for _ in range(90):
        await cluster.after(1)
        reason = waiting(cluster.get(r.POD, "web")).get("reason")
        if not seen or seen[-1] != reason:
            seen.append(reason)
    assert seen[:5] == ["ContainerCreating", "ErrImagePull", "ImagePullBackOff", "ErrImagePull", "ImagePullBackOff"]
    failed = [one["message"] for one in cluster.events("web", "Failed")]
    assert any(one.startswith('Failed to pull image "registry.example/app:nope": rpc error') for one in failed)
    assert "Error: ErrImagePull" in failed
    (pulling,) = cluster.events("web", "Pulling")
    assert pulling["count"] >= 3
    (back_off,) = cluster.events("web", "BackOff")
    assert back_off["message"] == 'Back-off pulling image "registry.example/app:nope"'
    cluster.images.know("registry.example/app", "nope")
    await cluster.after(310)
    assert ready(cluster.get(r.POD, "web"))


async def test_init_containers_run_one_after_the_other_before_the_rest(cluster):
    cluster.node("n1")
    first = [{"name": name, "image": f"registry.example/{name}:1"} for name in ("one", "two")]
    cluster.pod("web", initContainers=first)
    order = []
    for _ in range(30):
        await cluster.after(1)
        pod = cluster.get(r.POD, "web")
        for status in [*pod["status"].get("initContainerStatuses", []), *pod["status"].get("containerStatuses", [])]:
            if ("terminated" in status["state"] or "running" in status["state"]) and status["name"] not in order:
                order.append(status["name"])
    assert order == ["one", "two", "main"]
    assert ready(pod)
    statuses = pod["status"]["initContainerStatuses"]
    assert [one["state"]["terminated"]["exitCode"] for one in statuses] == [0, 0]


async def test_the_pod_waits_for_an_init_container_whose_image_is_missing(cluster):
    cluster.node("n1")
    cluster.images.know("registry.example/one", "1")
    cluster.pod("web", initContainers=[{"name": "one", "image": "registry.example/one:2"}])
    await cluster.after(30)
    pod = cluster.get(r.POD, "web")
    assert waiting(pod, "initContainerStatuses")["reason"] in ("ErrImagePull", "ImagePullBackOff")
    assert waiting(pod)["reason"] == "PodInitializing"


async def test_a_crashing_container_is_started_again_ever_later(cluster):
    cluster.node("n1")
    cluster.pod("web", annotations={"sandbox/crash": "true"})
    counts = []
    for _ in range(16):
        await cluster.after(10)
        counts.append(cluster.get(r.POD, "web")["status"]["containerStatuses"][0]["restartCount"])
    pod = cluster.get(r.POD, "web")
    assert 3 <= counts[-1] <= 6
    assert waiting(pod)["reason"] == "CrashLoopBackOff"
    assert pod["status"]["containerStatuses"][0]["lastState"]["terminated"]["exitCode"] == 1
    assert cluster.events("web", "BackOff")[0]["count"] >= 2


async def test_a_pod_that_is_to_end_gets_a_moment(cluster):
    cluster.node("n1")
    cluster.pod("web")
    await cluster.after(10)
    cluster.delete(r.POD, "web")
    await cluster.after(0.5)
    assert cluster.find(r.POD, "web") is not None
    assert cluster.events("web", "Killing")
    await cluster.after(5)
    assert cluster.find(r.POD, "web") is None


async def test_a_pod_with_a_finalizer_stays_until_that_is_taken_off(cluster):
    cluster.node("n1")
    cluster.make(r.POD, "web", pod_spec(), labels={"app": "web"}, finalizers=["example.org/hold"])
    await cluster.after(10)
    cluster.delete(r.POD, "web")
    await cluster.after(60)
    assert cluster.find(r.POD, "web") is not None
    cluster.change(r.POD, "web", lambda pod: pod["metadata"].pop("finalizers"))
    await cluster.after(1)
    assert cluster.find(r.POD, "web") is None


async def test_pods_that_come_running_are_left_alone(cluster):
    cluster.node("n1")
    status = {
        "phase": "Running",
        "conditions": [],
        "containerStatuses": [
            {
                "name": "main",
                "image": "x",
                "imageID": "y",
                "ready": True,
                "started": True,
                "restartCount": 0,
                "state": {"running": {"startedAt": "2026-03-01T07:00:00Z"}},
                "lastState": {},
            }
        ],
    }
    since = {"lastTransitionTime": "2026-03-01T07:00:00Z"}
    status["conditions"] = [{"type": t, "status": "True", **since} for t in ("PodScheduled", "Ready")]
    made = cluster.store.create(
        r.POD, "jhub", {"metadata": {"name": "ada"}, "spec": pod_spec(nodeName="n1"), "status": status}
    )
    version = made["metadata"]["resourceVersion"]
    await cluster.after(4000)
    assert cluster.get(r.POD, "ada")["metadata"]["resourceVersion"] == version


async def test_two_pods_share_one_pull(cluster):
    cluster.node("n1")
    cluster.images.slow("registry.example/app", 20)
    cluster.pod("a")
    await cluster.after(10)
    cluster.pod("b")
    await cluster.after(14)
    assert ready(cluster.get(r.POD, "a"))
    assert ready(cluster.get(r.POD, "b"))


async def test_events_are_counted_and_go_an_hour_after_they_were_said_last(cluster):
    cluster.node("n1")
    cluster.images.know("registry.example/app", "1")
    cluster.pod("web", image="registry.example/app:nope")
    await cluster.after(3550)
    (event,) = cluster.events("web", "BackOff")
    assert event["count"] > 5
    assert moment(event["lastTimestamp"]) > moment(event["firstTimestamp"])
    cluster.delete(r.POD, "web")
    last = moment(event["lastTimestamp"])
    await cluster.after(600)
    assert cluster.events("web", "BackOff"), f"said last at {last}, now {cluster.clock.now()}"
    await cluster.after(3600)
    assert not cluster.events("web")


async def test_a_program_answers_its_readiness_probe_after_a_while(cluster):
    cluster.node("n1")
    cluster.images.remember("n1", "registry.example/app:1")
    spec = pod_spec()
    spec["containers"][0]["readinessProbe"] = {"initialDelaySeconds": 10, "httpGet": {"port": 80}}
    cluster.make(r.POD, "web", spec, labels={"app": "web"})
    await cluster.after(8)
    assert cluster.get(r.POD, "web")["status"]["phase"] == "Running"
    assert not ready(cluster.get(r.POD, "web"))
    await cluster.after(10)
    assert ready(cluster.get(r.POD, "web"))


async def test_a_fault_can_be_planted_in_a_pod_that_runs(cluster):
    cluster.node("n1")
    cluster.pod("web")
    await cluster.after(10)
    cluster.change(r.POD, "web", lambda pod: pod["metadata"].update(annotations={"sandbox/unready": "true"}))
    await cluster.after(1)
    assert not ready(cluster.get(r.POD, "web"))
    assert cluster.events("web", "Unhealthy")
    cluster.change(r.POD, "web", lambda pod: pod["metadata"].update(annotations={}))
    await cluster.after(30)
    assert ready(cluster.get(r.POD, "web"))


async def test_a_volume_made_from_a_missing_secret_holds_the_pod_up(cluster):
    cluster.node("n1")
    cluster.pod("web", volumes=[{"name": "keys", "secret": {"secretName": "keys"}}])
    await cluster.after(30)
    assert cluster.get(r.POD, "web")["status"]["phase"] == "Pending"
    told = cluster.events("web", "FailedMount")[0]["message"]
    assert told == 'MountVolume.SetUp failed for volume "keys" : secret "keys" not found'
    cluster.store.create(r.SECRET, "jhub", {"metadata": {"name": "keys"}})
    await cluster.after(15)
    assert ready(cluster.get(r.POD, "web"))


@pytest.mark.parametrize("image", ["Registry/App:1", "app:1:2", "app:", " app", "app@sha256:12"])
async def test_a_name_that_is_no_image_is_not_even_tried(cluster, image):
    cluster.node("n1")
    cluster.pod("web", image=image)
    await cluster.after(5)
    assert waiting(cluster.get(r.POD, "web"))["reason"] == "InvalidImageName"
    assert not cluster.events("web", "Pulling")


async def test_what_a_node_has_pulled_stands_in_its_status(cluster):
    cluster.node("n1")
    cluster.pod("web")
    await cluster.after(90)
    node = cluster.store.get(r.NODE, None, "n1")
    assert "registry.example/app:1" in node["status"]["images"][0]["names"]


async def test_time_that_was_jumped_over_is_made_up_for(cluster_in_real_time):
    cluster = cluster_in_real_time
    cluster.images.slow("registry.example/app", 30_000)
    cluster.node("n1")
    cluster.pod("web")
    async with asyncio.timeout(240):
        while not cluster.events("web", "Pulling"):
            await asyncio.sleep(0.01)
        cluster.clock.jump(40_000)
        while not ready(cluster.get(r.POD, "web")):
            await asyncio.sleep(0.01)
