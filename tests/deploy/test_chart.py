"""The bot's chart by the real helm: what it makes, what it refuses, and that a cluster takes it."""

import json
import tomllib

import pytest
import yaml

from bot.config.loading import load
from sandbox.apiserver.objects import resource_kinds as r
from tests.deploy import clusters

CHART = clusters.BOT_CHART
GUID = "3f6e0000-0000-4000-8000-000000000001"
LEAST = {"image": {"repository": "example.org/jhub-teams-bot"}}
FULL = {
    "image": {"repository": "example.org/jhub-teams-bot", "digest": f"sha256:{'a' * 64}"},
    "replicas": 2,
    "database": {"secret": "jhub-bot-database"},
    "secrets": {"hub-token": {"secret": "jhub-bot", "key": "token"}, "app": {"secret": "other", "key": "a"}},
    "workloadIdentity": {"clientId": GUID},
    "ingress": {"enabled": True, "host": "bot.example.org", "tlsSecret": "bot-tls", "className": "webapprouting"},
    "config": {
        "teams": {"app_id": GUID, "app_type": "WorkloadIdentity", "tenants": ["t"]},
        "hub": {"token_file": "/run/secrets/jhub-bot/hub-token"},
        "azure": {"subscription_id": "s", "resource_group": "g", "cluster": "c"},
    },
}


@pytest.fixture
def render(tool):
    """The chart's objects by kind and name, for some values."""

    def made(values, *, fine=True):
        told = json.dumps(values)
        status, said = tool("helm", "template", "bot", CHART, f"--namespace={clusters.OURS}", "--values=-", given=told)
        if not fine:
            assert status == 1, said
            return said
        assert status == 0, said
        return {(one["kind"], one["metadata"]["name"]): one for one in yaml.safe_load_all(said) if one}

    return made


def pod(objects):
    return objects["StatefulSet", "bot"]["spec"]["template"]


def settings(objects, tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(objects["ConfigMap", "bot"]["data"]["config.yaml"])
    return load(path)


def test_helm_finds_no_fault(tool):
    status, said = tool("helm", "lint", CHART, "--strict", "--values=-", given=json.dumps(FULL))
    assert status == 0, said


def test_it_has_the_version_of_the_bot():
    project = tomllib.loads((CHART.parents[1] / "pyproject.toml").read_text())["project"]
    about = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert about["version"] == about["appVersion"] == project["version"]


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"image": {"repository": ""}}, "image.repository"),
        ({"image": {"repository": "a", "digest": "sha256:abc"}}, "image.digest"),
        ({"image": {"repository": "a", "tag": 7}}, "image.tag"),
        ({"replicas": 2}, "database.secret"),
        ({"ingress": {"enabled": True}}, "ingress.host"),
        ({"httpRoute": {"enabled": True, "gateway": {"name": "web"}}}, "httpRoute.host"),
        ({"httpRoute": {"enabled": True, "host": "bot.example.org"}}, "httpRoute.gateway"),
        ({"rbac": {"gatewayNamespaces": "gateways"}}, "rbac.gatewayNamespaces"),
        ({"config": {"team": {}}}, "config"),
        ({"config": {"state_dir": "/elsewhere"}}, "config.state_dir"),
        ({"secrets": {"../x": {"secret": "a", "key": "b"}}}, "secrets"),
        ({"secrets": {"app": "the secret itself"}}, "secrets.app"),
        ({"database": {"secret": "", "url": "postgresql://user:password@host/name"}}, "database"),
        ({"workloadIdentity": {"clientId": "bot"}}, "workloadIdentity.clientId"),
        ({"rbac": {"clusterObjects": "all"}}, "rbac.clusterObjects"),
        ({"rbac": {"hubRules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}}, "rbac.hubRules"),
        ({"hub": {"namespace": "Hub", "release": "jupyterhub"}}, "hub.namespace"),
        ({"replica": 1}, "replica"),
        ({"networkPolicy": {"egressPorts": [0]}}, "networkPolicy.egressPorts"),
        ({"networkPolicy": {"prometheus": {"namespace": "A_B"}}}, "networkPolicy.prometheus.namespace"),
        ({"networkPolicy": {"prometheus": {"port": 0}}}, "networkPolicy.prometheus.port"),
        # Teams' own, which the world reaches.
        ({"metrics": {"enabled": True, "port": 3978}}, "metrics.port"),
        ({"metrics": {"enabled": True, "from": {"namespace": ""}}}, "metrics.from.namespace"),
        ({"metrics": {"enabled": True, "serviceMonitor": {"apiVersion": "v1"}}}, "metrics.serviceMonitor.apiVersion"),
    ],
)
def test_bad_values_are_refused_by_name(render, more, named):
    said = render(LEAST | more, fine=False)
    assert "don't meet the specifications of the schema" in said
    assert named in said


@pytest.mark.parametrize("values", [LEAST, FULL], ids=["least", "full"])
def test_the_pod_is_of_the_restricted_kind(render, values):
    spec = pod(render(values))["spec"]
    (container,) = spec["containers"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] == 10001
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert set(container["resources"]) == {"requests", "limits"}


def test_its_volumes_are_those_that_the_image_writes_to(render):
    for values in (LEAST, FULL):
        (container,) = pod(render(values))["spec"]["containers"]
        written = {mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")}
        image = (CHART.parents[1] / "Dockerfile").read_text()
        assert f"VOLUME {json.dumps(sorted(written, reverse=True))}" in image


def test_no_service_of_the_namespace_becomes_a_setting_of_the_bot(render):
    assert pod(render(LEAST))["spec"]["enableServiceLinks"] is False


def test_a_replica_works_under_its_pods_name(render):
    (container,) = pod(render(LEAST))["spec"]["containers"]
    (variable,) = container["env"]
    assert variable == {
        "name": "JHUB_BOT_STORE__REPLICA",
        "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}},
    }


def test_one_replica_keeps_its_records_on_a_volume_of_its_own(render):
    objects = render(LEAST | {"storage": {"className": "managed-csi"}})
    (claim,) = objects["StatefulSet", "bot"]["spec"]["volumeClaimTemplates"]
    assert claim["spec"]["storageClassName"] == "managed-csi"
    assert ("PodDisruptionBudget", "bot") not in objects


def test_several_share_a_database_and_move_one_after_the_other(render, tmp_path):
    objects = render(FULL)
    assert "volumeClaimTemplates" not in objects["StatefulSet", "bot"]["spec"]
    assert objects["PodDisruptionBudget", "bot"]["spec"]["maxUnavailable"] == 1
    assert str(settings(objects, tmp_path).store.url_file) == "/run/secrets/database/url"


def test_secrets_are_named_and_never_held(render):
    objects = render(FULL)
    assert [kind for kind, _ in objects if kind == "Secret"] == []
    volumes = {one["name"]: one for one in pod(objects)["spec"]["volumes"]}
    files = {
        item["path"]: (source["secret"]["name"], item["key"])
        for source in volumes["secrets"]["projected"]["sources"]
        for item in source["secret"]["items"]
    }
    assert files == {"hub-token": ("jhub-bot", "token"), "app": ("other", "a")}


def test_the_bot_takes_the_configuration_that_the_chart_writes(render, tmp_path):
    its = settings(render(FULL), tmp_path)
    assert (its.teams.host, its.teams.port, its.teams.app_id) == ("0.0.0.0", 3978, GUID)  # noqa: S104 - in a pod
    assert (its.kubernetes.namespace, its.release.name) == ("jhub", "jupyterhub")
    assert its.hub.url == "http://hub.jhub.svc.cluster.local:8081"
    assert (its.azure.identity, its.azure.client_id, its.azure.cluster) == ("WorkloadIdentity", GUID, "c")
    assert (its.graph.identity, str(its.state_dir)) == ("WorkloadIdentity", "/var/lib/jhub-bot")


def test_what_is_configured_wins_over_what_follows(render, tmp_path):
    chosen = {"graph": {"identity": "AzureCli"}, "hub": {"url": "https://hub.example.org"}}
    its = settings(render(FULL | {"config": chosen | {"teams": {"port": 3979, "host": "127.0.0.1"}}}), tmp_path)
    assert (its.graph.identity, its.hub.url) == ("AzureCli", "https://hub.example.org")
    # Where the probes and the Service look for it is the chart's to say.
    assert (its.teams.host, its.teams.port) == ("0.0.0.0", 3978)  # noqa: S104 - in a pod


def test_another_configuration_is_another_pod(render):
    sums = {
        pod(render(LEAST | {"config": {"release": {"timeout": wait}}}))["metadata"]["annotations"]["checksum/config"]
        for wait in ("5m", "6m")
    }
    assert len(sums) == 2


def test_workload_identity_is_told_to_account_and_pod(render):
    objects = render(FULL)
    account = objects["ServiceAccount", "bot"]
    assert account["metadata"]["annotations"]["azure.workload.identity/client-id"] == GUID
    assert pod(objects)["metadata"]["labels"]["azure.workload.identity/use"] == "true"
    plain = render(LEAST)
    assert "azure.workload.identity/use" not in pod(plain)["metadata"]["labels"]
    assert "annotations" not in plain["ServiceAccount", "bot"]["metadata"]


def test_the_world_reaches_two_paths_of_it(render):
    objects = render(FULL)
    (rule,) = objects["Ingress", "bot"]["spec"]["rules"]
    assert [(one["path"], one["pathType"]) for one in rule["http"]["paths"]] == [
        *(("/api/messages", "Exact"), ("/about", "Exact"))
    ]
    assert {one["backend"]["service"]["port"]["name"] for one in rule["http"]["paths"]} == {"http"}
    assert objects["Ingress", "bot"]["spec"]["tls"] == [{"hosts": ["bot.example.org"], "secretName": "bot-tls"}]
    assert ("Ingress", "bot") not in render(LEAST)


def test_a_gateway_leads_to_the_same_two_paths(render):
    gateway = {"name": "web", "namespace": "gateways", "sectionName": "https"}
    objects = render(LEAST | {"httpRoute": {"enabled": True, "host": "bot.example.org", "gateway": gateway}})
    spec = objects["HTTPRoute", "bot"]["spec"]
    assert (spec["parentRefs"], spec["hostnames"]) == ([gateway], ["bot.example.org"])
    (rule,) = spec["rules"]
    paths = [(one["path"]["type"], one["path"]["value"]) for one in rule["matches"]]
    assert paths == [("Exact", "/api/messages"), ("Exact", "/about")]
    assert rule["backendRefs"] == [{"name": "bot", "port": 80}]
    assert ("Ingress", "bot") not in objects
    assert ("HTTPRoute", "bot") not in render(FULL)


def test_the_bot_is_told_the_class_of_its_own_ingress(render, tmp_path):
    assert settings(render(FULL), tmp_path).teams.ingress_class == "webapprouting"
    assert settings(render(LEAST), tmp_path).teams.ingress_class == ""


def test_it_may_be_spoken_to_by_the_ingress_alone_and_not_ask_the_machine_for_its_identity(render):
    spec = render(LEAST)["NetworkPolicy", "bot"]["spec"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    (inwards,) = spec["ingress"]
    assert inwards["from"] == [
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "app-routing-system"}}}
    ]
    open_to = [peer["ipBlock"] for rule in spec["egress"] for peer in rule.get("to", ()) if "ipBlock" in peer]
    assert open_to[0]["except"] == ["169.254.169.254/32", "168.63.129.16/32"]
    hub = pod(render(LEAST))["metadata"]["labels"]["hub.jupyter.org/network-access-hub"]
    assert hub == "true"


def test_a_prometheus_in_the_cluster_can_be_reached_if_it_is_named(render):
    def reached(**named):
        spec = render(LEAST | {"networkPolicy": {"prometheus": named}} if named else LEAST)["NetworkPolicy", "bot"][
            "spec"
        ]
        return [rule for rule in spec["egress"] if {"port": 9090, "protocol": "TCP"} in rule["ports"]]

    assert reached() == []
    (rule,) = reached(namespace="monitoring", podLabels={"app": "prometheus"})
    (peer,) = rule["to"]
    assert peer["namespaceSelector"] == {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}
    assert peer["podSelector"] == {"matchLabels": {"app": "prometheus"}}
    assert rule["ports"] == [{"port": 9090, "protocol": "TCP"}]


def test_numbers_are_on_a_port_of_their_own_in_the_pod_and_for_nobody_else_unless_asked_for(render, tmp_path):
    plain = render(LEAST)
    assert settings(plain, tmp_path).metrics.port == 0
    ports = [
        *(one["name"] for one in pod(plain)["spec"]["containers"][0]["ports"]),
        *(one["name"] for one in plain["Service", "bot"]["spec"]["ports"]),
        *(one["port"] for rule in plain["NetworkPolicy", "bot"]["spec"]["ingress"] for one in rule["ports"]),
    ]
    assert set(ports) == {"http"}
    assert not [name for kind, name in plain if kind == "ServiceMonitor"]


def test_prometheus_finds_the_numbers_and_is_the_only_one_who_may_read_them(render, tmp_path):
    prometheus = {"namespace": "watching", "podLabels": {"app.kubernetes.io/name": "prometheus"}}
    metrics = {"enabled": True, "port": 9191, "from": prometheus}
    objects = render(FULL | {"metrics": metrics | {"serviceMonitor": {"enabled": True, "labels": {"release": "p"}}}})
    its = settings(objects, tmp_path).metrics
    assert (its.host, its.port) == ("0.0.0.0", 9191)  # noqa: S104 - in a pod
    (container,) = pod(objects)["spec"]["containers"]
    assert {"name": "metrics", "containerPort": 9191} in container["ports"]
    service = objects["Service", "bot"]
    assert {"name": "metrics", "port": 9191, "targetPort": "metrics"} in service["spec"]["ports"]
    monitor = objects["ServiceMonitor", "bot"]
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert [(one["port"], one["path"]) for one in monitor["spec"]["endpoints"]] == [("metrics", "/metrics")]
    assert monitor["metadata"]["labels"]["release"] == "p"
    from_ingress, from_prometheus = objects["NetworkPolicy", "bot"]["spec"]["ingress"]
    assert [one["port"] for one in from_ingress["ports"]] == ["http"]
    assert [one["port"] for one in from_prometheus["ports"]] == ["metrics"]
    # One peer with both: pods with that label in that namespace, not either.
    assert from_prometheus["from"] == [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "watching"}},
            "podSelector": {"matchLabels": prometheus["podLabels"]},
        }
    ]
    (rule,) = objects["Ingress", "bot"]["spec"]["rules"]
    assert "metrics" not in json.dumps(rule)


def test_outside_there_is_an_account_with_a_token_and_nothing_that_runs(render):
    objects = render({"outside": True, "metrics": {"enabled": True, "serviceMonitor": {"enabled": True}}})
    assert {kind for kind, _ in objects} == {
        *("ServiceAccount", "Secret", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
    }
    assert objects["Secret", "bot-token"]["type"] == "kubernetes.io/service-account-token"


def test_further_hubs_of_the_cluster_are_granted_the_same_each_in_its_namespace(tool):
    hubs = {
        "test": {"kubernetes": {"namespace": "jhub-test"}},
        "dev": {"release": {"name": "dev"}},
        "far": {"kubernetes": {"kubeconfig": "/run/secrets/jhub-bot/far", "namespace": "jhub-far"}},
    }
    values = LEAST | {"config": {"hubs": hubs}, "rbac": {"clusterObjects": "write"}}
    told = json.dumps(values)
    status, said = tool("helm", "template", "bot", CHART, f"--namespace={clusters.OURS}", "--values=-", given=told)
    assert status == 0, said
    made = [one for one in yaml.safe_load_all(said) if one]
    roles = {one["metadata"]["namespace"]: one["rules"] for one in made if one["kind"] == "Role"}
    bound = [one["metadata"]["namespace"] for one in made if one["kind"] == "RoleBinding"]
    assert sorted(roles) == sorted(bound) == ["jhub", "jhub-test", "kube-system"]
    assert roles["jhub"] == roles["jhub-test"] != roles["kube-system"]
    (cluster,) = [one for one in made if one["kind"] == "ClusterRole"]
    named = {name for rule in cluster["rules"] for name in rule.get("resourceNames", ())}
    assert {"jupyterhub-user-scheduler", "jupyterhub-test-user-scheduler", "dev-user-scheduler"} <= named
    assert "dev-default-priority" in named
    (policy,) = [one for one in made if one["kind"] == "NetworkPolicy"]
    (to,) = [one["to"] for one in policy["spec"]["egress"] if {"port": 8081, "protocol": "TCP"} in one["ports"]]
    reached = [one["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for one in to]
    assert sorted(reached) == ["jhub", "jhub-test"]


def test_a_further_hubs_sections_have_the_bots_defaults_and_not_the_first_hubs(tool):
    hubs = {"test": {"kubernetes": {"context": None}}, "dev": {"release": {"timeout": "5m"}}}
    values = LEAST | {"hub": {"namespace": "prod", "release": "prod"}, "config": {"hubs": hubs}}
    values["rbac"] = {"clusterObjects": "write"}
    told = json.dumps(values)
    status, said = tool("helm", "template", "bot", CHART, f"--namespace={clusters.OURS}", "--values=-", given=told)
    assert status == 0, said
    made = [one for one in yaml.safe_load_all(said) if one]
    assert {one["metadata"]["namespace"] for one in made if one["kind"] == "Role"} == {"prod", "jhub", "kube-system"}
    (cluster,) = [one for one in made if one["kind"] == "ClusterRole"]
    named = {name for rule in cluster["rules"] for name in rule.get("resourceNames", ())}
    assert {"prod-user-scheduler", "prod-test-user-scheduler", "prod-dev-user-scheduler"} <= named


async def test_a_cluster_takes_it_and_the_pod_runs(aiohttp_server, tmp_path):
    values = {"image": clusters.IMAGE, "storage": {"className": "managed-csi"}, "ingress": FULL["ingress"]}
    values["metrics"] = {"enabled": True}
    gateway = {"name": "web", "namespace": "gateways"}
    values["httpRoute"] = {"enabled": True, "host": "bot.example.org", "gateway": gateway}
    async with clusters.running(aiohttp_server, tmp_path) as cluster:
        status, said = await cluster.helm(
            *("install", "bot", CHART, "--namespace", clusters.OURS, "--wait", "--timeout=30s"),
            given=json.dumps(values).encode(),
        )
        assert status == 0, said
        assert "https://bot.example.org/api/messages" in said
        assert {one["name"] for one in cluster.store.get(r.SERVICE, clusters.OURS, "bot")["spec"]["ports"]} == {
            *("http", "metrics")
        }
        store = cluster.store
        assert store.get(r.HTTP_ROUTE, clusters.OURS, "bot")["spec"]["hostnames"] == ["bot.example.org"]
        (one,) = store.list(r.POD, clusters.OURS)
        assert (one["metadata"]["name"], one["status"]["phase"]) == ("bot-0", "Running")
        claim = store.get(r.PERSISTENT_VOLUME_CLAIM, clusters.OURS, "state-bot-0")
        assert claim["status"]["phase"] == "Bound"
        assert store.get(r.ROLE_BINDING, "kube-system", "bot")["subjects"][0]["namespace"] == clusters.OURS
        status, said = await cluster.helm(
            *("upgrade", "bot", CHART, "--namespace", clusters.OURS, "--wait", "--timeout=30s"),
            given=json.dumps(values | {"config": {"release": {"timeout": "5m"}}}).encode(),
        )
        assert status == 0, said
        assert "5m" in store.get(r.CONFIG_MAP, clusters.OURS, "bot")["data"]["config.yaml"]
        status, said = await cluster.helm("uninstall", "bot", "--namespace", clusters.OURS)
        assert status == 0, said
        kept = [one["metadata"]["name"] for one in store.list(r.PERSISTENT_VOLUME_CLAIM, clusters.OURS)]
        assert kept == ["state-bot-0"]
