"""A file is checked: every mistake with its place and what would be right, and never with what was typed."""

import pytest

from bot.cli.config import lines
from bot.config.types import ConfigError
from bot.config_tools.check import check

SECRET = "hunter2-3f81c0"
ID = "7d3c4b5a-0000-4000-8000-000000000001"
VAULT = "https://hub-bot.vault.azure.net/secrets/app"


async def told(tmp_path, text, *, elsewhere=True):
    file = tmp_path / "bot.yaml"
    file.write_text(text)
    checked = await check(file, elsewhere=elsewhere)
    return [line.removeprefix(f"{file}:") for line in lines(file, checked)], checked


MISTAKES = {
    "teams: {prot: 1}": "1:9: teams.prot: no such setting: did you mean port?",
    "teams: {port: abc}": "1:9: teams.port: must be a whole number",
    "teams: {port: 70000}": "1:9: teams.port: should be less than or equal to 65535",
    "taems: {port: 1}": "1:1: taems: no such section: did you mean teams?",
    "teams: {app_type: singletenant}": "WorkloadIdentity or AzureCli; did you mean SingleTenant?",
    f"teams: {{app_secret: {SECRET}}}": "do not put a secret here, only the place where it is stored: file:/run/",
    f"hub: {{password: {SECRET}}}": "no such setting, and secrets are never written here; the settings are url, "
    "services_url, token,",
    "hub: {subscription_id: x}": "it belongs under azure or registry",
    "hub: {url: 5}": "must be text: put it in quotation marks",
    "hub:": "1:1: hub: is empty",
    "hub: []": "must contain settings, indented below it, such as “url: …”",
    "release:\n  timeout: soon": "2:3: release.timeout: write a whole number and a unit, as in 30s, 10m, 4h or 14d",
    "release: {timeout: 0s}": "release.timeout: must be longer than zero",
    f"access:\n  admin:\n    - id: {SECRET}": "access.admin.0.id: does not have the right form. Expected: the",
    "access: {admin: [{name: x}]}": "access.admin.0.id: is missing",
    f"access: {{admin: {ID}}}": "access.admin: must be a list, as in [one, two]",
    "alerts: {enabled: maybe}": "alerts.enabled: must be true or false",
    'alerts: {quiet: "late"}': "alerts.quiet: hours are written as 22:00-07:00",
    'alerts: {channels: {"19:x": {min: warn}}}': "note, warning or critical; did you mean",
    'alerts: {channels: {"19:x": {only: [nothing]}}}': "there is no watcher named nothing",
    "approvals: {policy: {deploi: {approvals: 1}}}": "1:13: approvals.policy: “deploi” is not a command",
    "schedules: {timezone: Berlin}": "use a name such as Europe/Berlin",
    'storage: {expire_at: "0 3 30 2 *"}': "1:11: storage.expire_at: it never fires: there is no such date",
    'storage: {expire_at: "0 3 31 4,6,9,11 *"}': "storage.expire_at: it never fires: there is no such date",
    'storage: {expire_at: "0 25 * * *"}': "storage.expire_at: a field",
    'storage: {expire_at: "* * * * *"}': "storage.expire_at: a schedule runs at most every 15 minutes",
    "storage: {expire_at: daily}": "storage.expire_at: type five fields in quotation marks, minute, hour, day, month",
    "storage: {expire_at: 3}": "storage.expire_at: must be text: put it in quotation marks",
    "azure: {cluster: x}": "1:1: azure: a cluster needs subscription_id and resource_group",
    "teams: {host: 0.0.0.0}": "1:9: teams.host: without an app id",
    "public: {host: a.example.org, nameserver: x}": "public.nameserver: must be an address and a port",
    "graph: {token: 'keyvault:http://127.0.0.1:1/secrets/x'}": "key_vault: a vault on this machine is the sandbox's",
}


@pytest.mark.parametrize("text", MISTAKES)
async def test_a_mistake_has_its_place_and_what_would_be_right(tmp_path, text):
    said, checked = await told(tmp_path, text)
    assert MISTAKES[text].replace("’", "'") in said[0]
    assert "1 mistake." in said
    assert checked.mistakes == 1
    assert SECRET not in "\n".join(said)


@pytest.mark.parametrize("line", ["17 3 * * *", "0 3 29 2 *", "0 3 30 2 1", "0 3 * * mon-fri", "5 4 1,15 jan *"])
async def test_a_cron_line_that_fires_is_taken(tmp_path, line):
    _, checked = await told(tmp_path, f'storage: {{expire_at: "{line}"}}')
    assert checked.settings.storage.expire_at == line
    assert type(checked.settings.storage.expire_at) is str, "as the database takes it"


async def test_all_mistakes_are_told_in_the_order_of_their_lines(tmp_path):
    said, _ = await told(tmp_path, "teams:\n  prot: 1\nhubb: {}\nrelease: {timeout: x}\naccess: {admin: 1}\n")
    assert [line.partition(":")[0] for line in said[:-1]] == ["2", "3", "4", "5"]
    assert said[-1] == "4 mistakes."


async def test_what_is_no_yaml_is_one_mistake(tmp_path):
    said, checked = await told(tmp_path, f"teams: {{port: 1}}\nteams: {{app_secret: {SECRET}}}\n")
    assert said[0].startswith("2:1: “teams” is set a second time")
    assert checked.settings is None


async def test_a_file_that_is_not_there_cannot_be_checked(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        await check(tmp_path / "absent.yaml")


async def test_what_the_environment_sets_is_said_and_its_mistakes_are_its(tmp_path, monkeypatch):
    monkeypatch.setenv("JHUB_BOT_TEAMS__PORT", SECRET)
    monkeypatch.setenv("JHUB_BOT_TEAMS__HOTS", "x")
    monkeypatch.setenv("JHUB_BOT_TAEMS__PORT", "1")
    said, checked = await told(tmp_path, "teams: {port: 1}\n")
    assert said == [
        "1:9: note: teams.port: is set by JHUB_BOT_TEAMS__PORT instead",
        "JHUB_BOT_TAEMS__PORT: no such section: did you mean JHUB_BOT_TEAMS__PORT?",
        "JHUB_BOT_TEAMS__PORT: must be a whole number",
        "JHUB_BOT_TEAMS__HOTS: no such setting: did you mean JHUB_BOT_TEAMS__HOST?",
        "3 mistakes.",
    ]
    assert checked.settings is None


async def test_where_a_secret_is_may_be_said_by_a_variable_in_either_way(tmp_path, monkeypatch):
    monkeypatch.setenv("JHUB_BOT_HUB__TOKEN", "env:TOKEN")
    monkeypatch.setenv("JHUB_BOT_GRAPH__TOKEN_FILE", "/run/token")
    said, checked = await told(tmp_path, "hub: {token_file: /t}\ngraph: {token: env:X}\n")
    assert said[0] == "1:7: note: hub.token_file: is set by JHUB_BOT_HUB__TOKEN instead"
    assert said[1] == "2:9: note: graph.token: is set by JHUB_BOT_GRAPH__TOKEN_FILE instead"
    assert str(checked.settings.hub.place_of("token")) == "env:TOKEN"
    assert str(checked.settings.graph.place_of("token")) == "file:/run/token"


async def test_a_variable_for_a_whole_section_that_is_no_json(tmp_path, monkeypatch):
    monkeypatch.setenv("JHUB_BOT_TEAMS", SECRET)
    said, _ = await told(tmp_path, "")
    assert said[0].startswith("JHUB_BOT_TEAMS: is not of the form JHUB_BOT_SECTION__NAME")
    assert SECRET not in "\n".join(said)


async def test_files_and_variables_that_are_not_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").write_text("")
    text = (
        "kubernetes: {kubeconfig: conf/kube}\nhub: {token: env:NOT_SET}\n"
        f"graph: {{token_file: {tmp_path}/empty}}\nimage: {{repository_token: file:.}}\n"
        "release: {chart: here, repository: null}\nvalues: {home: file, file: none.yaml}\n"
    )
    said, checked = await told(tmp_path, text, elsewhere=False)
    assert [line.partition(" ")[2] for line in said[:7]] == [
        f"kubernetes.kubeconfig: conf/kube (relative: here {tmp_path}/conf/kube) cannot be found (No such file or directory)",  # noqa: E501
        "hub.token: the variable NOT_SET is not set",
        f"graph.token_file: {tmp_path}/empty is empty",
        f"image.repository_token: . (relative: here {tmp_path}) is not a file",
        f"release.chart: here (relative: here {tmp_path}/here) is not a folder with a chart",
        f"note: values.file: none.yaml (relative: here {tmp_path}/none.yaml) does not exist yet: create it before the first deployment",  # noqa: E501
        "mistakes.",
    ]
    assert checked.mistakes == 5
    _, checked = await told(tmp_path, text, elsewhere=True)
    assert checked.mistakes == 0, "that is not looked for where the bot does not run"


async def test_a_secret_that_everybody_may_read_is_worth_a_note(tmp_path):
    (tmp_path / "token").write_text(SECRET)
    text = f"hub: {{token_file: {tmp_path}/token}}\nstate_dir: {tmp_path}\n"
    (tmp_path / "token").chmod(0o604)
    said, checked = await told(tmp_path, text, elsewhere=False)
    assert "note: hub.token_file" in said[0]
    assert "everybody" in said[0]
    assert checked.mistakes == 0
    (tmp_path / "token").chmod(0o640)
    said, _ = await told(tmp_path, text, elsewhere=False)
    assert said[0] == "No mistakes, but:"
    assert SECRET not in "\n".join(said)


async def test_a_configuration_says_what_it_comes_to(tmp_path):
    text = (
        f"teams: {{app_id: {ID}, tenants: [{ID}], app_secret: 'keyvault:{VAULT}', host: 0.0.0.0}}\n"
        f"access: {{operator: [{{id: {ID}, name: hub-operators}}]}}\nhub: {{token_file: /t}}\n"
        "kubernetes: {kubeconfig: /k, context: c}\npublic: {host: hub.example.org}\n"
    )
    said, _ = await told(tmp_path, text)
    whole = "\n".join(said)
    for one in (
        "Hub     release jupyterhub in namespace jhub of the cluster of /k, context c; people open hub.example.org",
        f"Teams   app {ID} (SingleTenant) on 0.0.0.0:3978, for tenant {ID}",
        "operator: hub-operators",
        "nobody approves",
        f"teams.app_secret from keyvault:{VAULT}",
        "hub.token from file:/t",
        "Off     nodes, pools, starting and stopping the cluster (azure.cluster)",
    ):
        assert one in whole
    assert "(hub.token" not in whole
    assert whole.count(" from file:") == 1, "neither the kubeconfig nor state_dir is a secret of its own"
    nothing, _ = await told(tmp_path, "")
    assert any("nobody may do anything" in line for line in nothing)
    assert any("this machine only" in line for line in nothing)
