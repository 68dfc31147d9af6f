"""The Bicep files, as far as they can be judged without a compiler: their parts are read here and held together."""

import json
import re
from pathlib import Path

import pytest

from bot.config.loading import load
from clients.azure.permissions import BOT, CLUSTER, QUOTA, REGISTRY

AZURE = Path(__file__).parents[2] / "deploy" / "azure"
TEXTS = {path.stem: path.read_text() for path in sorted(AZURE.glob("*.bicep"))}
_PARAM = re.compile(r"(?m)^param (\w+) (string|array|int|bool)(?: = (.+))?$")
_RESOURCE = re.compile(r"(?m)^resource (\w+) '(Microsoft\.[A-Za-z]+/[A-Za-z/]+)@(\d{4}-\d\d-\d\d)' (existing )?= \{$")
_OUTPUT = re.compile(r"(?m)^output (\w+) string = (.+)$")
_NAMED = re.compile(r"(?m)^(?:param|var|resource|module) (\w+) ")
_FUNCTIONS = {
    *("resourceGroup", "subscription", "tenant", "guid", "take", "empty", "uniqueString", "utcNow", "json", "map"),
    *("concat", "subscriptionResourceId", "loadJsonContent", "last", "split"),
}


def bare(text):
    """Without comments, and with strings emptied but for what they interpolate."""
    text = re.sub(r"(?m)^\s*//.*$", "", text)

    def emptied(found):
        return "'" + "".join(f" {part} " for part in re.findall(r"\$\{([^}]+)\}", found[0])) + "'"

    return re.sub(r"'(?:\\'|[^'\n])*'", emptied, text)


def parameters(template):
    return {name: default for name, _, default in _PARAM.findall(TEXTS[template])}


@pytest.mark.parametrize("template", TEXTS)
def test_brackets_and_quotes_close(template):
    text, open_ = bare(TEXTS[template]), []
    pairs = {")": "(", "]": "[", "}": "{"}
    for character in text:
        if character in "([{":
            open_.append(character)
        elif character in pairs:
            assert open_
            assert open_.pop() == pairs[character]
    assert open_ == []
    assert text.count("'") % 2 == 0


@pytest.mark.parametrize("template", TEXTS)
def test_everything_that_is_declared_is_used_and_what_is_used_is_declared(template):
    text = bare(TEXTS[template])
    names = _NAMED.findall(text)
    assert len(names) == len(set(names))
    for name in parameters(template):
        assert len(re.findall(rf"\b{name}\b", text)) > 1, name
    for called in re.findall(r"(?<![.\w@])([a-z]\w*)\(", text):
        assert called in _FUNCTIONS, called
    for used in re.findall(r"(?<![.\w])(\w+)\.(?:properties|id|name|listKeys|bot|cluster|registry|outputs)\b", text):
        assert used in names or used == "granted", used


@pytest.mark.parametrize("template", TEXTS)
def test_its_resources_have_a_type_and_a_version(template):
    text = TEXTS[template]
    assert len(re.findall(r"(?m)^resource ", text)) == len(_RESOURCE.findall(text))


def test_metrics_are_read_by_a_built_in_role_on_the_workspace_alone():
    text = TEXTS["metrics-reader"]
    # Monitoring Data Reader.
    assert re.findall(r"'([0-9a-f-]{36})'", text) == ["b0d8363b-8ddd-447d-831f-62ca05bff136"]
    assert re.findall(r"(?m)^  scope: (\w+)$", text) == ["workspace"]


@pytest.mark.parametrize("template", [name for name in TEXTS if "module" in TEXTS[name]])
def test_modules_are_given_what_they_need(template):
    for file, body in re.findall(
        r"module \w+ '([\w-]+)\.bicep' = .*?params: \{(.*?)\n  \}", TEXTS[template], re.DOTALL
    ):
        given = set(re.findall(r"(?m)^    (\w+):", body))
        needed = {name for name, default in parameters(file).items() if not default}
        assert needed <= given <= set(parameters(file))


@pytest.mark.parametrize("template", ["identity", "database", "app"])
def test_the_script_gives_each_template_what_it_needs(template, script):
    steps = script("azure", "steps")
    setup = script("azure", "setup")
    files = {name: str(AZURE / "setup.py") for name in ("--config", "--kubeconfig", "--hub-token")}
    typed = {"--resource-group": "a", "--location": "b", "--cluster": "c", "--cluster-resource-group": "d"} | files
    words = [part for pair in typed.items() for part in pair]
    given = setup.parser().parse_args([*words, "--image", "a.b/c:1"])
    known = {"roles": dict.fromkeys((*steps.READING, steps.ROTATING), "x"), "graph": "g"}
    known |= {"keeper": "k", "subscription": "s", "vaults": {}}
    plan = steps.plan(lambda _: "", given, known)
    (step,) = [one for one in plan if str(AZURE / f"{template}.bicep") in one.command]
    needed = {name for name, default in parameters(template).items() if not default}
    assert needed <= set(step.parameters) <= set(parameters(template))


def test_the_script_uses_outputs_that_there_are():
    text = "".join((AZURE / f"{name}.py").read_text() for name in ("setup", "steps"))
    made = {name for template in TEXTS.values() for name, _ in _OUTPUT.findall(template)}
    used = set(re.findall(r"\{((?!parameters)\w+)\}[\"/]", text)) | set(re.findall(r"result\['(\w+)'\]", text))
    assert used & {"clientId", "vaultName", "principalId"}
    assert {name for name in used if name[0].islower() and name in made | {"endpoint"}} <= made


def test_the_roles_have_exactly_the_actions_of_the_clients():
    assert json.loads((AZURE / "actions.json").read_text()) == {
        "bot": sorted(BOT),
        "cluster": sorted(CLUSTER),
        "quota": sorted(QUOTA),
        "registry": sorted(REGISTRY),
    }
    assert "actions: granted.cluster," in TEXTS["cluster-role"]
    assert "actions: granted.registry," in TEXTS["registry-role"]
    assert "actions: granted.bot," in TEXTS["bot-role"]
    assert "actions: granted.quota," in TEXTS["quota-role"]
    roles = [text for name, text in TEXTS.items() if name.endswith("-role")]
    assert all("dataActions: []" in text for text in roles)
    assert len(roles) == 4
    assert [action for action in BOT | CLUSTER | QUOTA | REGISTRY if "*" in action] == []


def test_on_the_subscription_the_bot_may_read_and_nothing_else():
    assert all(action.endswith("/read") for action in QUOTA)
    assert "targetScope = 'subscription'" in TEXTS["quota-role"]
    assert "principalId: principalId" in TEXTS["quota-role"].partition("resource assigned ")[2]


def test_the_bot_reads_its_own_vault_and_writes_nothing_there():
    # Key Vault Secrets User, by the id that it has everywhere.
    assert "var secretsUser = '4633458b-17de-408a-b874-0445c86b69e6'" in TEXTS["identity"]
    reads = TEXTS["identity"].partition("resource reads ")[2].partition("\nresource ")[0]
    assert "scope: vault\n" in reads
    assert "principalId: identity.properties.principalId" in reads
    assert "roleDefinitions', secretsUser)" in reads


def test_the_world_reaches_the_page_about_the_bot_and_no_numbers():
    app = TEXTS["app"].partition("resource app ")[2].partition("\nresource ")[0]
    # An app's ingress leads to one port with all its paths: /about is there, and /metrics must not be.
    assert re.findall(r"targetPort: (\d+)", app) == ["3978"]
    assert "additionalPortMappings" not in app
    assert "JHUB_BOT_METRICS" not in app


def test_each_role_is_given_on_one_resource_to_the_bot_alone():
    for template, resource in (("bot-role", "bot"), ("cluster-role", "cluster"), ("registry-role", "registry")):
        assigned = TEXTS[template].partition("resource assigned ")[2]
        assert f"scope: {resource}\n" in assigned
        assert "principalId: principalId" in assigned


def test_the_variables_of_the_app_are_settings_of_the_bot(monkeypatch, tmp_path):
    pairs = re.findall(r"\{ name: '(JHUB_BOT_\w+)', value: (.+) \}", TEXTS["app"])
    stands = {"clientId": "3f6e", "subscriptionId": "s", "clusterResourceGroup": "g", "clusterName": "c"}
    for name, value in pairs:
        text = value.strip("'").replace("${tenant().tenantId}", "tenant-1").replace("${revision}", "20261124090000")
        monkeypatch.setenv(name, stands.get(text, text))
    (tmp_path / "config.yaml").write_text("public: {host: hub.example.org}\nhub: {url: https://hub.example.org}\n")
    its = load(tmp_path / "config.yaml")
    assert (its.teams.app_type, its.teams.app_id, its.teams.tenants) == ("UserAssignedMSI", "3f6e", ("tenant-1",))
    assert (its.azure.cluster, its.graph.client_id) == ("c", "3f6e")
    assert its.store.replica == "bot-20261124090000"
    mounted = re.findall(r"mountPath: '(.+)'", TEXTS["app"])
    files = [its.kubernetes.kubeconfig, its.hub.token_file, its.store.url_file]
    (names,) = re.findall(r"param secretNames array = \[(.+)\]", TEXTS["app"])
    assert {path.name for path in files} == set(re.findall(r"'([\w-]+)'", names))
    assert {str(path.parent) for path in files} <= set(mounted)
    assert str(its.state_dir) in mounted


def test_a_bot_that_starts_the_cluster_runs_while_that_is_stopped():
    assert "minReplicas: 1, maxReplicas: 1" in TEXTS["app"]
    probes = re.findall(r"type: '(\w+)', httpGet: \{ path: '(.+?)', port: (\d+) \}", TEXTS["app"])
    # Neither asks the cluster (tests/bot/whole/test_ready.py).
    asked = {"Startup": "/healthz", "Readiness": "/readyz", "Liveness": "/healthz"}
    assert probes == [(kind, path, "3978") for kind, path in asked.items()]


def test_no_secret_stands_in_the_app():
    (secrets,) = re.findall(r"secrets: concat\((.+?)\n      \)", TEXTS["app"], re.DOTALL)
    assert re.findall(r"name: '(\w+)', value: (\w+)", secrets) == [("config", "config")]
    assert "keyVaultUrl: '${vaultUri}secrets/${secret}'" in secrets
    assert "@secure()" in TEXTS["database"].partition("param password")[0][-60:]
    assert not any("password" in text.casefold() for name, text in TEXTS.items() if name != "database")


def test_the_azure_bot_is_the_identitys_and_reached_at_the_app():
    bot = TEXTS["app"].partition("resource bot ")[2]
    assert "msaAppType: 'UserAssignedMSI'" in bot
    assert "msaAppId: clientId" in bot
    assert "endpoint: 'https://${app.properties.configuration.ingress.fqdn}/api/messages'" in bot
    assert "channelName: 'MsTeamsChannel'" in bot
