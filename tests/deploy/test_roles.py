"""The roles that the chart gives the bot are what it needs: no verb less, as helm finds out, and none more."""

import json
from collections import Counter
from pathlib import Path

import pytest
import yaml

from clients.helm import FailureReason
from clients.kube import KubeReader, connect
from clients.kube.permissions import CALLED, GATEWAYS, GRANTED, HELM, HELM_4, PERMISSIONS, Permission
from sandbox.helm.release_history import CHART
from sandbox.scenario import release
from tests import helms
from tests.deploy import clusters

RBAC = "rbac.authorization.k8s.io"
# What stands in the chart's own rules for "write", and in no list: doctor does not ask for it.
WRITTEN = {
    Permission(verb, resource, group, "")
    for verb in ("patch", "delete")
    for resource, group in (("clusterroles", RBAC), ("clusterrolebindings", RBAC))
}
# Helm 4 watches a hook's job and asks for it by no name.
POLLED = {Permission("get", "jobs", "batch")}
PRIORITIES = {Permission(verb, "priorityclasses", "scheduling.k8s.io", "") for verb in ("create", "patch", "delete")}


def values(*, full, cluster=True):
    """The hub's values with all that can be switched off on, or with as little as there can be."""
    made = release.values("7c1d2e9", "t" * 32)
    made["proxy"]["https"]["enabled"] = full
    made["scheduling"] |= {
        "userScheduler": {"enabled": full},
        "podPriority": {"enabled": full},
        "userPlaceholder": {"enabled": full},
    }
    made["prePuller"] = {"continuous": {"enabled": full}, "hook": {"enabled": full}}
    made["singleuser"]["networkPolicy"] = {"enabled": full}
    made["custom"] = {"clusterRole": cluster}
    made["imagePullSecret"] = {"create": full, "registry": "a", "username": "b", "password": "c"}
    return made


def bots(**more):
    return json.dumps({"image": clusters.IMAGE, "storage": {"className": "managed-csi"}, **more}).encode()


def as_permission(verb, resource, group, namespace):
    return Permission(verb, resource, group, "hub" if namespace == release.NAMESPACE else namespace)


def granted(rules, namespace):
    return [
        Permission(verb, resource, group, namespace, name)
        for rule in rules
        for group in rule.get("apiGroups", [""])
        for resource in rule.get("resources") or rule["nonResourceURLs"]
        for verb in rule["verbs"]
        for name in (rule.get("resourceNames", [""]) if namespace else [""] if "resourceNames" not in rule else [])
    ]


@pytest.fixture
def rendered(tool):
    """The chart's objects, for some values."""

    def render(*settings):
        words = [word for one in settings for word in ("--set", one)]
        status, said = tool(
            "helm",
            "template",
            "bot",
            clusters.BOT_CHART,
            "--namespace",
            clusters.OURS,
            "--set=image.repository=a/b",
            *words,
        )
        assert status == 0, said
        return [one for one in yaml.safe_load_all(said) if one]

    return render


async def test_helm_upgrades_the_hub_with_these_roles_and_needs_each_of_their_verbs(aiohttp_server, tmp_path):
    async with clusters.running(aiohttp_server, tmp_path) as cluster:
        cluster.guard.streams = False
        install = ("install", "bot", clusters.BOT_CHART, "--namespace", clusters.OURS)
        status, said = await cluster.helm(*install, given=bots(rbac={"clusterObjects": "write"}))
        assert status == 0, said
        first = json.dumps(values(full=False)).encode()
        status, said = await cluster.helm(
            "install", release.RELEASE, cluster.chart, "--namespace", release.NAMESPACE, given=first
        )
        assert status == 0, said
        steps = (values(full=True), values(full=True), values(full=False, cluster=False))
        for number, its in enumerate(steps, 1):
            cluster.release_chart(f"4.4.{number}")
            result = await cluster.upgrade(its)
            assert result.ok, (result.message, cluster.guard.refused)
        used = {as_permission(*one) for one in cluster.guard.used}
    # Helm looks for the namespace to word an error better, and goes on without.
    assert {one[1] for one in cluster.guard.refused} <= {"namespaces"}
    assert set(HELM) - used == (POLLED if helms.IS_4 else set())
    assert set(HELM_4) & used == (set(HELM_4) if helms.IS_4 else set())
    assert used - set(PERMISSIONS) == WRITTEN | PRIORITIES


async def installed(cluster, *more):
    """Install the bot with leave to read the cluster's objects alone, and the hub."""
    await cluster.helm("install", "bot", clusters.BOT_CHART, "--namespace", clusters.OURS, given=bots())
    first = json.dumps(values(full=False)).encode()
    await cluster.helm("install", release.RELEASE, cluster.chart, "--namespace", release.NAMESPACE, *more, given=first)


async def test_without_leave_no_role_of_the_cluster_is_touched(aiohttp_server, tmp_path):
    async with clusters.running(aiohttp_server, tmp_path) as cluster:
        # As every release that helm 3 has installed.
        await installed(cluster, *(["--server-side=false"] if helms.IS_4 else []))
        same = await cluster.upgrade(values(full=False))
        assert same.ok, same.message
        cluster.release_chart("4.4.1")
        other = await cluster.upgrade(values(full=False))
        assert not other.ok
        assert "clusterroles" in other.message
        assert ("patch", "clusterroles", RBAC, "", f"{release.RELEASE}-user-scheduler") in cluster.guard.refused


@pytest.mark.skipif(not helms.IS_4, reason="helm 3 applies nothing on the server's side")
async def test_what_helm_4_has_installed_needs_leave_even_where_nothing_changes(aiohttp_server, tmp_path):
    async with clusters.running(aiohttp_server, tmp_path) as cluster:
        await installed(cluster)
        same = await cluster.upgrade(values(full=False))
        assert (same.ok, same.reason) == (False, FailureReason.CLUSTER_OBJECT)
        assert f"ClusterRole {release.RELEASE}-user-scheduler" in same.message


def test_the_roles_hold_the_list_and_nothing_else(rendered):
    found = []
    for one in rendered():
        if one["kind"] in ("Role", "ClusterRole"):
            where = one["metadata"].get("namespace", "")
            found += granted(one["rules"], "hub" if where == "jhub" else where)
            assert all("*" not in json.dumps(rule) for rule in one["rules"])
    assert set(found) == set(PERMISSIONS)
    assert [one.text for one, times in Counter(found).items() if times > 1] == []


def test_gateways_may_be_read_in_the_namespaces_that_are_named_and_nothing_else_there(rendered):
    objects = rendered("rbac.gatewayNamespaces={gateways,jhub}")
    roles = {one["metadata"]["namespace"]: one["rules"] for one in objects if one["kind"] == "Role"}
    bound = [one["metadata"]["namespace"] for one in objects if one["kind"] == "RoleBinding"]
    assert sorted(roles) == sorted(bound) == ["gateways", "jhub", "kube-system"]
    assert granted(roles["gateways"], "gateway") == list(GATEWAYS)


def test_what_the_hubs_roles_give_is_listed_as_given(tool):
    told = json.dumps(values(full=True))
    status, said = tool("helm", "template", release.RELEASE, CHART, "--namespace=jhub", "--values=-", given=told)
    assert status == 0, said
    roles = [one for one in yaml.safe_load_all(said) if one and one["kind"] == "Role"]
    assert len(roles) >= 3
    given = {one for role in roles for one in granted(role["rules"], "hub")}
    assert given - set(CALLED) - set(HELM) == set(GRANTED)


def test_each_role_is_bound_to_the_bot_and_to_nobody_else(rendered):
    objects = rendered("fullnameOverride=ours", "serviceAccount.name=its")
    bindings = [one for one in objects if one["kind"].endswith("RoleBinding")]
    assert len(bindings) == 3
    for one in bindings:
        assert one["subjects"] == [{"kind": "ServiceAccount", "name": "its", "namespace": clusters.OURS}]
        assert one["roleRef"]["name"] == one["metadata"]["name"]


def test_leave_to_write_names_what_may_be_written(rendered):
    (role,) = [one for one in rendered("rbac.clusterObjects=write", "hub.release=lab") if one["kind"] == "ClusterRole"]
    named = [rule for rule in role["rules"] if "resourceNames" in rule]
    assert {name for rule in named for name in rule["resourceNames"]} == {
        "lab-user-scheduler",
        "lab-default-priority",
        "lab-user-placeholder-priority",
        "lab-image-puller-priority",
    }
    unnamed = set(granted(role["rules"], "")) - set(PERMISSIONS)
    assert unnamed == {Permission("create", "priorityclasses", "scheduling.k8s.io", "")}


def test_what_is_made_is_made_of_the_lists_as_they_are():
    import sys  # noqa: PLC0415 - the script is no package

    sys.path.insert(0, str(clusters.BOT_CHART.parent))
    try:
        import roles  # noqa: PLC0415
    finally:
        sys.path.pop(0)
    behind = [path.name for path, text in roles.files().items() if path.read_text() != text]
    assert behind == [], "run `make roles`"
    assert all(Path(path).is_file() for path in roles.files())


async def denied(cluster):
    api = await connect(cluster.folder / "bot")
    try:
        return await KubeReader(api, release.NAMESPACE).denied()
    finally:
        await api.close()


async def test_the_bots_own_doctor_finds_nothing_missing(aiohttp_server, tmp_path):
    async with clusters.running(aiohttp_server, tmp_path) as cluster:
        assert set(await denied(cluster)) == set(PERMISSIONS)
        status, said = await cluster.helm(
            *("install", "bot", clusters.BOT_CHART, "--namespace", clusters.OURS, "--set=outside=true")
        )
        assert status == 0, said
        assert await denied(cluster) == []


async def test_the_door_is_shut_without_roles(aiohttp_server, tmp_path):
    async with clusters.running(aiohttp_server, tmp_path) as cluster:
        assert not cluster.guard.may("get", "", "pods", release.NAMESPACE)
        result = await cluster.upgrade(values(full=False))
        assert not result.ok
        assert cluster.guard.used == set()
