import pytest

from sandbox.apiserver.objects import resource_kinds as r
from sandbox.apiserver.objects.json_objects import at

from .conftest import pod_spec
from .test_pods import ready

REVISION = "deployment.kubernetes.io/revision"


def image_of(pod):
    return pod["spec"]["containers"][0]["image"]


def set_image(image):
    def change(obj):
        obj["spec"]["template"]["spec"]["containers"][0]["image"] = image

    return change


def revision(obj):
    return obj["metadata"]["annotations"][REVISION]


def condition(obj, kind):
    return next(one for one in obj["status"]["conditions"] if one["type"] == kind)


async def test_a_deployment_rolls_without_ever_having_too_few_or_too_many(cluster):
    cluster.node("n1", cpu="64")
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 1}}
    cluster.workload(r.DEPLOYMENT, "web", replicas=4, strategy=strategy)
    await cluster.after(15)
    before = cluster.get(r.DEPLOYMENT, "web")
    assert before["status"]["availableReplicas"] == 4
    assert condition(before, "Available")["reason"] == "MinimumReplicasAvailable"
    cluster.change(r.DEPLOYMENT, "web", set_image("registry.example/app:2"))
    for _ in range(60):
        await cluster.after(1)
        living = [pod for pod in cluster.pods("web") if not pod["metadata"].get("deletionTimestamp")]
        assert len(living) <= 5
        assert sum(map(ready, living)) >= 3
    assert {image_of(pod) for pod in cluster.pods("web")} == {"registry.example/app:2"}
    after = cluster.get(r.DEPLOYMENT, "web")
    assert revision(after) == "2"
    assert after["status"]["observedGeneration"] == after["metadata"]["generation"]
    assert condition(after, "Progressing")["reason"] == "NewReplicaSetAvailable"
    assert after["status"].get("unavailableReplicas", 0) == 0


async def test_going_back_takes_the_old_replica_set_up_again_under_a_new_revision(cluster):
    cluster.node("n1")
    cluster.workload(r.DEPLOYMENT, "web")
    await cluster.after(10)
    cluster.change(r.DEPLOYMENT, "web", set_image("registry.example/app:2"))
    await cluster.after(15)
    cluster.change(r.DEPLOYMENT, "web", set_image("registry.example/app:1"))
    await cluster.after(15)
    sets = cluster.store.list(r.REPLICA_SET, "jhub")
    assert {(image_of(one["spec"]["template"]), revision(one), one["spec"]["replicas"]) for one in sets} == {
        ("registry.example/app:1", "3", 1),
        ("registry.example/app:2", "2", 0),
    }
    assert revision(cluster.get(r.DEPLOYMENT, "web")) == "3"


async def test_as_many_old_replica_sets_are_kept_as_asked(cluster):
    cluster.node("n1")
    cluster.workload(r.DEPLOYMENT, "web", revisionHistoryLimit=1)
    for number in range(2, 5):
        await cluster.after(15)
        cluster.change(r.DEPLOYMENT, "web", set_image(f"registry.example/app:{number}"))
    await cluster.after(15)
    assert sorted(revision(one) for one in cluster.store.list(r.REPLICA_SET, "jhub")) == ["3", "4"]


async def test_recreate_has_no_two_templates_at_a_time(cluster):
    cluster.node("n1")
    cluster.workload(r.DEPLOYMENT, "hub", strategy={"type": "Recreate"})
    await cluster.after(15)
    cluster.change(r.DEPLOYMENT, "hub", set_image("registry.example/app:2"))
    for _ in range(30):
        await cluster.after(0.5)
        assert len({image_of(pod) for pod in cluster.pods("hub")}) <= 1
    (pod,) = cluster.pods("hub")
    assert (image_of(pod), ready(pod)) == ("registry.example/app:2", True)


async def test_a_deployment_that_gets_nowhere_says_so_after_its_deadline(cluster):
    cluster.node("n1")
    cluster.images.know("registry.example/app", "1")
    cluster.workload(r.DEPLOYMENT, "web", progressDeadlineSeconds=60)
    await cluster.after(15)
    cluster.change(r.DEPLOYMENT, "web", set_image("registry.example/app:nope"))
    await cluster.after(90)
    deployment = cluster.get(r.DEPLOYMENT, "web")
    progressing = condition(deployment, "Progressing")
    assert (progressing["status"], progressing["reason"]) == ("False", "ProgressDeadlineExceeded")
    assert condition(deployment, "Available")["status"] == "True"


async def test_scaling_a_deployment_scales_its_pods(cluster):
    cluster.node("n1")
    cluster.workload(r.DEPLOYMENT, "web", replicas=1)
    await cluster.after(10)
    cluster.change(r.DEPLOYMENT, "web", lambda one: one["spec"].update(replicas=3))
    await cluster.after(10)
    assert sum(map(ready, cluster.pods("web"))) == 3
    cluster.change(r.DEPLOYMENT, "web", lambda one: one["spec"].update(replicas=0))
    await cluster.after(10)
    assert cluster.pods("web") == []
    assert cluster.get(r.DEPLOYMENT, "web")["status"].get("replicas", 0) == 0


@pytest.mark.parametrize("policy", ["Background", "Foreground"])
async def test_what_a_deployment_owns_goes_with_it(cluster, policy):
    cluster.node("n1")
    cluster.workload(r.DEPLOYMENT, "web", replicas=2)
    await cluster.after(10)
    cluster.delete(r.DEPLOYMENT, "web", policy)
    assert (cluster.find(r.DEPLOYMENT, "web") is not None) is (policy == "Foreground")
    await cluster.after(10)
    assert cluster.find(r.DEPLOYMENT, "web") is None
    assert cluster.store.list(r.REPLICA_SET, "jhub") == []
    assert cluster.pods() == []


async def test_what_is_orphaned_stays(cluster):
    cluster.node("n1")
    cluster.workload(r.DEPLOYMENT, "web")
    await cluster.after(10)
    cluster.delete(r.DEPLOYMENT, "web", "Orphan")
    await cluster.after(10)
    (orphan,) = cluster.store.list(r.REPLICA_SET, "jhub")
    assert not orphan["metadata"].get("ownerReferences")
    assert len(cluster.pods("web")) == 1


async def test_an_object_whose_owner_never_was_goes(cluster):
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "gone", "uid": "no-such-uid"}
    cluster.store.create(r.CONFIG_MAP, "jhub", {"metadata": {"name": "left", "ownerReferences": [owner]}})
    await cluster.after(60)
    assert cluster.find(r.CONFIG_MAP, "left") is None


async def test_a_daemon_set_has_a_pod_on_each_node_that_matches(cluster):
    taint = {"key": "hub.jupyter.org/dedicated", "value": "user", "effect": "NoSchedule"}
    user = {"purpose": "user"}
    cluster.node("core")
    cluster.node("u1", labels=user)
    cluster.node("u2", labels=user, taints=[taint])
    tolerations = [{"key": taint["key"], "operator": "Equal", "value": "user", "effect": "NoSchedule"}]
    cluster.workload(r.DAEMON_SET, "puller", template=pod_spec(nodeSelector=user, tolerations=tolerations))
    cluster.workload(r.DAEMON_SET, "plain")
    await cluster.after(10)
    assert sorted(pod["spec"]["nodeName"] for pod in cluster.pods("puller")) == ["u1", "u2"]
    assert sorted(pod["spec"]["nodeName"] for pod in cluster.pods("plain")) == ["core", "u1"]
    status = cluster.get(r.DAEMON_SET, "puller")["status"]
    assert (status["desiredNumberScheduled"], status["numberReady"], status["updatedNumberScheduled"]) == (2, 2, 2)
    cluster.node("u3", labels=user)
    await cluster.after(10)
    assert cluster.get(r.DAEMON_SET, "puller")["status"]["numberReady"] == 3
    cluster.store.delete(r.NODE, None, "u1")
    await cluster.after(60)
    status = cluster.get(r.DAEMON_SET, "puller")["status"]
    assert (status["desiredNumberScheduled"], status["currentNumberScheduled"], status["numberReady"]) == (2, 2, 2)
    assert status.get("numberMisscheduled", 0) == 0
    assert sorted(pod["spec"]["nodeName"] for pod in cluster.pods("puller")) == ["u2", "u3"]


async def test_a_daemon_set_renews_its_pods_a_few_at_a_time(cluster):
    for number in range(4):
        cluster.node(f"n{number}")
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}}
    cluster.workload(r.DAEMON_SET, "puller", updateStrategy=strategy)
    await cluster.after(10)
    cluster.change(r.DAEMON_SET, "puller", set_image("registry.example/app:2"))
    for _ in range(60):
        await cluster.after(1)
        assert sum(map(ready, cluster.pods("puller"))) >= 3 - 1
    daemonset = cluster.get(r.DAEMON_SET, "puller")
    assert {image_of(pod) for pod in cluster.pods("puller")} == {"registry.example/app:2"}
    assert daemonset["status"]["observedGeneration"] == daemonset["metadata"]["generation"]
    assert daemonset["status"]["updatedNumberScheduled"] == 4


async def test_a_stateful_set_goes_in_order(cluster):
    cluster.node("n1")
    cluster.store.create(
        r.STORAGE_CLASS,
        None,
        {"metadata": {"name": "disk"}, "provisioner": "disk.example", "volumeBindingMode": "WaitForFirstConsumer"},
    )
    claim = {
        "metadata": {"name": "data"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "disk",
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }
    cluster.workload(r.STATEFUL_SET, "db", replicas=3, serviceName="db", volumeClaimTemplates=[claim])
    for _ in range(60):
        await cluster.after(0.5)
        pods = cluster.pods("db")
        assert all(ready(pod) for pod in pods[:-1])
    assert [pod["metadata"]["name"] for pod in pods] == ["db-0", "db-1", "db-2"]
    claims = cluster.store.list(r.PERSISTENT_VOLUME_CLAIM, "jhub")
    assert [(one["metadata"]["name"], one["status"]["phase"]) for one in claims] == [
        (f"data-db-{number}", "Bound") for number in range(3)
    ]
    first = cluster.get(r.STATEFUL_SET, "db")["status"]["updateRevision"]
    cluster.change(r.STATEFUL_SET, "db", set_image("registry.example/app:2"))
    renewed = []
    for _ in range(120):
        await cluster.after(0.5)
        for pod in cluster.pods("db"):
            name = pod["metadata"]["name"]
            if image_of(pod).endswith(":2") and name not in renewed:
                renewed.append(name)
    assert renewed == ["db-2", "db-1", "db-0"]
    status = cluster.get(r.STATEFUL_SET, "db")["status"]
    assert status["currentRevision"] == status["updateRevision"] != first
    assert (status["readyReplicas"], status["updatedReplicas"]) == (3, 3)
    cluster.change(r.STATEFUL_SET, "db", lambda one: one["spec"].update(replicas=1))
    await cluster.after(30)
    assert [pod["metadata"]["name"] for pod in cluster.pods("db")] == ["db-0"]
    assert len(cluster.store.list(r.PERSISTENT_VOLUME_CLAIM, "jhub")) == 3


def job(cluster, name, **spec):
    template = {"spec": pod_spec(restartPolicy="Never", **spec.pop("template", {}))}
    template["metadata"] = {"annotations": spec.pop("annotations", {})}
    return cluster.make(r.JOB, name, {"template": template, **spec})


async def test_a_job_completes_and_goes_when_its_time_is_up(cluster):
    cluster.node("n1")
    job(cluster, "once", completions=3, parallelism=2, ttlSecondsAfterFinished=100)
    await cluster.after(30)
    done = cluster.get(r.JOB, "once")
    assert (done["status"]["succeeded"], condition(done, "Complete")["status"]) == (3, "True")
    assert done["status"]["completionTime"]
    await cluster.after(120)
    assert cluster.find(r.JOB, "once") is None
    assert cluster.pods() == []


async def test_a_job_that_fails_too_often_has_failed(cluster):
    cluster.node("n1")
    job(cluster, "never", backoffLimit=1, annotations={"sandbox/crash": "true"})
    await cluster.after(120)
    failed = condition(cluster.get(r.JOB, "never"), "Failed")
    assert (failed["status"], failed["reason"]) == ("True", "BackoffLimitExceeded")


async def test_a_job_is_ready_or_active_as_its_pods_are(cluster):
    cluster.node("n1")
    cluster.images.slow("registry.example/app", 60)
    job(cluster, "slow")
    await cluster.after(30)
    assert cluster.get(r.JOB, "slow")["status"]["active"] == 1


@pytest.mark.parametrize("flag", [["-daemonset-name=puller"], ["-daemonset=puller"], ["-daemonset-name", "puller"]])
async def test_the_image_awaiter_waits_for_its_daemon_set(cluster, flag):
    cluster.node("n1")
    cluster.images.slow("registry.example/user", 30)
    cluster.workload(r.DAEMON_SET, "puller", template=pod_spec("registry.example/user:1"))
    spec = pod_spec("quay.io/jupyterhub/k8s-image-awaiter:4.4.0", restartPolicy="Never")
    spec["containers"][0]["command"] = ["/image-awaiter", *flag]
    cluster.make(r.JOB, "await", {"template": {"spec": spec}})
    await cluster.after(25)
    assert not cluster.get(r.JOB, "await")["status"].get("succeeded")
    await cluster.after(20)
    assert condition(cluster.get(r.JOB, "await"), "Complete")["status"] == "True"


async def test_a_disruption_budget_tells_how_many_may_go(cluster):
    cluster.node("n1")
    cluster.workload(r.DEPLOYMENT, "web", replicas=3)
    cluster.make(r.POD_DISRUPTION_BUDGET, "web", {"minAvailable": 2, "selector": {"matchLabels": {"app": "web"}}})
    await cluster.after(15)
    status = cluster.get(r.POD_DISRUPTION_BUDGET, "web").get("status", {})
    told = [
        at({"status": status}, "status", name) for name in ("currentHealthy", "desiredHealthy", "disruptionsAllowed")
    ]
    assert told == [3, 2, 1]


async def test_a_namespace_is_furnished_and_emptied_before_it_goes(cluster):
    cluster.node("n1")
    assert cluster.find(r.SERVICE_ACCOUNT, "default")
    assert cluster.find(r.CONFIG_MAP, "kube-root-ca.crt")
    cluster.workload(r.DEPLOYMENT, "web", replicas=2)
    await cluster.after(10)
    cluster.store.delete(r.NAMESPACE, None, "jhub")
    await cluster.after(0.1)
    assert cluster.store.get(r.NAMESPACE, None, "jhub")["status"]["phase"] == "Terminating"
    await cluster.after(30)
    assert cluster.store.find(r.NAMESPACE, None, "jhub") is None
    assert all(not cluster.store.list(kind, "jhub") for kind in r.ALL if kind.namespaced)
