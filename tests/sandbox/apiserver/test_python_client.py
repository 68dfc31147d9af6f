import asyncio

import pytest
from kubernetes.aio import client, watch

from sandbox.apiserver.objects import resource_kinds as r


@pytest.fixture
async def api(cluster):
    configuration = client.Configuration(host=cluster.url)
    async with client.ApiClient(configuration) as connection:
        yield connection


def claim(name):
    return client.V1PersistentVolumeClaim(
        metadata=client.V1ObjectMeta(name=name, labels={"component": "singleuser-storage"}),
        spec=client.V1PersistentVolumeClaimSpec(
            access_modes=["ReadWriteOnce"],
            resources=client.V1VolumeResourceRequirements(requests={"storage": "10Gi"}),
        ),
    )


async def test_typed_objects_are_created_read_changed_and_deleted(api, store):
    core = client.CoreV1Api(api)
    made = await core.create_namespaced_persistent_volume_claim("default", claim("claim-ada"))
    assert made.metadata.finalizers == ["kubernetes.io/pvc-protection"]
    patch = {"metadata": {"annotations": {"hub.jupyter.org/username": "ada"}}}
    changed = await core.patch_namespaced_persistent_volume_claim("claim-ada", "default", patch)
    assert changed.metadata.annotations["hub.jupyter.org/username"] == "ada"
    held = await core.delete_namespaced_persistent_volume_claim("claim-ada", "default")
    assert held.metadata.deletion_timestamp is not None
    store.modify(r.PERSISTENT_VOLUME_CLAIM, "default", "claim-ada", lambda o: o["metadata"].pop("finalizers"))
    with pytest.raises(client.ApiException) as missing:
        await core.read_namespaced_persistent_volume_claim("claim-ada", "default")
    assert missing.value.status == 404


async def test_every_kind_that_deletes_and_lists_fits_the_strict_models(api, new_pod, store):
    core, apps = client.CoreV1Api(api), client.AppsV1Api(api)
    store.create(r.POD, "default", new_pod("p"))
    assert (await core.delete_namespaced_pod("p", "default", grace_period_seconds=0)).metadata.name == "p"
    for name in ("a", "b"):
        await core.create_namespaced_config_map("default", client.V1ConfigMap(metadata={"name": name}, data={"x": "y"}))
    assert (await core.delete_namespaced_config_map("a", "default"))["status"] == "Success"
    assert (await core.list_namespaced_config_map("default")).items[0].data == {"x": "y"}
    assert (await apps.list_deployment_for_all_namespaces()).items == []
    assert (await client.VersionApi(api).get_code()).git_version.startswith("v1.35")
    assert (await client.ApisApi(api).get_api_versions()).groups
    review = client.V1SelfSubjectAccessReview(
        spec=client.V1SelfSubjectAccessReviewSpec(
            resource_attributes=client.V1ResourceAttributes(verb="get", resource="pods")
        )
    )
    answer = await client.AuthorizationV1Api(api).create_self_subject_access_review(review)
    assert answer.status.allowed


async def test_scale_status_and_logs_fit_the_strict_models(api, new_pod, store):
    core, apps = client.CoreV1Api(api), client.AppsV1Api(api)
    store.create(r.POD, "default", new_pod("p"))
    assert await core.read_namespaced_pod_log("p", "default", tail_lines=1) == "line 9\n"
    selector = {"matchLabels": {"app": "web"}}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    web = {"metadata": {"name": "web"}, "spec": {"selector": selector, "template": template}}
    store.create(r.DEPLOYMENT, "default", web)
    scaled = await apps.patch_namespaced_deployment_scale("web", "default", {"spec": {"replicas": 3}})
    assert scaled.spec.replicas == 3
    assert (await apps.read_namespaced_deployment("web", "default")).spec.replicas == 3


async def test_a_long_list_is_read_by_pages(api, store):
    for number in range(25):
        spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
        store.create(r.PERSISTENT_VOLUME_CLAIM, "default", {"metadata": {"name": f"c{number:02d}"}, "spec": spec})
    core = client.CoreV1Api(api)
    names, token, left = [], None, []
    while True:
        page = await core.list_namespaced_persistent_volume_claim("default", limit=10, _continue=token)
        names += [item.metadata.name for item in page.items]
        left.append(page.metadata.remaining_item_count)
        token = page.metadata._continue
        if not token:
            break
    assert names == [f"c{number:02d}" for number in range(25)]
    assert left == [15, 5, None]


async def test_a_watch_goes_on_after_its_revision_was_forgotten(api, store):
    core = client.CoreV1Api(api)
    seen: list[tuple[str, str]] = []

    async def follow():
        while True:
            listed = await core.list_namespaced_config_map("default")
            seen.extend(("LISTED", item.metadata.name) for item in listed.items)
            # A revision from before the compaction, as after a long sleep.
            revision = "2" if not listed.items else listed.metadata.resource_version
            try:
                async with watch.Watch() as stream:
                    async for event in stream.stream(
                        core.list_namespaced_config_map, "default", resource_version=revision, timeout_seconds=30
                    ):
                        seen.append((event["type"], event["object"].metadata.name))
                        if event["object"].metadata.name == "last":
                            return
            except client.ApiException as error:
                seen.append(("FAILED", str(error.status)))
                store.create(r.CONFIG_MAP, "default", {"metadata": {"name": "first"}})

    store.create(r.SECRET, "default", {"metadata": {"name": "s"}})
    store.compact()
    task = asyncio.create_task(follow())
    async with asyncio.timeout(240):
        while ("LISTED", "first") not in seen:  # the client's own doing is what is waited for
            await asyncio.sleep(0.02)
        store.create(r.CONFIG_MAP, "default", {"metadata": {"name": "last"}})
        await task
    assert ("FAILED", "410") in seen
    assert seen[-1] == ("ADDED", "last")
