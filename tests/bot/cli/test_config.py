"""`jhub-bot config check` and `jhub-bot init` on the command line."""

import os
import pty
import select
import stat
import subprocess
import sys

import pytest
from click.testing import CliRunner

from bot.cli.init import collected
from bot.cli.main import main
from bot.config.loading import load
from bot.config.types import ConfigError
from bot.config_tools.questionnaire import QUESTIONS, AnswerError

ID = "7d3c4b5a-0000-4000-8000-000000000001"
OTHER = "7d3c4b5a-0000-4000-8000-000000000002"
SECRET = "hunter2-3f81c0"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch, tmp_path):
    for name in list(os.environ):
        if name.startswith("JHUB_BOT_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def run(*arguments, answers=None):
    return CliRunner().invoke(main, arguments, input=answers)


@pytest.mark.parametrize(("text", "status"), [("teams: {port: 1}\n", 0), ("teams: {port: x}\n", 1), (None, 2)])
def test_the_exit_status_says_whether_it_can_be_used(tmp_path, text, status):
    if text is not None:
        (tmp_path / "bot.yaml").write_text(text)
    result = run("config", "check", "bot.yaml")
    assert result.exit_code == status
    assert ("It means:" in result.stdout) == (status == 0)
    if status == 1:
        assert result.stdout.startswith("bot.yaml:1:9: teams.port: must be a whole number\n")


def test_a_bot_that_is_started_with_a_mistake_says_who_says_more(tmp_path):
    (tmp_path / "bot.yaml").write_text("teams: {port: x}\n")
    result = run("serve", "--config", "bot.yaml")
    assert result.exit_code == 2
    assert "`jhub-bot config check bot.yaml` explains them with their lines." in result.stderr


# Everything that is asked by default, in its order.
ANSWERS = {
    "kubernetes.kubeconfig": "/etc/kube",
    "kubernetes.namespace": "hub-ns",
    "release.name": "",
    "hub.url": "",
    "hub.token": "/run/hub-token",
    "public.host": "hub.example.org",
    "azure.cluster": "aks",
    "azure.subscription_id": ID,
    "azure.resource_group": "rg",
    "registry.login_server": "jhub.azurecr.io",
    "access.viewer": "",
    "access.operator": f"{ID}, {OTHER}",
    "access.approver": "",
    "access.admin": "",
    "azure.identity": "",
    "azure.client_id": OTHER,
    "teams.app_id": ID,
    "teams.tenants": f"{ID} {OTHER}",
    "teams.app_type": "",
    "teams.app_secret": "keyvault:https://v.vault.azure.net/secrets/app",
    "schedules.timezone": "Europe/Berlin",
}


def test_answers_become_a_file_that_is_what_was_answered(tmp_path):
    result = run("init", "--out", "bot.yaml", answers="".join(f"{one}\n" for one in ANSWERS.values()))
    assert result.exit_code == 0, result.output
    made = load(tmp_path / "bot.yaml")
    assert (str(made.kubernetes.kubeconfig), made.kubernetes.namespace, made.release.name) == (
        "/etc/kube",
        "hub-ns",
        "jupyterhub",
    )
    assert made.hub.url == "http://hub.hub-ns.svc.cluster.local:8081"
    assert str(made.hub.token) == "file:/run/hub-token"
    assert [group.id for group in made.access.operator] == [ID, OTHER]
    assert (made.azure.identity, made.azure.client_id, made.graph.client_id) == ("ManagedIdentity", OTHER, OTHER)
    assert (made.teams.tenants, made.teams.app_secret.vault) == ((ID, OTHER), "https://v.vault.azure.net")
    assert made.alerts.timezone == made.report.timezone == made.schedules.timezone == "Europe/Berlin"
    assert "kubernetes.kubeconfig: /etc/kube cannot be found" in result.stdout
    assert "Next: fix the above, then jhub-bot doctor --config bot.yaml" in result.stdout


def test_the_file_is_private_commented_and_has_its_schema_beside_it(tmp_path):
    assert run("init", "--out", "bot.yaml", "--defaults").exit_code == 0
    text = (tmp_path / "bot.yaml").read_text()
    assert text.startswith("# yaml-language-server: $schema=bot.schema.json\n")
    assert "  # The namespace of the hub.\n  namespace: jhub\n" in text
    assert "# - building images (image.repository)" in text
    assert max(map(len, text.splitlines())) <= 120
    assert stat.S_IMODE((tmp_path / "bot.yaml").stat().st_mode) == 0o600
    assert sorted(one.name for one in tmp_path.iterdir()) == ["bot.schema.json", "bot.yaml"]


def test_what_is_there_is_kept_unless_forced(tmp_path):
    (tmp_path / "bot.yaml").write_text("mine")
    result = run("init", "--out", "bot.yaml", "--defaults")
    assert result.exit_code == 2
    assert "bot.yaml exists already; --force overwrites it" in result.stderr
    assert (tmp_path / "bot.yaml").read_text() == "mine"
    assert run("init", "--out", "bot.yaml", "--defaults", "--force").exit_code == 0
    assert "namespace: jhub" in (tmp_path / "bot.yaml").read_text()


def test_an_answer_that_cannot_be_is_asked_for_again_and_a_secret_not_taken(tmp_path):
    answers = f"\nBad Name\nhub\n\n\n{SECRET}\nenv:TOKEN\nhttps://hub\n\n\n\n\n\n\n\n\n\n"
    result = run("init", "--out", "bot.yaml", answers=answers)
    assert result.exit_code == 0, result.output
    assert "Error: it should look like jhub\n" in result.output
    assert "Error: do not put a secret here, only the place where it is stored: file:" in result.output
    assert "Error: it should look like hub.example.org" in result.output
    assert str(load(tmp_path / "bot.yaml").hub.token) == "env:TOKEN"
    assert SECRET not in (tmp_path / "bot.yaml").read_text()


def test_who_goes_away_in_between_leaves_nothing(tmp_path):
    result = run("init", "--out", "bot.yaml", answers="\n\n")
    assert result.exit_code == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("kubernetes.namespce=x", "did you mean kubernetes.namespace?"),
        ("kubernetes.namespace=Über", "kubernetes.namespace: it should look like jhub"),
        ("access.admin=admins", "access.admin: does not have the right form"),
        (f"hub.token={SECRET}", "hub.token: do not put a secret here"),
        (f"teams.app_id={ID}", "teams.tenants: this is needed"),
        ("azure.cluster=aks", "azure.subscription_id: this is needed"),
        ("schedules.timezone=Mars", "is not a time zone"),
        ("teams.app_type=SingleTenat", "did you mean SingleTenant?"),
    ],
)
def test_an_answer_beforehand_is_checked_as_well(tmp_path, answer, said):
    result = run("init", "--out", "bot.yaml", "--defaults", "--answer", answer)
    assert result.exit_code == 2
    assert said in result.stderr
    assert SECRET not in result.output
    assert list(tmp_path.iterdir()) == []


def test_questions_that_do_not_matter_are_not_asked():
    asked = []

    def ask(question, default):
        asked.append(question.name)
        return default, question.settings(default)

    collected({}, ask)
    assert not {"azure.subscription_id", "azure.client_id", "teams.tenants", "teams.app_secret"} & set(asked)
    with pytest.raises(ConfigError, match=r"teams\.tenants"):
        collected({"teams.app_id": ID, "teams.tenants": ""}, ask)


@pytest.mark.parametrize("question", [one for one in QUESTIONS if one.example], ids=lambda one: one.name)
def test_the_example_of_a_question_is_an_answer(question):
    assert question.settings(question.example)
    if question.form is not None:
        with pytest.raises(AnswerError, match="look like"):
            question.settings("§§")


def test_it_talks_on_a_terminal(tmp_path):
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", "from bot.cli.main import main; main()", "init", "--out", "bot.yaml"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TERM": "dumb"}
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        os.write(ours, b"\r" * (len(QUESTIONS) + 1))
        said = _until_the_end(ours)
        assert process.wait(240) == 0, said
    os.close(ours)
    assert "The hub's namespace [jhub]:" in said
    assert "Written: bot.yaml" in said
    assert (tmp_path / "bot.yaml").exists()


def _until_the_end(terminal):
    said = b""
    while select.select([terminal], [], [], 60)[0]:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # Linux's way to say that nobody is at the other end any more
            break
        if not part:
            break
        said += part
    return said.decode()
