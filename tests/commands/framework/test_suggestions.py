"""What somebody may have meant: all words, in any order, with other words for the same, and what was typed kept."""

import pytest

from commands.framework.command import Change, Level
from commands.framework.errors import UserError
from commands.framework.matching import alike, matches
from commands.framework.parser import parse, with_suggestions, without_forbidden
from commands.framework.registry import catalogue
from commands.framework.suggestions import help_on
from commands.framework.synonyms import FILLER, SYNONYMS

MEI = "mei.chen@example.org"


def offered(line):
    with pytest.raises(UserError) as caught:
        parse(line, catalogue())
    return [one for one in caught.value.suggestions if not one.title]


def best(line):
    return offered(line)[0].line


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (f"stop {MEI}", f"/jhub server stop {MEI}"),
        (f"kill {MEI}", f"/jhub server stop {MEI}"),
        (f"{MEI} stop", f"/jhub server stop {MEI}"),
        (f"stop server {MEI}", f"/jhub server stop {MEI}"),
        (f"please stop the server of {MEI}", f"/jhub server stop {MEI}"),
        (f"sevrer stpo {MEI}", f"/jhub server stop {MEI}"),
        (f"remove volume {MEI}", f"/jhub storage delete {MEI}"),
        (f"recover home {MEI}", f"/jhub storage restore {MEI}"),
        ("list storage", "/jhub storage list"),
        ("disks", "/jhub storage list"),
        ("undeploy", "/jhub rollback"),
        ("resize users 2 5", "/jhub autoscale users 2 5"),
        ("log hub", "/jhub logs hub"),
        ("node", "/jhub nodes"),
        ("user", "/jhub users"),
        ("who am i", "/jhub whoami"),
        ("tls", "/jhub cert"),
        ("upgrade-check", "/jhub upgrade check"),
        ("storagelist", "/jhub storage list"),
        ("how is the hub?", "/jhub status"),
        ("reset certificate", "/jhub cert reset"),
        ("storage ls", "/jhub storage list"),
        ("users idle", "/jhub users --idle"),
        ("users -idle", "/jhub users --idle"),
        ("users --ilde", "/jhub users --idle"),
        ("events --warnings=yes", "/jhub events --warnings"),
        ("alerts snooze 2h 3f9a", "/jhub alerts snooze 3f9a 2h"),
        ("schedule add 0 19 * * 1-5 scale 0", '/jhub schedule add "0 19 * * 1-5" scale 0'),
        ('status --reason "why not"', "/jhub status"),
        ("cancel nothing", "/jhub operations"),
    ],
)
def test_what_was_meant_comes_first(typed, meant):
    assert best(typed) == meant


def test_stopping_offers_servers_before_clusters_and_no_deletion():
    assert [one.line for one in offered(f"stop {MEI}")] == [f"/jhub server stop {MEI}", "/jhub cluster stop"]


@pytest.mark.parametrize("typed", [f"delete {MEI}", f"stoarge {MEI}", f"fix {MEI}", "repairs everything now", "delete"])
def test_what_destroys_is_never_offered_on_a_weak_match(typed):
    destroying = [command.name for command in catalogue() if isinstance(command, Change) and command.destroys]
    assert destroying
    assert not [
        one for one in offered(typed) if one.complete and one.line.startswith(tuple(f"/jhub {n}" for n in destroying))
    ]


def test_of_what_destroys_wrong_arguments_are_not_mended():
    assert offered(f"storage delete {MEI} --nosnapshot") == []


def test_what_needs_an_approval_is_only_named_on_a_weak_match():
    (cluster,) = [one for one in offered("stop") if one.line == "/jhub cluster stop"]
    assert not cluster.complete


@pytest.mark.parametrize("typed", ["deploy 7c1d2e9 --dryrun", "deploy 7c1d2e9 --dry", "deploy --dry-run=yes 7c1d2e9"])
def test_a_rehearsal_never_becomes_the_deed(typed):
    assert all("--dry-run" in one.line for one in offered(typed))


def test_what_looks_like_a_secret_is_not_repeated():
    lines = [one.line for one in offered("cofnig set hub.config.x.client_secret hunter2hunter2")]
    assert lines
    assert not any("hunter2" in line for line in lines)


def test_everything_complete_that_is_offered_is_a_command():
    for line in ("stop x@y.org", "storage", "alerts foo", "update", "resize users 5", "scale many", "cert foo", "pool"):
        assert all(parse(one.line, catalogue()) for one in offered(line) if one.complete), line


def test_a_hint_that_can_be_run_becomes_a_suggestion_with_its_level():
    error = with_suggestions(
        UserError("No.", "/jhub why a@b.org", "Call them.", f"/jhub storage delete {MEI}"), catalogue()
    )
    assert error.hints == ("Call them.", f"/jhub storage delete {MEI}")
    assert [one.line for one in error.suggestions] == ["/jhub why a@b.org"]


def test_the_way_to_help_is_always_there():
    for line in ("zzz", "storage", "why", 'deploy "', "x" * 2_000):
        with pytest.raises(UserError) as caught:
            parse(line, catalogue())
        assert caught.value.suggestions[-1].line.startswith(help_on().line)


def test_other_words_stand_for_words_of_names_and_for_none_that_is_one_already():
    words = {word for command in catalogue() for word in command.name.replace("--", "").split()}
    assert {meant for meants in SYNONYMS.values() for meant in meants.split()} <= words
    assert all(key == key.lower() and " " not in key for key in (*SYNONYMS, *FILLER))


@pytest.mark.parametrize(
    ("typed", "word"), [("deply", "deploy"), ("depoly", "deploy"), ("tsatus", "status"), ("pod", "pods")]
)
def test_slips_of_the_finger_are_alike(typed, word):
    assert alike(typed, word)


@pytest.mark.parametrize(("typed", "word"), [("stop", "storage"), ("on", "one"), ("help", "history"), ("x", "x-ray")])
def test_other_words_are_not(typed, word):
    assert not alike(typed, word)


def test_what_is_like_nothing_matches_nothing():
    assert matches(["zzzz", "qqqq"], [command.name for command in catalogue()]) == []
    assert matches([], ["status"]) == []


def test_the_value_of_a_flag_is_never_exchanged_with_an_argument():
    line = 'event add "**b** [x](http://e.x)" 2026-12-03T09:00 --people 30 --profile nope'
    assert not [one.line for one in offered(line) if '--profile "' in one.line or "add nope" in one.line]
    assert best("alerts snooze 2h 3f9a --reason noise") == "/jhub alerts snooze 3f9a 2h --reason noise"


def test_the_level_of_a_suggestion_is_that_of_its_arguments():
    with pytest.raises(UserError) as caught:
        parse("cost --by user --days 0", catalogue())
    levels = {one.line: one.level for one in with_suggestions(caught.value, catalogue()).suggestions}
    assert levels["/jhub cost --by user"] == Level.OPERATOR


def test_hints_that_somebody_may_not_type_are_left_out():
    error = UserError("No.", "/jhub storage show a@example.org", "/jhub whoami", "Usage: x")
    assert without_forbidden(error, catalogue(), Level.ANYONE).hints == ("/jhub whoami", "Usage: x")
    assert without_forbidden(error, catalogue(), Level.VIEWER) is error
