"""The script that sets the bot up in Azure, with a stand-in for the Azure CLI that remembers."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from bot.config.secret_reference import SecretRef
from clients.azure.permissions import GRAPH

AZURE = Path(__file__).parents[2] / "deploy" / "azure"
HUB = "b1f8c0de-0000-4000-8000-000000000001"
ROLES = {name: f"role-{number}" for number, name in enumerate(GRAPH)}
READS = (
    *("account show", "aks show", "ad sp show", "ad signed-in-user show", "acr show"),
    *("keyvault secret list", "keyvault show", "rest --method GET", "ad app owner list"),
)


def outputs(**values):
    return {name: {"type": "String", "value": value} for name, value in values.items()}


def answers():
    return {
        "account show": {"id": "sub-1", "tenantId": "tenant-1", "user": {"name": "ada@example.org"}},
        "aks show": {"id": "/subscriptions/sub-1/aks"},
        "ad sp show": {"id": "graph-1", "appRoles": [{"value": name, "id": role} for name, role in ROLES.items()]},
        "ad signed-in-user show": {"id": "keeper-1"},
        "acr show": {"id": "/acr", "loginServer": "jhub.azurecr.io"},
        "keyvault secret list": [],
        "rest --method GET": {"value": []},
        "ad app owner list": [],
        "deployment group create --resource-group bots --name jhub-bot-identity": outputs(
            identityId="/ids/1",
            clientId="client-1",
            principalId="principal-1",
            vaultName="vault-1",
            vaultUri="https://v/",
        ),
        "deployment group create --resource-group bots --name jhub-bot-app": outputs(
            host="bot.example.org", endpoint="https://bot.example.org/api/messages"
        ),
    }


def told(answer):
    """As the stand-in reads it: JSON on a line, or what is wrong behind an exclamation mark."""
    return answer if isinstance(answer, str) else json.dumps(answer)


def asked(line):
    words, files, modes = [], [], []
    for part in line.split("\037")[:-1]:
        if part.startswith("\035"):
            _, mode, content = part.split("\035")
            files.append(content)
            modes.append(mode)
        else:
            words.append(part)
    return {"words": words, "files": files, "modes": modes}


class Azure:
    """A folder with the stand-in, and the script run against it."""

    def __init__(self, folder):
        self.folder = folder
        self.answers = answers()
        shutil.copy(Path(__file__).parent / "az.sh", folder / "az")
        (folder / "az").chmod(0o700)
        for name in ("config.yaml", "kubeconfig", "token"):
            (folder / name).write_text(f"content of {name}")

    def run(self, *more, given="", leave=()):
        lines = [line for start, answer in self.answers.items() for line in (start, told(answer))]
        (self.folder / "answers").write_text("\n".join(lines) + "\n")
        words = {
            "--resource-group": "bots",
            "--location": "westeurope",
            "--cluster": "jhub-aks",
            "--cluster-resource-group": "jhub",
            "--image": "jhub.azurecr.io/jhub-teams-bot:1",
            "--config": self.folder / "config.yaml",
            "--kubeconfig": self.folder / "kubeconfig",
            "--hub-token": self.folder / "token",
        }
        typed = [str(part) for name, value in words.items() if name not in leave for part in (name, value)]
        # Not as in a shell of ours: only the stand-in is on the path.
        env = {"PATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, str(AZURE / "setup.py"), *typed, *map(str, more)]
        return subprocess.run(command, input=given, env=env, capture_output=True, text=True, timeout=240, check=False)

    @property
    def asked(self):
        path = self.folder / "asked"
        return [asked(line) for line in path.read_text().split("\n")[:-1]] if path.exists() else []

    @property
    def changes(self):
        return [one for one in self.asked if not " ".join(one["words"]).startswith(READS)]

    def parameters(self, template):
        for one in self.changes:
            if any(word.endswith(f"{template}.bicep") for word in one["words"]):
                return {name: its["value"] for name, its in json.loads(one["files"][0])["parameters"].items()}
        raise AssertionError(template)


@pytest.fixture
def azure(tmp_path):
    return Azure(tmp_path)


FULL = ("--registry", "jhub", "--image-registry", "jhub", "--hub-app-id", HUB)


def test_it_says_all_that_it_does_before_it_does_it(azure):
    done = azure.run(*FULL, "--yes")
    assert done.returncode == 0, done.stderr
    plan = done.stdout.partition("…")[0]
    for one in azure.changes:
        words = [word for word in one["words"] if not word.startswith(("@", "http"))]
        shown = " ".join(word for word in words if word not in ("vault-1", "principal-1"))
        for word in shown.split():
            assert word in plan, word
    numbers = [int(number) for number in re.findall(r"(?m)^(\d+)\. ", done.stdout)]
    assert numbers == 2 * list(range(1, len(azure.changes) + 1))


@pytest.mark.parametrize(("typed", "status"), [("no\n", 3), ("", 3), ("y\n", 3), ("yes\n", 0)])
def test_only_a_yes_is_a_yes(azure, typed, status):
    done = azure.run(given=typed)
    assert done.returncode == status, done.stderr
    assert bool(azure.changes) is (status == 0)
    assert ("Nothing was changed." in done.stdout) is (status == 3)


def test_with_plan_nothing_is_asked_and_nothing_is_done(azure):
    done = azure.run("--plan", *FULL)
    assert done.returncode == 0
    assert azure.changes == []
    assert "Do it?" not in done.stdout


def test_what_a_step_answers_the_next_ones_use(azure):
    azure.run(*FULL, "--yes")
    assert azure.parameters("identity")["keeper"] == "keeper-1"
    assert azure.parameters("database")["vaultName"] == "vault-1"
    app = azure.parameters("app")
    assert (app["identityId"], app["clientId"], app["vaultUri"]) == ("/ids/1", "client-1", "https://v/")
    assert (app["config"], app["imageRegistry"]) == ("content of config.yaml", "jhub.azurecr.io")


def test_the_vault_has_everything_before_the_app_reads_it(azure):
    azure.run("--yes")
    order = [" ".join(one["words"]) for one in azure.changes]
    stored = [at for at, line in enumerate(order) if line.startswith("keyvault secret set")]
    (app,) = [at for at, line in enumerate(order) if "app.bicep" in line]
    assert len(stored) == 2
    assert max(stored) < app == len(order) - 1


def test_the_password_is_in_no_argument_and_not_on_the_screen(azure):
    done = azure.run("--yes")
    password = azure.parameters("database")["password"]
    assert re.fullmatch(r"[A-Za-z0-9]{48}", password)
    assert password not in done.stdout + done.stderr
    assert password not in json.dumps([one["words"] for one in azure.asked])
    assert {mode for one in azure.asked for mode in one["modes"]} == {"-rw-------"}
    left = [word[1:] for one in azure.asked for word in one["words"] if word.startswith("@")]
    assert [path for path in left if Path(path).exists()] == []


REFERRED = """
teams: {app_secret: "keyvault:https://company.vault.azure.net/secrets/bot-secret"}
# graph: {secret: keyvault:https://other.vault.azure.net/secrets/graph}
hub: {token: keyvault:https://vault-1.vault.azure.net/secrets/hub-token}
values: {token: keyvault:https://company.vault.azure.net/secrets/git/0123456789abcdef0123456789abcdef}
image: {repository_token: keyvault:https://company.vault.azure.net/secrets/git}
"""


def test_secrets_that_the_configuration_leaves_in_other_vaults_can_be_read_and_no_others(azure):
    (azure.folder / "config.yaml").write_text(REFERRED)
    azure.answers["keyvault show"] = {"id": "/vaults/company", "properties": {"enableRbacAuthorization": True}}
    done = azure.run("--yes")
    assert done.returncode == 0, done.stderr
    given = [one["words"] for one in azure.changes if one["words"][:3] == ["role", "assignment", "create"]]
    assert [words[words.index("--scope") + 1] for words in given] == [
        *("/vaults/company/secrets/bot-secret", "/vaults/company/secrets/git")
    ]
    for words in given:
        assert words[words.index("--role") + 1] == "Key Vault Secrets User"
        assert words[words.index("--assignee-object-id") + 1] == "principal-1"
    # The vault that it made itself.
    assert "secret hub-token of the vault vault-1, which the configuration names: already done" in done.stdout


def test_a_vault_without_roles_gets_a_policy(azure):
    (azure.folder / "config.yaml").write_text(REFERRED)
    azure.answers["keyvault show"] = {"id": "/vaults/company", "properties": {"enableRbacAuthorization": False}}
    assert azure.run("--yes").returncode == 0
    given = [" ".join(one["words"]) for one in azure.changes if one["words"][:2] == ["keyvault", "set-policy"]]
    wanted = "keyvault set-policy --name company --object-id principal-1 --secret-permissions get --output none"
    assert given == [wanted, wanted]


def test_a_vault_that_is_not_there_is_told_before_anything_is_changed(azure):
    (azure.folder / "config.yaml").write_text(REFERRED)
    azure.answers["keyvault show"] = "!(VaultNotFound) company"
    done = azure.run("--yes")
    assert (done.returncode, azure.changes) == (1, [])
    assert "VaultNotFound" in done.stderr


def test_a_reference_is_one_that_the_bot_would_read(script, tmp_path):
    vaults, path = script("azure", "vaults"), tmp_path / "config.yaml"
    path.write_text(REFERRED)
    settings = yaml.safe_load(REFERRED)
    places = [SecretRef.parse(place) for section in settings.values() for place in section.values()]
    its = {(urlsplit(one.vault).hostname.partition(".")[0], one.name.partition("/")[0]) for one in places}
    assert vaults.referred(path) == sorted(its)


def test_another_run_makes_another_password(script):
    steps = script("azure", "steps")
    assert len({steps._password() for _ in range(10)}) == 10


def test_the_permissions_are_those_of_the_clients(azure):
    azure.run(*FULL, "--yes")
    given = [json.loads(one["files"][0]) for one in azure.changes if one["words"][:3] == ["rest", "--method", "POST"]]
    assert [one["appRoleId"] for one in given] == [ROLES[name] for name in GRAPH]
    assert {(one["principalId"], one["resourceId"]) for one in given} == {("principal-1", "graph-1")}
    owned = [one["words"] for one in azure.changes if one["words"][:4] == ["ad", "app", "owner", "add"]]
    assert owned == [["ad", "app", "owner", "add", "--id", HUB, "--owner-object-id", "principal-1"]]


def test_without_the_hubs_registration_it_may_not_be_written(azure):
    azure.run("--yes")
    given = [json.loads(one["files"][0]) for one in azure.changes if one["words"][:3] == ["rest", "--method", "POST"]]
    assert [one["appRoleId"] for one in given] == [ROLES[name] for name in GRAPH[:2]]
    assert not any("owner" in one["words"] for one in azure.changes)


def test_what_is_so_already_is_left_alone(azure):
    azure.answers["keyvault secret list"] = [{"name": "database-url"}]
    azure.answers["rest --method GET"] = {"value": [{"appRoleId": role} for role in ROLES.values()]}
    azure.answers["ad app owner list"] = [{"id": "principal-1"}]
    done = azure.run(*FULL, "--yes")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("already done") == 5
    lines = [" ".join(one["words"]) for one in azure.changes]
    assert not any(line.startswith(("rest", "ad")) or "database.bicep" in line for line in lines)


def test_it_stops_at_what_fails_and_says_what_azure_said(azure):
    azure.answers["group create"] = "!AuthorizationFailed: no"
    done = azure.run("--yes")
    assert done.returncode == 1
    assert "AuthorizationFailed" in done.stderr
    assert len(azure.changes) == 1
    assert "Traceback" not in done.stderr


def test_what_is_missing_is_told_before_anything_is_asked(azure):
    azure.answers["aks show"] = "!ResourceNotFound: jhub-aks"
    done = azure.run("--yes")
    assert (done.returncode, azure.changes) == (1, [])
    assert "jhub-aks" in done.stderr


def test_a_role_that_does_not_count_yet_is_waited_for(script):
    execution = script("azure", "execution")
    tries = []

    def answer(words):
        tries.append(words)
        if len(tries) < 3:
            raise execution.SetupError("Forbidden: not yet")
        return ""

    step = execution.Step("Put it", ("keyvault", "secret", "set"), patient=True)
    assert execution.do(answer, [step], lambda _: None, pause=0) == {}
    assert len(tries) == 3
    tries.clear()
    with pytest.raises(execution.SetupError):
        execution.do(answer, [execution.Step("Put it", ("group", "create"))], lambda _: None, pause=0)


def test_without_the_cli_it_says_so(azure):
    (azure.folder / "az").unlink()
    done = azure.run("--yes")
    assert done.returncode == 1
    assert "Azure CLI" in done.stderr


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (("--name", "Bot!"), "--name"),
        (("--image", "latest; rm"), "--image"),
        (("--hub-app-id", "the hub"), "--hub-app-id"),
        (("--cluster", "--yes "), "--cluster"),
        (("--config", "/nowhere"), "--config"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_read(azure, more, named):
    done = azure.run(*more)
    assert done.returncode == 2
    assert named in done.stderr
    assert azure.asked == []


def test_it_can_be_started_by_its_name():
    assert os.access(AZURE / "setup.py", os.X_OK)
