import asyncio
from datetime import UTC, datetime

import pytest

from sandbox.apiserver.objects import resource_kinds as r
from sandbox.apiserver.objects.errors import ApiError
from sandbox.apiserver.storage import cascade
from sandbox.apiserver.storage.store import Store


def deployment(name="web", **spec):
    template = {
        "metadata": {"labels": {"app": name}},
        "spec": {"containers": [{"name": "main", "image": "example/app:1"}]},
    }
    return {
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": template, **spec},
    }


def claim(name="home", size="10Gi", **metadata):
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
    return {"metadata": {"name": name, "namespace": "default", **metadata}, "spec": spec}


def edited(obj, change):
    copy = {**obj, "metadata": dict(obj["metadata"]), "spec": dict(obj.get("spec", {}))}
    change(copy)
    return copy


def owned_by(owner, kind):
    metadata = owner["metadata"]
    reference = {"apiVersion": kind.api_version, "kind": kind.kind, "name": metadata["name"], "uid": metadata["uid"]}
    return [{**reference, "controller": True, "blockOwnerDeletion": True}]


def test_a_new_object_gets_what_the_server_gives(store):
    made = store.create(r.DEPLOYMENT, "default", deployment())
    assert made["apiVersion"] == "apps/v1"
    assert made["metadata"]["generation"] == 1
    assert made["metadata"]["resourceVersion"] == str(store.revision)
    assert made["spec"]["replicas"] == 1
    assert made["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": "25%", "maxSurge": "25%"}
    assert made["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"] == "IfNotPresent"


def test_a_creation_date_stands_only_when_backdating(store):
    old = "2020-01-01T00:00:00Z"
    now = store.create(r.CONFIG_MAP, "default", {"metadata": {"name": "a", "creationTimestamp": old}})
    then = store.create(r.CONFIG_MAP, "default", {"metadata": {"name": "b", "creationTimestamp": old}}, backdate=True)
    assert datetime.fromisoformat(now["metadata"]["creationTimestamp"]).year >= datetime.now(UTC).year
    assert then["metadata"]["creationTimestamp"] == old


def test_the_slower_of_two_writers_is_refused(store):
    first = store.create(r.DEPLOYMENT, "default", deployment())
    store.replace(r.DEPLOYMENT, edited(first, lambda o: o["spec"].update(replicas=2)))
    with pytest.raises(ApiError) as refused:
        store.replace(r.DEPLOYMENT, edited(first, lambda o: o["spec"].update(replicas=3)))
    assert refused.value.status == 409
    assert refused.value.message == (
        'Operation cannot be fulfilled on deployments.apps "web": the object has been modified; '
        "please apply your changes to the latest version and try again"
    )
    assert store.get(r.DEPLOYMENT, "default", "web")["spec"]["replicas"] == 2


def test_only_a_changed_spec_counts_as_a_generation_and_no_change_as_no_revision(store):
    made = store.create(r.DEPLOYMENT, "default", deployment())
    labelled = store.replace(r.DEPLOYMENT, edited(made, lambda o: o["metadata"].update(labels={"a": "b"})))
    assert labelled["metadata"]["generation"] == 1
    scaled = store.replace(r.DEPLOYMENT, edited(labelled, lambda o: o["spec"].update(replicas=2)))
    assert scaled["metadata"]["generation"] == 2
    revision = store.revision
    store.replace(r.DEPLOYMENT, edited(scaled, lambda _: None))
    store.modify(r.DEPLOYMENT, "default", "web", lambda _: None)
    assert store.revision == revision


def test_status_and_the_rest_are_written_apart(store):
    made = store.create(r.DEPLOYMENT, "default", deployment())

    def both(obj):
        obj["spec"]["replicas"] = 5
        obj["status"] = {"replicas": 5}

    assert "status" not in store.replace(r.DEPLOYMENT, edited(made, both))
    current = store.get(r.DEPLOYMENT, "default", "web")
    status = store.replace(
        r.DEPLOYMENT,
        edited(current, lambda o: (o["spec"].update(replicas=9), o.update(status={"replicas": 5}))),
        subresource="status",
    )
    assert (status["spec"]["replicas"], status["status"]) == (5, {"replicas": 5})


@pytest.mark.parametrize(
    ("kind", "obj", "change", "told"),
    [
        (
            r.DEPLOYMENT,
            deployment(),
            lambda o: o["spec"].update(
                selector={"matchLabels": {"x": "y"}},
                template={**o["spec"]["template"], "metadata": {"labels": {"x": "y"}}},
            ),
            'spec.selector: Invalid value: {"matchLabels": {"x": "y"}}: field is immutable',
        ),
        (
            r.STATEFUL_SET,
            deployment("db", serviceName="db"),
            lambda o: o["spec"].update(serviceName="other"),
            "updates to statefulset spec for fields other than 'replicas'",
        ),
        (
            r.PERSISTENT_VOLUME_CLAIM,
            claim(),
            lambda o: o["spec"].update(accessModes=["ReadWriteMany"]),
            "spec is immutable after creation except resources.requests",
        ),
        (
            r.SERVICE,
            {
                "metadata": {"name": "web", "namespace": "default"},
                "spec": {"ports": [{"port": 80}], "clusterIP": "10.0.9.9"},
            },
            lambda o: o["spec"].update(clusterIP="10.0.9.8", clusterIPs=["10.0.9.8"]),
            "may not change once set",
        ),
        (
            r.SECRET,
            {"metadata": {"name": "s", "namespace": "default"}, "data": {"a": "YQ=="}, "immutable": True},
            lambda o: o.update(data={"a": "Yg=="}),
            "data: Forbidden: field is immutable when `immutable` is set",
        ),
        (
            r.POD,
            {
                "metadata": {"name": "p", "namespace": "default"},
                "spec": {"containers": [{"name": "c", "image": "a:1"}]},
            },
            lambda o: o["spec"].update(hostNetwork=True),
            "pod updates may not change fields other than `spec.containers[*].image`",
        ),
        (
            r.STORAGE_CLASS,
            {"metadata": {"name": "disk"}, "provisioner": "x", "parameters": {"a": "b"}},
            lambda o: o.update(parameters={"a": "c"}),
            "parameters: Forbidden: updates to parameters are forbidden.",
        ),
    ],
    ids=lambda value: value.kind if isinstance(value, r.Kind) else "",
)
def test_fixed_fields_stay(store, kind, obj, change, told):
    made = store.create(kind, "default", obj)
    with pytest.raises(ApiError) as refused:
        store.replace(kind, edited(made, change))
    assert refused.value.status == 422
    assert refused.value.reason == "Invalid"
    assert told in refused.value.message


def test_a_stateful_set_may_mount_the_claims_that_it_makes_and_nothing_else(store):
    mounts = {"name": "main", "image": "example/app:1", "volumeMounts": [{"name": "home", "mountPath": "/home"}]}
    made = deployment(serviceName="web")
    made["spec"]["template"]["spec"] = {"containers": [mounts]}
    with pytest.raises(ApiError, match=r'volumeMounts\[0\].name: Not found: "home"'):
        store.create(r.STATEFUL_SET, "default", made)
    made["spec"]["volumeClaimTemplates"] = [claim()]
    assert store.create(r.STATEFUL_SET, "default", made)["metadata"]["uid"]


def test_an_image_and_a_job_s_parallelism_may_change_but_not_its_template(store):
    containers = [{"name": "c", "image": "a:1"}]
    pod = store.create(r.POD, "default", {"metadata": {"name": "p"}, "spec": {"containers": containers}})
    newer = [{**pod["spec"]["containers"][0], "image": "a:2"}]
    changed = store.replace(r.POD, edited(pod, lambda o: o["spec"].update(containers=newer)))
    assert changed["spec"]["containers"][0]["image"] == "a:2"
    spec = {"template": {"spec": {"containers": containers, "restartPolicy": "Never"}}}
    job = store.create(r.JOB, "default", {"metadata": {"name": "j"}, "spec": spec})
    assert job["spec"]["selector"]["matchLabels"]["batch.kubernetes.io/controller-uid"] == job["metadata"]["uid"]
    job = store.replace(r.JOB, edited(job, lambda o: o["spec"].update(parallelism=3)))
    with pytest.raises(ApiError, match=r"spec\.template: Invalid value"):
        store.replace(
            r.JOB,
            edited(
                job,
                lambda o: o["spec"].update(
                    template={**job["spec"]["template"], "spec": {**job["spec"]["template"]["spec"], "hostname": "x"}}
                ),
            ),
        )


def test_a_bound_claim_may_grow_and_not_shrink(store):
    store.create(
        r.STORAGE_CLASS,
        None,
        {"metadata": {"name": "disk"}, "provisioner": "disk.csi.azure.com", "allowVolumeExpansion": True},
    )
    store.create(
        r.PERSISTENT_VOLUME_CLAIM, "default", edited(claim(), lambda o: o["spec"].update(storageClassName="disk"))
    )
    has = {"phase": "Bound", "capacity": {"storage": "10Gi"}}
    store.modify(r.PERSISTENT_VOLUME_CLAIM, "default", "home", lambda o: o["status"].update(has))

    def resize(size):
        current = store.get(r.PERSISTENT_VOLUME_CLAIM, "default", "home")
        resources = {"requests": {"storage": size}}
        return store.replace(
            r.PERSISTENT_VOLUME_CLAIM, edited(current, lambda o: o["spec"].update(resources=resources))
        )

    assert resize("20Gi")["spec"]["resources"]["requests"]["storage"] == "20Gi"
    with pytest.raises(ApiError, match=r"field can not be less than status\.capacity"):
        resize("5Gi")


def test_a_service_put_without_address_keeps_its_own(store):
    spec = {"ports": [{"port": 80}], "type": "LoadBalancer"}
    made = store.create(r.SERVICE, "default", {"metadata": {"name": "s"}, "spec": dict(spec)})
    again = store.replace(
        r.SERVICE,
        {"metadata": {"name": "s", "namespace": "default"}, "spec": {"ports": [{"port": 80}], "type": "LoadBalancer"}},
    )
    assert again["spec"] == made["spec"]
    assert again["spec"]["ports"][0]["nodePort"] >= 30000


def test_finalizers_hold_an_object_until_the_last_is_taken_off(store):
    store.create(r.PERSISTENT_VOLUME_CLAIM, "default", claim())
    held = store.delete(r.PERSISTENT_VOLUME_CLAIM, "default", "home")
    assert held["metadata"]["deletionTimestamp"]
    assert store.find(r.PERSISTENT_VOLUME_CLAIM, "default", "home")
    with pytest.raises(ApiError, match="no new finalizers can be added"):
        store.replace(
            r.PERSISTENT_VOLUME_CLAIM,
            edited(held, lambda o: o["metadata"].update(finalizers=["kubernetes.io/pvc-protection", "more"])),
        )
    store.modify(r.PERSISTENT_VOLUME_CLAIM, "default", "home", lambda o: o["metadata"].update(finalizers=[]))
    assert store.find(r.PERSISTENT_VOLUME_CLAIM, "default", "home") is None
    last = store.changes_since(0 + store.compacted)[-1]
    assert (last.type, last.revision) == ("DELETED", store.revision)


def test_a_running_pod_gets_its_grace_and_a_second_deletion_may_shorten_it(store, new_pod):
    store.create(r.POD, "default", new_pod("a"))
    assert store.delete(r.POD, "default", "a")["metadata"]["deletionGracePeriodSeconds"] == 30
    assert store.find(r.POD, "default", "a")
    store.delete(r.POD, "default", "a", grace_seconds=0)
    assert store.find(r.POD, "default", "a") is None
    unscheduled = new_pod("b")
    del unscheduled["spec"]["nodeName"]
    store.create(r.POD, "default", unscheduled)
    store.delete(r.POD, "default", "b")
    assert store.find(r.POD, "default", "b") is None


def test_deleting_by_another_uid_is_refused(store, new_pod):
    store.create(r.POD, "default", new_pod("a"))
    with pytest.raises(ApiError, match="UID in precondition: other"):
        store.delete(r.POD, "default", "a", uid="other")


def test_a_namespace_waits_for_its_finalizer_and_takes_nothing_new(store):
    store.create(r.NAMESPACE, None, {"metadata": {"name": "gone"}})
    ending = store.delete(r.NAMESPACE, None, "gone")
    assert ending["status"]["phase"] == "Terminating"
    with pytest.raises(ApiError) as refused:
        store.create(r.CONFIG_MAP, "gone", {"metadata": {"name": "a"}})
    assert refused.value.status == 403
    assert refused.value.body["details"]["causes"][0]["reason"] == "NamespaceTerminating"
    store.modify(r.NAMESPACE, None, "gone", lambda o: o["spec"].update(finalizers=[]))
    with pytest.raises(ApiError, match='namespaces "gone" not found'):
        store.create(r.CONFIG_MAP, "gone", {"metadata": {"name": "a"}})


def test_a_foreground_deletion_ends_after_the_last_dependent(store, new_pod):
    owner = store.create(r.DEPLOYMENT, "default", deployment())
    for name in ("a", "b"):
        store.create(r.POD, "default", new_pod(name, ownerReferences=owned_by(owner, r.DEPLOYMENT)))
    cascade.delete(store, r.DEPLOYMENT, "default", "web", cascade.Deletion("Foreground"))
    assert all(pod["metadata"]["deletionTimestamp"] for pod in store.list(r.POD, "default"))
    store.remove(r.POD, "default", "a")
    assert store.find(r.DEPLOYMENT, "default", "web")
    store.remove(r.POD, "default", "b")
    assert store.find(r.DEPLOYMENT, "default", "web") is None


def test_orphans_forget_their_owner(store, new_pod):
    owner = store.create(r.DEPLOYMENT, "default", deployment())
    store.create(r.POD, "default", new_pod("a", ownerReferences=owned_by(owner, r.DEPLOYMENT)))
    cascade.delete(store, r.DEPLOYMENT, "default", "web", cascade.Deletion("Orphan"))
    assert store.get(r.POD, "default", "a")["metadata"]["ownerReferences"] == []
    assert store.dependents(owner["metadata"]["uid"]) == []


def test_claims_get_the_default_class_and_pods_their_priority(store, new_pod):
    mark = {"storageclass.kubernetes.io/is-default-class": "true"}
    store.create(r.STORAGE_CLASS, None, {"metadata": {"name": "disk", "annotations": mark}, "provisioner": "x"})
    store.create(r.PRIORITY_CLASS, None, {"metadata": {"name": "low"}, "value": -10})
    made = store.create(r.PERSISTENT_VOLUME_CLAIM, "default", claim())
    pod = new_pod("a")
    pod["spec"]["priorityClassName"] = "low"
    assert made["spec"]["storageClassName"] == "disk"
    assert store.create(r.POD, "default", pod)["spec"]["priority"] == -10


@pytest.mark.parametrize(
    ("kind", "obj", "told"),
    [
        (r.POD, {"metadata": {"name": "Bad_Name"}, "spec": {"containers": [{"name": "a", "image": "b"}]}}, "RFC 1123"),
        (r.POD, {"metadata": {"name": "a"}, "spec": {"containers": []}}, "spec.containers: Required value"),
        (r.POD, {"metadata": {}, "spec": {"containers": [{"name": "a", "image": "b"}]}}, "name or generateName"),
        (
            r.POD,
            {"metadata": {"name": "a", "labels": {"x": "a b"}}, "spec": {"containers": [{"name": "a", "image": "b"}]}},
            "a valid label must be an empty string",
        ),
        (r.PERSISTENT_VOLUME_CLAIM, {"metadata": {"name": "a"}, "spec": {}}, "at least 1 access mode is required"),
        (r.SECRET, {"metadata": {"name": "a"}, "data": {"a b": ""}}, "a valid config key must consist of"),
        (
            r.CONFIG_MAP,
            {"metadata": {"name": "a"}, "data": {"a": "x" * 1_100_000}},
            "Too long: may not be more than 1048576 bytes",
        ),
        (r.SERVICE, {"metadata": {"name": "1a"}, "spec": {"ports": [{"port": 80}]}}, "DNS-1035"),
    ],
)
def test_malformed_objects_are_refused_in_kubernetes_words(store, kind, obj, told):
    with pytest.raises(ApiError) as refused:
        store.create(kind, "default", obj)
    assert refused.value.status == 422
    assert told in refused.value.message
    assert refused.value.body["details"]["causes"]


def test_what_is_forgotten_cannot_be_resumed(store):
    begin = store.revision
    for number in range(3):
        store.create(r.CONFIG_MAP, "default", {"metadata": {"name": f"a{number}"}})
    assert [change.type for change in store.changes_since(begin)] == ["ADDED"] * 3
    store.compact(keep=1)
    with pytest.raises(ApiError) as refused:
        store.changes_since(begin)
    assert (refused.value.status, refused.value.reason) == (410, "Expired")
    assert len(store.changes_since(store.revision - 1)) == 1


def test_the_history_is_bounded():
    class Clock:
        def now(self):
            return datetime(2026, 1, 1, tzinfo=UTC)

    store = Store(Clock(), history_limit=10)
    for number in range(50):
        store.create(r.NAMESPACE, None, {"metadata": {"name": f"n{number}"}})
    assert len(store.changes_since(store.compacted)) <= 20


async def test_a_subscriber_hears_its_kind_in_order_and_the_slow_one_is_dropped(store, monkeypatch):
    monkeypatch.setattr("sandbox.apiserver.storage.store.LAG", 5)
    with store.subscribe(r.CONFIG_MAP) as heard, store.subscribe() as everything:
        store.create(r.SECRET, "default", {"metadata": {"name": "s"}})
        for number in range(5):
            store.create(r.CONFIG_MAP, "default", {"metadata": {"name": f"a{number}"}})
        names = []
        async with asyncio.timeout(240):
            async for change in heard:
                names.append(change.obj["metadata"]["name"])
                if len(names) == 5:
                    break
        assert names == ["a0", "a1", "a2", "a3", "a4"]
        assert everything.lagged
        assert not await everything.wait()
