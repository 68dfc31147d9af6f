"""Effects of values, whoever changes them: those that others must approve, and values that anybody may set alone."""

import pytest

from commands.framework.effects import Effect
from commands.values.effects import value_effects, watched

DATA, CODE, ACCESS = Effect.DELETES_DATA, Effect.RUNS_CODE, Effect.CHANGES_ACCESS
NETWORK, STOPS, COSTS = Effect.OPENS_NETWORK, Effect.STOPS_EVERYBODY, Effect.COSTS_MORE


def values(path, value):
    made = value
    for name in reversed(path.split(".")):
        made = {name: made}
    return made


def found(before, after):
    return {one.effect for one in value_effects(before, after)}


UNLISTED = {"unlisted_choice": {"kubespawner_override": {"image": "{value}"}}}
SERIOUS = [
    ("hub.db.type", "sqlite-memory", DATA),
    ("hub.db.url", "postgresql://db/hub", DATA),
    ("hub.db.pvc.subPath", "other", DATA),
    ("singleuser.storage.type", "none", DATA),
    ("singleuser.storage.homeMountPath", "/mnt", DATA),
    ("singleuser.storage.dynamic.pvcNameTemplate", "claim-{username}", DATA),
    ("singleuser.storage.static.subPath", "homes/{username}", DATA),
    ("hub.config.KubeSpawner.slug_scheme", "escape", DATA),
    ("hub.config.KubeSpawner.pvc_name_template", "x-{username}", DATA),
    ("hub.config.KubeSpawner.enable_user_namespaces", True, DATA),
    ("hub.config.KubeSpawner.delete_pvc", True, DATA),
    ("fullnameOverride", "other", DATA),
    ("cull.users", True, DATA),
    ("hub.extraConfig.00-first", "print()", CODE),
    ("hub.extraConfig.00-exfiltrate-token", "print()", CODE),
    ("hub.command", ["sh"], CODE),
    ("hub.args", ["x"], CODE),
    ("hub.extraFiles.conf.stringData", "x", CODE),
    ("singleuser.extraFiles.start.stringData", "x", CODE),
    ("singleuser.lifecycleHooks.postStart.exec.command", ["sh"], CODE),
    ("hub.initContainers", [{"name": "x"}], CODE),
    ("singleuser.initContainers", [{"name": "x"}], CODE),
    ("hub.extraContainers", [{"name": "x"}], CODE),
    ("singleuser.extraContainers", [{"name": "x"}], CODE),
    ("singleuser.cmd", "sh", CODE),
    ("singleuser.profileList", [{"display_name": "x", "kubespawner_override": {"image": "docker.io/x:1"}}], CODE),
    (
        "singleuser.profileList",
        [
            {
                "display_name": "x",
                "profile_options": {"i": UNLISTED},
            }
        ],
        CODE,
    ),
    ("hub.config.KubeSpawner.image", "docker.io/x:1", CODE),
    ("hub.config.KubeSpawner.cmd", ["sh"], CODE),
    ("hub.config.KubeSpawner.modify_pod_hook", "x", CODE),
    ("hub.config.JupyterHub.spawner_class", "their.Spawner", CODE),
    ("hub.config.SomethingNew.some_trait", 1, CODE),
    ("hub.image.name", "docker.io/x", CODE),
    ("singleuser.image.name", "docker.io/x", CODE),
    ("proxy.chp.image.name", "docker.io/x", CODE),
    ("singleuser.networkTools.image.name", "docker.io/x", CODE),
    ("scheduling.userScheduler.image.name", "docker.io/x", CODE),
    ("prePuller.extraImages.x.name", "docker.io/x", CODE),
    ("singleuser.extraEnv.LD_PRELOAD", "/x.so", CODE),
    ("singleuser.extraEnv", [{"name": "PYTHONSTARTUP", "value": "/x"}], CODE),
    ("hub.extraEnv.ANYTHING", "x", CODE),
    ("hub.existingSecret", "theirs", CODE),
    ("singleuser.storage.extraVolumes", [{"name": "x"}], CODE),
    ("singleuser.extraPodConfig.hostNetwork", True, CODE),
    ("singleuser.allowPrivilegeEscalation", True, CODE),
    ("singleuser.serviceAccountName", "hub", CODE),
    ("hub.serviceAccount.annotations.x", "y", CODE),
    ("hub.services.x.command", ["sh"], CODE),
    ("hub.services.x.admin", True, ACCESS),
    ("hub.config.Authenticator.admin_users", ["x"], ACCESS),
    ("hub.config.Authenticator.allowed_users", ["x"], ACCESS),
    ("hub.config.Authenticator.allow_all", True, ACCESS),
    ("hub.config.AzureAdOAuthenticator.username_claim", "name", ACCESS),
    ("hub.config.AzureAdOAuthenticator.client_id", "x", ACCESS),
    ("hub.config.AzureAdOAuthenticator.tenant_id", "x", ACCESS),
    ("hub.config.AzureAdOAuthenticator.oauth_callback_url", "x", ACCESS),
    ("hub.config.JupyterHub.authenticator_class", "dummy", ACCESS),
    ("hub.config.JupyterHub.admin_access", False, ACCESS),
    ("hub.loadRoles.x.scopes", ["admin:users"], ACCESS),
    ("auth.admin.users", ["x"], ACCESS),
    ("hub.networkPolicy.enabled", False, NETWORK),
    ("singleuser.networkPolicy.egress", [{}], NETWORK),
    ("singleuser.networkPolicy.egressAllowRules.privateIPs", True, NETWORK),
    ("singleuser.cloudMetadata.blockWithIptables", False, NETWORK),
    ("proxy.service.type", "NodePort", NETWORK),
    ("ingress.enabled", True, NETWORK),
    ("proxy.https.enabled", False, NETWORK),
    ("cull.maxAge", 3600, STOPS),
    ("cull.removeNamedServers", True, DATA),
    ("cull.timeout", 60, STOPS),
    ("proxy.https.hosts", [], NETWORK),
    ("proxy.https.letsencrypt.acmeServer", "https://acme.example.org", NETWORK),
    ("proxy.chp.defaultTarget", "http://elsewhere.example.org", NETWORK),
    ("hub.service.extraPorts", [{"port": 8081}], NETWORK),
    ("singleuser.extraLabels", {"hub.jupyter.org/network-access-proxy-api": "true"}, NETWORK),
    ("hub.labels", {"hub.jupyter.org/network-access-proxy-http": "true"}, NETWORK),
    ("hub.config.KubeSpawner.extra_labels", {"hub.jupyter.org/network-access-proxy-api": "true"}, NETWORK),
    ("singleuser.defaultUrl", "//elsewhere.example.org", NETWORK),
    ("singleuser.networkTools.image.tag", "5000/evil:1", CODE),
    ("singleuser.nodeSelector", {"foo": "bar"}, STOPS),
    ("hub.nodeSelector", {"foo": "bar"}, STOPS),
    ("hub.config.KubeSpawner.node_selector", {"foo": "bar"}, STOPS),
    ("hub.baseUrl", "/other", STOPS),
    ("hub.deploymentStrategy.type", "RollingUpdate", STOPS),
    ("hub.activeServerLimit", 1, STOPS),
    ("hub.config.JupyterHub.concurrent_spawn_limit", 1, STOPS),
    ("singleuser.startTimeout", 1, STOPS),
    ("singleuser.storage.capacity", "10Ti", COSTS),
    ("hub.config.KubeSpawner.storage_capacity", "10Ti", COSTS),
]


@pytest.mark.parametrize(("path", "value", "effect"), SERIOUS)
def test_what_others_must_agree_to(path, value, effect):
    assert effect in found({}, values(path, value))
    assert effect in found(values(path, "something else"), values(path, value))


@pytest.mark.parametrize(("path", "value"), [one[:2] for one in SERIOUS])
def test_the_same_as_before_is_no_effect(path, value):
    assert found(values(path, value), values(path, value)) == set()


HARMLESS = [
    ("singleuser.image.tag", "7c1d2e9"),
    ("singleuser.memory.limit", "8G"),
    ("singleuser.cpu.guarantee", 0.5),
    ("singleuser.storage.capacity", "20Gi"),
    ("singleuser.storage.dynamic.storageClass", "azurefile"),
    ("singleuser.defaultUrl", "/lab"),
    ("singleuser.startTimeout", 600),
    ("singleuser.extraEnv.GREETING", "hello"),
    ("singleuser.extraEnv", [{"name": "GREETING", "value": "hello"}]),
    ("singleuser.profileList", [{"display_name": "Big", "kubespawner_override": {"mem_limit": "32G"}}]),
    ("hub.concurrentSpawnLimit", 10),
    ("hub.db.pvc.storage", "2Gi"),
    ("hub.resources.requests.cpu", "200m"),
    ("hub.config.JupyterHub.log_level", "DEBUG"),
    ("hub.config.KubeSpawner.start_timeout", 600),
    ("hub.config.KubeSpawner.slug_scheme", "safe"),
    ("hub.templateVars.announcement", "Maintenance on Friday"),
    ("scheduling.userPlaceholder.replicas", 3),
    ("scheduling.userPods.nodeAffinity.matchNodePurpose", "require"),
    ("prePuller.continuous.enabled", True),
    ("cull.timeout", 3600),
    ("cull.removeNamedServers", False),
    ("hub.activeServerLimit", 0),
    ("hub.activeServerLimit", 200),
    ("hub.allowNamedServers", True),
    ("proxy.https.letsencrypt.contactEmail", "ops@example.org"),
    ("singleuser.extraLabels", {"team": "maths"}),
    ("singleuser.image.tag", f"7c1d2e9@sha256:{'0' * 64}"),
    ("singleuser.networkTools.image.tag", "4.4.0"),
    ("hub.config.KubeSpawner.extra_labels", {"team": "maths"}),
    ("cull.users", False),
    ("proxy.chp.resources.requests.memory", "512Mi"),
    ("debug.enabled", True),
]


@pytest.mark.parametrize(("path", "value"), HARMLESS)
def test_what_anybody_who_may_deploy_may_set_alone(path, value):
    assert found({}, values(path, value)) == set()


@pytest.mark.parametrize("after", [None, "text", [], 7])
def test_what_takes_the_place_of_a_whole_mapping_counts_for_all_that_was_in_it(after):
    before = values("hub.config.Authenticator.allowed_users", ["x"])
    assert ACCESS in found(before, {"hub": {"config": after}})
    assert ACCESS in found(before, {"hub": after})


def test_taking_something_away_counts_as_setting_it():
    assert found(values("singleuser.networkPolicy.enabled", True), {}) == {NETWORK}
    assert found(values("hub.extraConfig.keepers", "c.x = 1"), values("hub.extraConfig", {})) == {CODE}


def test_culling_is_about_homes_only_where_users_are_removed_with_their_servers():
    with_users = {"cull": {"users": True, "timeout": 86400}}
    assert found(with_users, {"cull": {"users": True, "timeout": 600}}) == {DATA}
    assert found(with_users, {"cull": {"users": False, "timeout": 600}}) == set()


def test_servers_that_may_become_older_than_before_are_ended_by_nobody():
    assert found({"cull": {"maxAge": 3600}}, {"cull": {"maxAge": 7200}}) == set()
    assert found({"cull": {"maxAge": 3600}}, {"cull": {"maxAge": 0}}) == set()
    assert found({"cull": {"maxAge": 7200}}, {"cull": {"maxAge": 3600}}) == {STOPS}


def test_a_profile_that_only_gets_another_name_or_size_runs_nothing_else():
    override = {"image": "quay.io/x:1", "mem_limit": "1G"}
    before = {"singleuser": {"profileList": [{"display_name": "a", "kubespawner_override": override}]}}
    renamed = {"display_name": "b", "default": True, "kubespawner_override": {**override, "mem_limit": "9G"}}
    assert found(before, {"singleuser": {"profileList": [renamed]}}) == set()
    other = {"display_name": "a", "kubespawner_override": {"image": "docker.io/x:1"}}
    assert found(before, {"singleuser": {"profileList": [other]}}) == {CODE}


def test_no_value_is_told():
    told = value_effects({}, values("hub.extraConfig.x", "c.password = 'hunter2'"))
    assert "hunter2" not in repr(told)
    assert "hub.extraConfig.x" in told[0].because


def test_many_values_of_a_kind_are_one_effect_that_names_some():
    (one,) = value_effects({}, {"hub": {"extraConfig": {f"n{number}": "" for number in range(9)}}})
    assert one.because.startswith("hub.extraConfig.n0, hub.extraConfig.n1,")
    assert "and 5 more" in one.because


def test_named_servers_that_are_taken_away_take_their_homes_out_of_reach():
    for path in ("hub.allowNamedServers", "hub.config.JupyterHub.allow_named_servers"):
        assert found(values(path, True), values(path, False)) == {DATA}
        assert found(values(path, False), values(path, True)) == set()


def test_what_culls_named_servers_counts_however_it_is_set_about():
    before = {"cull": {"removeNamedServers": True, "enabled": False}}
    assert DATA in found(before, {"cull": {"removeNamedServers": True, "enabled": True}})
    assert found(before, {"cull": {"removeNamedServers": True, "enabled": False, "timeout": 900}}) == set()


@pytest.mark.parametrize("path", [path.replace("*", "x") for paths in watched().values() for path in paths])
@pytest.mark.parametrize("value", ["x", 1, -1.5, True, None, [], ["x"], [{"name": 1}], {}, {"a": {"b": [None]}}, [[1]]])
def test_a_value_of_any_kind_is_judged(path, value):
    for before, after in (({}, values(path, value)), (values(path, value), {}), (values(path, 1), values(path, value))):
        assert isinstance(value_effects(before, after), tuple)
