import json

import pytest
from aiohttp import web

from sandbox.apiserver.objects import resource_kinds as r
from sandbox.apiserver.objects.errors import ApiError
from sandbox.apiserver.router import make_app

MAPS = "/api/v1/namespaces/default/configmaps"
PODS = "/api/v1/namespaces/default/pods"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"


def config_map(name="a", **data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def deployment(**spec):
    template = {
        "metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{"name": "main", "image": "example/app:1"}]},
    }
    return {
        "metadata": {"name": "web"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": template, **spec},
    }


async def test_an_object_s_life(cluster):
    made = await cluster.ask("POST", MAPS, config_map(x="1"))
    assert (made.status, made.json["kind"]) == (201, "ConfigMap")
    changed = await cluster.ask("PUT", f"{MAPS}/a", {"data": {"x": "2"}})
    assert (changed.status, changed.json["data"]) == (200, {"x": "2"})
    assert (await cluster.ask("GET", f"{MAPS}/a")).json == changed.json
    gone = await cluster.ask("DELETE", f"{MAPS}/a")
    assert (gone.json["kind"], gone.json["status"]) == ("Status", "Success")
    assert gone.json["details"] == {"name": "a", "kind": "configmaps", "uid": made.json["metadata"]["uid"]}


async def test_failures_read_as_from_kubernetes(cluster):
    await cluster.ask("POST", MAPS, config_map())
    missing = await cluster.ask("GET", f"{DEPLOYMENTS}/x")
    assert missing.json == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": 'deployments.apps "x" not found',
        "reason": "NotFound",
        "details": {"name": "x", "group": "apps", "kind": "deployments"},
        "code": 404,
    }
    expectations = [
        ("POST", MAPS, config_map(), 409, 'configmaps "a" already exists'),
        ("POST", "/api/v1/namespaces/none/configmaps", config_map(), 404, 'namespaces "none" not found'),
        ("POST", "/api/v1/configmaps", config_map(), 405, "the server does not allow this method"),
        ("PATCH", MAPS, {}, 405, "the server does not allow this method"),
        ("PUT", f"{MAPS}/b", config_map("a"), 404, 'configmaps "b" not found'),
        ("PUT", f"{MAPS}/a", config_map("b"), 400, "the name of the object (b) does not match the name on the URL (a)"),
        ("POST", MAPS, {**config_map("c"), "kind": "Secret"}, 400, "unknown conversion"),
        ("POST", MAPS, {"metadata": {"name": "c", "namespace": "other"}}, 400, "does not match the namespace sent"),
        ("POST", MAPS, {"metadata": {"name": "c"}, "data": {"x": 1}}, 400, "cannot unmarshal number"),
        ("POST", MAPS, {"metadata": {"name": "c", "labels": []}}, 400, "cannot unmarshal array"),
        ("POST", MAPS, "{", 400, "json parse error"),
        ("POST", MAPS, "[]", 400, "not an object"),
        ("POST", MAPS, "[" * 100_000, 400, "json parse error"),
        ("POST", f"{MAPS}?dryRun=Some", config_map("c"), 422, 'Unsupported value: "Some"'),
        ("DELETE", f"{MAPS}/a?propagationPolicy=Maybe", None, 422, "propagationPolicy"),
        ("GET", "/api/v1/namespaces/default/things", None, 404, "the server could not find the requested resource"),
        ("GET", f"{MAPS}/a/status", None, 404, "the server could not find the requested resource"),
    ]
    for method, path, body, status, told in expectations:
        answer = await cluster.ask(method, path, body)
        assert (answer.status, told in answer.json["message"]) == (status, True), (method, path, answer.text)


async def test_bodies_in_forms_unknown_or_too_large_are_refused(cluster):
    text = await cluster.ask("POST", MAPS, "x", content_type="text/plain")
    assert (text.status, text.json["reason"]) == (415, "UnsupportedMediaType")
    await cluster.ask("POST", MAPS, config_map())
    patch = await cluster.ask("PATCH", f"{MAPS}/a", "{}", content_type="application/json")
    assert "accepted media types include: application/json-patch+json" in patch.json["message"]
    large = await cluster.ask("POST", MAPS, json.dumps(config_map("b", x="y" * 4_000_000)))
    assert (large.status, large.json["reason"]) == (413, "RequestEntityTooLarge")
    unknown = await cluster.ask(
        "POST", MAPS, b"k8s\x00\x0a\x0b\x0a\x02v1\x12\x05Thing", content_type="application/vnd.kubernetes.protobuf"
    )
    assert unknown.status == 415
    yaml = await cluster.ask("POST", MAPS, "metadata: {name: y}\ndata: {a: b}", content_type="application/yaml")
    assert yaml.status == 201


async def test_unknown_fields_are_refused_warned_of_or_ignored(cluster):
    body = deployment(replica=1)
    strict = await cluster.ask("POST", f"{DEPLOYMENTS}?fieldValidation=Strict", body)
    assert strict.status == 400
    assert 'strict decoding error: unknown field "spec.replica"' in strict.json["message"]
    warned = await cluster.ask("POST", f"{DEPLOYMENTS}?dryRun=All", body)
    assert warned.headers["Warning"] == '299 - "unknown field \\"spec.replica\\""'
    silent = await cluster.ask("POST", f"{DEPLOYMENTS}?dryRun=All&fieldValidation=Ignore", body)
    assert "Warning" not in silent.headers


async def test_a_dry_run_answers_and_changes_nothing(cluster, store):
    revision = store.revision
    assert (await cluster.ask("POST", f"{MAPS}?dryRun=All", config_map())).status == 201
    await cluster.ask("POST", MAPS, config_map(x="1"))
    assert (await cluster.ask("PUT", f"{MAPS}/a?dryRun=All", {"data": {}})).json["data"] == {}
    assert (await cluster.ask("DELETE", f"{MAPS}/a?dryRun=All")).status == 200
    assert store.revision == revision + 1
    assert store.get(r.CONFIG_MAP, "default", "a")["data"] == {"x": "1"}


async def test_preconditions_of_a_deletion_hold(cluster):
    await cluster.ask("POST", MAPS, config_map())
    for wanted in ({"uid": "other"}, {"resourceVersion": "1"}):
        refused = await cluster.ask("DELETE", f"{MAPS}/a", {"preconditions": wanted})
        assert (refused.status, refused.json["reason"]) == (409, "Conflict")
    assert (await cluster.ask("GET", f"{MAPS}/a")).status == 200


async def test_a_stale_patch_is_a_conflict_and_one_without_revision_is_not(cluster):
    made = await cluster.ask("POST", MAPS, config_map(x="1"))
    stale = {"metadata": {"resourceVersion": "1"}, "data": {"x": "2"}}
    merge = "application/merge-patch+json"
    assert (await cluster.ask("PATCH", f"{MAPS}/a", stale, content_type=merge)).status == 409
    fresh = {"metadata": {"resourceVersion": made.json["metadata"]["resourceVersion"]}, "data": {"x": "2"}}
    assert (await cluster.ask("PATCH", f"{MAPS}/a", fresh, content_type=merge)).status == 200
    assert (await cluster.ask("PATCH", f"{MAPS}/a", {"data": {"x": "3"}}, content_type=merge)).status == 200


async def test_apply_creates_then_merges_and_wants_a_manager(cluster):
    apply = "application/apply-patch+yaml"
    path = f"{MAPS}/a?fieldManager=tests"
    assert (await cluster.ask("PATCH", f"{MAPS}/a", "{}", content_type=apply)).status == 422
    made = await cluster.ask("PATCH", path, "kind: ConfigMap\napiVersion: v1\ndata: {x: '1'}", content_type=apply)
    assert (made.status, made.json["metadata"]["name"]) == (201, "a")
    more = await cluster.ask("PATCH", f"{MAPS}/a?fieldManager=others", "data: {y: '2'}", content_type=apply)
    assert (more.status, more.json["data"]) == (200, {"x": "1", "y": "2"})
    instead = await cluster.ask("PATCH", path, "data: {z: '3'}", content_type=apply)
    assert (instead.status, instead.json["data"]) == (200, {"y": "2", "z": "3"})


async def test_status_comes_by_its_own_way_only(cluster, new_pod):
    made = await cluster.ask("POST", PODS, {**new_pod("p"), "status": {"phase": "Running"}})
    assert made.json["status"] == {"phase": "Pending", "qosClass": "BestEffort"}
    merge = "application/merge-patch+json"
    patch = {"status": {"phase": "Running"}, "spec": {"activeDeadlineSeconds": 5}}
    told = await cluster.ask("PATCH", f"{PODS}/p/status", patch, content_type=merge)
    assert told.json["status"]["phase"] == "Running"
    assert "activeDeadlineSeconds" not in told.json["spec"]


async def test_scale(cluster):
    await cluster.ask("POST", DEPLOYMENTS, deployment())
    scale = await cluster.ask("GET", f"{DEPLOYMENTS}/web/scale")
    assert (scale.json["kind"], scale.json["spec"], scale.json["status"]) == (
        "Scale",
        {"replicas": 1},
        {"replicas": 0, "selector": "app=web"},
    )
    await cluster.ask("PUT", f"{DEPLOYMENTS}/web/scale", {**scale.json, "spec": {"replicas": 3}})
    again = await cluster.ask("PUT", f"{DEPLOYMENTS}/web/scale", {**scale.json, "spec": {"replicas": 4}})
    assert again.status == 409
    merge = "application/merge-patch+json"
    negative = await cluster.ask("PATCH", f"{DEPLOYMENTS}/web/scale", {"spec": {"replicas": -1}}, content_type=merge)
    assert negative.status == 422
    assert (await cluster.ask("GET", f"{DEPLOYMENTS}/web")).json["spec"]["replicas"] == 3


def ready(pod):
    pod["status"].update(phase="Running", conditions=[{"type": "Ready", "status": "True"}])


async def test_an_eviction_honours_the_budget(cluster, store, new_pod):
    for name in ("a", "b"):
        store.create(r.POD, "default", new_pod(name, labels={"app": "web"}))
        store.modify(r.POD, "default", name, ready)
    selector = {"matchLabels": {"app": "web"}}
    budget = {"metadata": {"name": "keep"}, "spec": {"selector": selector, "minAvailable": "50%"}}
    store.create(r.POD_DISRUPTION_BUDGET, "default", budget)
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "a"}}
    assert (await cluster.ask("POST", f"{PODS}/a/eviction", eviction)).status == 201
    assert store.get(r.POD, "default", "a")["metadata"]["deletionTimestamp"]
    blocked = await cluster.ask("POST", f"{PODS}/b/eviction", {**eviction, "metadata": {"name": "b"}})
    assert blocked.status == 429
    assert blocked.json["message"] == "Cannot evict pod as it would violate the pod's disruption budget."
    assert blocked.json["details"]["causes"][0]["message"] == (
        "The disruption budget keep needs 1 healthy pods and has 1 currently"
    )


async def test_logs_are_cut_as_asked(cluster, store, new_pod):
    pod = new_pod("p")
    store.create(r.POD, "default", pod)
    whole = await cluster.ask("GET", f"{PODS}/p/log")
    assert whole.text.splitlines() == [f"line {number}" for number in range(10)]
    assert whole.headers["Content-Type"].startswith("text/plain")
    assert (await cluster.ask("GET", f"{PODS}/p/log?tailLines=2")).text == "line 8\nline 9\n"
    stamped = await cluster.ask("GET", f"{PODS}/p/log?timestamps=true&tailLines=1")
    assert stamped.text == "2026-01-31T08:00:09Z line 9\n"
    since = await cluster.ask("GET", f"{PODS}/p/log?sinceTime=2026-01-31T08:00:07Z")
    assert since.text == "line 7\nline 8\nline 9\n"
    assert (await cluster.ask("GET", f"{PODS}/p/log?limitBytes=8")).text == "line 0\nl"
    wrong = await cluster.ask("GET", f"{PODS}/p/log?container=none")
    assert wrong.json["message"] == "container none is not valid for pod p"
    previous = await cluster.ask("GET", f"{PODS}/p/log?previous=true")
    assert "previous terminated container" in previous.json["message"]
    state = {"name": "main", "restartCount": 0, "state": {"waiting": {"reason": "ImagePullBackOff"}}}
    store.modify(r.POD, "default", "p", lambda o: o["status"].update(containerStatuses=[state]))
    waiting = await cluster.ask("GET", f"{PODS}/p/log")
    assert waiting.status == 400
    assert waiting.json["message"].endswith("is waiting to start: trying and failing to pull image")


async def test_a_followed_log_ends_with_its_pod(cluster, store, new_pod):
    store.create(r.POD, "default", new_pod("p"))
    async with cluster.session.get(f"{cluster.url}{PODS}/p/log?follow=true&tailLines=1") as response:
        assert await response.content.readline() == b"line 9\n"
        store.remove(r.POD, "default", "p")
        assert await response.content.read() == b""


async def test_a_collection_is_deleted_by_selector(cluster, store):
    for name, app in (("a", "x"), ("b", "x"), ("c", "y")):
        store.create(r.CONFIG_MAP, "default", {"metadata": {"name": name, "labels": {"app": app}}})
    answer = await cluster.ask("DELETE", f"{MAPS}?labelSelector=app%3Dx")
    assert [item["metadata"]["name"] for item in answer.json["items"]] == ["a", "b"]
    assert [one["metadata"]["name"] for one in store.list(r.CONFIG_MAP, "default")] == ["c"]


async def test_deleting_a_running_pod_answers_with_the_pod(cluster, store, new_pod):
    store.create(r.POD, "default", new_pod("p"))
    answer = await cluster.ask("DELETE", f"{PODS}/p?gracePeriodSeconds=5")
    assert (answer.json["kind"], answer.json["metadata"]["deletionGracePeriodSeconds"]) == ("Pod", 5)
    gone = await cluster.ask("DELETE", f"{PODS}/p", {"gracePeriodSeconds": 0})
    assert gone.json["kind"] == "Pod"
    assert store.find(r.POD, "default", "p") is None


async def test_a_namespace_ends_when_it_is_finalized(cluster, store):
    store.create(r.NAMESPACE, None, {"metadata": {"name": "x"}})
    ending = await cluster.ask("DELETE", "/api/v1/namespaces/x")
    assert ending.json["status"]["phase"] == "Terminating"
    await cluster.ask("PUT", "/api/v1/namespaces/x/finalize", {**ending.json, "spec": {"finalizers": []}})
    assert store.find(r.NAMESPACE, None, "x") is None


async def test_who_am_i_and_what_may_i(cluster):
    asked = {"spec": {"resourceAttributes": {"verb": "delete", "resource": "pods"}}}
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    told = await cluster.ask("POST", path, asked)
    assert (told.status, told.json["status"]["allowed"], told.json["spec"]) == (201, True, asked["spec"])
    me = await cluster.ask("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {})
    assert me.json["status"]["userInfo"]["username"]
    assert (await cluster.ask("GET", path)).status == 405


async def test_discovery_leads_to_every_kind(cluster):
    groups = (await cluster.ask("GET", "/apis")).json["groups"]
    roots = ["/api/v1", *(f"/apis/{one['preferredVersion']['groupVersion']}" for one in groups)]
    found = set()
    for root in roots:
        resources = (await cluster.ask("GET", root)).json
        documented = (await cluster.ask("GET", f"/openapi/v3{root}")).json["paths"]
        for one in resources["resources"]:
            if "list" not in one["verbs"]:
                continue
            answer = await cluster.ask("GET", f"{root}/{one['name']}")
            assert answer.json["kind"] == f"{one['kind']}List"
            space = "namespaces/{namespace}/" if one["namespaced"] else ""
            write = documented[f"{root}/{space}{one['name']}/{{name}}"]["patch"]
            assert "fieldValidation" in [parameter["name"] for parameter in write["parameters"]]
            found.add(one["kind"])
    assert found == {kind.kind for kind in r.ALL}
    index = (await cluster.ask("GET", "/openapi/v3")).json["paths"]
    assert {f"/{root}" for root in index} == set(roots)


async def test_discovery_in_one_piece_says_what_it_says_in_many(cluster):
    accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    told = {}
    for root in ("/api", "/apis"):
        answer = await cluster.ask("GET", root, accept=f"{accept},application/json")
        assert answer.headers["Content-Type"] == accept
        for group in answer.json["items"]:
            name = group["metadata"]["name"]
            for version in group["versions"]:
                path = f"/apis/{name}/{version['version']}" if name else f"/api/{version['version']}"
                told[path] = {
                    name
                    for one in version["resources"]
                    for name in (
                        one["resource"],
                        *(f"{one['resource']}/{part['subresource']}" for part in one.get("subresources", ())),
                    )
                }
    groups = (await cluster.ask("GET", "/apis")).json["groups"]
    assert told.keys() == {"/api/v1", *(f"/apis/{one['preferredVersion']['groupVersion']}" for one in groups)}
    for path, names in told.items():
        assert names == {one["name"] for one in (await cluster.ask("GET", path)).json["resources"]}


async def test_the_older_openapi_is_there_in_both_forms(cluster):
    told = (await cluster.ask("GET", "/openapi/v2", accept="application/json")).json
    assert "io.k8s.api.apps.v1.Deployment" in told["definitions"]
    async with cluster.session.get(
        f"{cluster.url}/openapi/v2", headers={"Accept": "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"}
    ) as response:
        assert b"io.k8s.api.apps.v1.Deployment" in await response.read()


async def test_health_version_and_what_is_not_there(cluster):
    for path in ("/healthz", "/readyz", "/livez"):
        assert (await cluster.ask("GET", path)).text == "ok"
    version = (await cluster.ask("GET", "/version")).json
    fields = {
        "major",
        "minor",
        "gitVersion",
        "gitCommit",
        "gitTreeState",
        "buildDate",
        "goVersion",
        "compiler",
        "platform",
    }
    assert fields <= set(version)
    for path in ("/", "/apis/none", "/apis/none/v1", "/apis/apps/v9/deployments", "/openapi/v3/apis/none/v1"):
        assert (await cluster.ask("GET", path)).status == 404, path


@pytest.mark.parametrize(
    ("header", "status"), [(None, 401), ("Bearer wrong", 401), ("Basic secret", 401), ("Bearer secret", 200)]
)
async def test_a_token_is_asked_for_where_one_is_set(aiohttp_client, store, header, status):
    client = await aiohttp_client(make_app(store, token="secret"))
    answer = await client.get(MAPS, headers={"Authorization": header} if header else {})
    assert answer.status == status
    assert (await client.get("/healthz")).status == 200
    if status == 401:
        assert (await answer.json())["reason"] == "Unauthorized"


async def test_a_hook_may_break_the_server(aiohttp_client, store):
    async def before(request: web.Request) -> None:
        if request.path == "/apis":
            raise ApiError(503, "ServiceUnavailable", "the server is currently unable to handle the request")

    client = await aiohttp_client(make_app(store, before=before))
    assert (await client.get("/apis")).status == 503
    assert (await client.get("/api")).status == 200


async def test_a_fault_of_the_server_is_a_status_too(aiohttp_client, store, caplog):
    def broken(*_: object) -> str:
        raise RuntimeError("secret inside")

    client = await aiohttp_client(make_app(store, logs=broken))
    store.create(
        r.POD,
        "default",
        {"metadata": {"name": "p"}, "spec": {"nodeName": "n", "containers": [{"name": "c", "image": "i"}]}},
    )
    answer = await client.get(f"{PODS}/p/log")
    assert answer.status == 500
    assert (await answer.json())["reason"] == "InternalError"
    assert "secret inside" not in await answer.text()
    assert "secret inside" in caplog.text


async def test_a_patch_meant_for_another_object_is_refused(cluster):
    made = await cluster.ask("POST", MAPS, config_map(x="1"))
    merge = "application/merge-patch+json"
    for uid, status in (("other", 422), (made.json["metadata"]["uid"], 200)):
        patch = {"metadata": {"uid": uid}, "data": {"x": "2"}}
        answer = await cluster.ask("PATCH", f"{MAPS}/a", patch, content_type=merge)
        assert answer.status == status
        assert status == 200 or answer.json["details"]["causes"][0]["field"] == "metadata.uid"
