"""`jhub-bot try`: what it prints, how it ends, and what it never prints."""

import asyncio
import contextlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.changes.replies import working
from bot.chat.intercepted import ViewEvent
from bot.cli.dev import early_import as trying
from bot.cli.dev import try_command as trial
from bot.cli.dev.sandbox_process import sandbox
from bot.cli.dev.teams_emulator import is_private
from bot.cli.main import main
from cards.views import Notice, Plan, Progress

OPERATOR = "alex.wilber@example.org"
# The world that `try` makes unless it is told otherwise.
USUAL = ("--users", "40")


@pytest.fixture(scope="module")
def world():
    """A world that one trial after the other finds as the one before left it, each with a bot of its own."""
    with _made() as made:
        yield made


@pytest.fixture(scope="module")
def empty():
    """The same without a hub."""
    with _made("--empty") as made:
        yield made


@contextlib.contextmanager
def _made(*arguments):
    with asyncio.Runner() as runner:
        started = sandbox((*USUAL, *arguments))
        yield runner.run(started.__aenter__())
        runner.run(started.__aexit__(None, None, None))


def _already(world):
    """Instead of beginning one: the world that is there."""

    @contextlib.asynccontextmanager
    async def found(arguments=()):
        assert tuple(arguments) == USUAL

        async def ready():
            return world

        yield ready

    return found


@pytest.fixture
def again(monkeypatch, world):
    """The world that is there, for what leaves it as it was: trials start quicker."""
    monkeypatch.setattr(trying, "begun", _already(world))


@pytest.fixture
def secrets(monkeypatch):
    """The hub's token of each world that is tried, filled in as they start."""
    found, there = [], trying.begun

    @contextlib.asynccontextmanager
    async def overheard(arguments=()):
        async with there(arguments) as ready:

            async def told():
                world = await ready()
                found.append(Path(str(world.ready["hub_token_file"])).read_text(encoding="utf-8"))
                return world

            yield told

    monkeypatch.setattr(trying, "begun", overheard)
    return found


@pytest.fixture
def bare(monkeypatch, empty):
    """A world without a hub: for what ends before anything is tried."""
    monkeypatch.setattr(trying, "begun", _already(empty))


def run(*arguments):
    return CliRunner().invoke(main, ["try", *arguments])


def test_json_is_every_activity_on_a_line_of_its_own(secrets, caplog, capfd):
    result = run("--json", "--as", OPERATOR.upper(), "/jhub help", "/jhub status", "history", "pods")
    assert result.exit_code == 0, result.output
    activities = [json.loads(line) for line in result.stdout.splitlines()]
    assert {activity["operation"] for activity in activities} <= {"send", "update"}
    assert [activity["operation"] for activity in activities].count("send") == 4
    cards = [activity["attachments"][0] for activity in activities]
    assert {card["contentType"] for card in cards} == {"application/vnd.microsoft.card.adaptive"}
    assert all(card["content"]["type"] == "AdaptiveCard" for card in cards)
    assert "Everything is healthy" in result.stdout
    assert "pandas 3" not in result.stderr
    _nothing_secret(secrets, result, caplog, capfd)


@pytest.mark.usefixtures("again")
def test_as_text_a_refusal_ends_with_1_and_names_who_could(secrets, caplog, capfd):
    result = run("--as", "viewer", "/jhub status", "/jhub deploy 7c1d2e9")
    assert result.exit_code == 1, result.output
    said = " ".join(result.stdout.split())
    assert "Adele Vance: /jhub deploy 7c1d2e9" in said
    assert "Everything is healthy" in said
    assert "40 users, 12 active, 12 servers running" in said
    assert "Not allowed" in said
    assert "ask an owner of the group “jhub-operators”" in said
    _nothing_secret(secrets, result, caplog, capfd)


@pytest.mark.usefixtures("bare")
def test_what_is_sent_as_from_the_slash_menu_is_answered_to_the_sender_alone():
    for slash, private in ((("--slash",), [True]), ((), [False])):
        result = run(*slash, "--json", "help")
        assert result.exit_code == 0, result.output
        said = [json.loads(line) for line in result.stdout.splitlines()]
        assert [is_private(activity) for activity in said if activity["operation"] == "send"] == private


DELETE = "/jhub storage delete emmy.noether@example.org"


def test_a_home_is_deleted_with_a_second_persons_consent_and_comes_back(secrets, caplog, capfd):
    restore = "/jhub storage restore emmy.noether@example.org"
    result = run("--approve-as", "approver", DELETE, "/jhub storage snapshots", restore, restore)
    said = " ".join(result.stdout.split())
    assert "The home of emmy.noether@example.org is deleted" in said
    assert "Approved by Megan Bowen" in said
    assert "The home of emmy.noether@example.org is restored" in said
    # A live home is not overwritten.
    assert result.exit_code == 1
    assert said.count("is restored") == 1
    _nothing_secret(secrets, result, caplog, capfd)


@pytest.mark.usefixtures("again")
@pytest.mark.parametrize(
    ("who", "words"),
    [
        ("operator", "somebody else must approve it. Nothing was done"),
        ("viewer", "Only approvers and above can approve this. Nothing was done"),
        ("nobody", "Only approvers and above can approve this. Nothing was done"),
    ],
)
def test_whoever_may_not_approve_is_refused(who, words):
    result = run("--approve-as", who, DELETE)
    assert result.exit_code == 1
    said = " ".join(result.stdout.split())
    assert words in said
    assert "The home of emmy.noether@example.org is deleted" not in said
    assert "still waits" in said


@pytest.mark.usefixtures("again")
def test_a_rejection_names_who_rejected():
    result = run("--reject-as", "approver", DELETE)
    assert result.exit_code == 1
    assert "Megan Bowen rejected it. Nothing was done." in " ".join(result.stdout.split())


@pytest.mark.usefixtures("again")
def test_what_nobody_answers_expires():
    result = run("--set", "approvals.expiry=2s", DELETE)
    assert result.exit_code == 1
    assert "Nobody answered in time. Nothing was done." in result.stdout


@pytest.mark.usefixtures("again")
def test_a_running_server_has_to_be_stopped_on_purpose():
    result = run("--approve-as", "approver", "/jhub storage delete grace.hopper@example.org")
    assert result.exit_code == 1
    assert "--stop-server" in result.stdout
    assert "is deleted" not in result.stdout


@pytest.mark.usefixtures("again")
def test_what_is_no_users_home_is_refused_before_anybody_is_asked():
    wrong = ("hub-db-dir", "*", "../x@y.org", "a@b@c", "a b@c.org", "x';drop@c.org", f"{'a' * 500}@c.org", "a@else.org")
    result = run(*(f"/jhub storage delete {target}" for target in wrong))
    assert result.exit_code == 1
    assert result.stdout.count("Warning") == len(wrong)
    assert "Waiting for approval" not in result.stdout


@pytest.mark.usefixtures("again")
def test_a_name_in_other_case_or_with_accents_finds_its_owner():
    result = run("/jhub storage show EMMY.Noether@example.org", "/jhub storage show SØREN.Ågård@example.org")
    assert result.exit_code == 0
    assert "claim-emmy-noether-example-org---c920e7e9" in result.stdout
    assert "søren.ågård@example.org" in result.stdout


def test_logs_are_read_and_the_world_is_broken_and_mended(secrets, caplog, capfd):
    result = run("/jhub logs hub --lines 60", "/sandbox break node", "/sandbox heal node")
    assert result.exit_code == 0, result.output
    assert "Page 1 of 2" in result.stdout
    assert "Broken: node (silent)" in result.stdout
    assert "node is healed" in result.stdout
    _nothing_secret(secrets, result, caplog, capfd)


@pytest.mark.usefixtures("again")
def test_logs_are_for_operators():
    result = run("--as", "viewer", "/jhub logs hub")
    assert result.exit_code == 1
    assert "Not allowed" in result.stdout


def _nothing_secret(secrets, result, caplog, capfd):
    (token,) = secrets
    out, errors = capfd.readouterr()
    everything = result.output + result.stderr + caplog.text + out + errors
    assert len(token) == 64
    assert token not in everything
    assert f"sandbox~{token[:24]}" not in everything
    assert "Traceback" not in everything


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--as", "stranger", "/jhub help"), "Nobody in the sandbox is “stranger”"),
        (("--set", "approvals.expiry=soon", "/jhub help"), "approvals.expiry: "),
        (("--set", "nonsense", "/jhub help"), "not of the form section.name=value"),
        (("--as", "viewer"), "Missing argument"),
    ],
)
def test_what_cannot_be_tried_ends_with_2_and_a_sentence(arguments, said):
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


@pytest.mark.usefixtures("bare")
def test_a_world_without_a_hub_is_told_as_it_is():
    result = run("/jhub status")
    assert "Release: none is installed." in result.stdout
    assert result.exit_code == 0


def test_a_plan_that_took_its_time_is_printed_and_what_passes_is_not():
    said = []
    show = trial._printed_view(said.append)
    plan = Plan("Deploy 7c1d2e9", "Ann")
    show(ViewEvent.POSTED, working())
    show(ViewEvent.UPDATED, plan)
    show(ViewEvent.UPDATED, replace(plan, title="Deploy 7c1d2e9 again"))
    show(ViewEvent.UPDATED, Progress("Deploying", ()))
    show(ViewEvent.FINISHED, Notice("7c1d2e9 is live"))
    assert [text.splitlines()[0] for text in said] == ["☐ Plan: Deploy 7c1d2e9", "7c1d2e9 is live"]
