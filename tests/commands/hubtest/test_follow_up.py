"""The test that follows a change: on its card, whatever it finds, and never instead of what was done."""

from typing import get_args

import pytest

from bot.config.hub_tests import HubTestSection
from cards.views import Failure, Notice, Tone
from clients.errors import Conflict, Unavailable
from commands.framework.registry import catalogue
from commands.hubtest import removal
from commands.hubtest.follow_up import is_followed, untested, with_test
from commands.hubtest.subject import USER
from commands.ports.hub_tests import HubTestRules
from tests.world import Doing, World
from tests.world.hub_tests import FAILED

DONE = Notice("7c1d2e9 is live", "New servers start with it.", Tone.GOOD)
AFTER = HubTestRules(after=("deploy", "scale up"), packages=("jupyterhub",))


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    for name in ("_SHORTEST", "_LONGEST"):
        monkeypatch.setattr(removal, name, 0.001)


def command(name):
    return next(one for one in catalogue() if one.name == name)


def is_clean(world):
    mine = [*world.pods, *world.claims]
    return USER not in {one.name for one in world.users} and not [one for one in mine if one.user == USER]


async def follows(world, view=DONE, name="deploy"):
    return await with_test(command(name), view, Doing(world))


async def test_a_passed_test_is_a_sentence_on_the_card():
    view = await follows(World(test_rules=AFTER))
    assert (view.title, view.tone, view.sections) == (DONE.title, Tone.GOOD, ())
    assert view.text.startswith("New servers start with it. A test server started in ")


async def test_a_failed_test_makes_it_a_warning_with_stages_and_cause():
    world = World(test_rules=AFTER, spawning=(FAILED,))
    view = await follows(world)
    assert (view.title, view.tone) == (DONE.title, Tone.WARNING)
    assert "No server is running" in view.text
    assert [one.label for one in view.sections[-1].facts][-1] == "Removal"
    assert is_clean(world)


@pytest.mark.parametrize(
    ("rules", "view", "name"),
    [
        (AFTER, Failure("7c1d2e9 was not deployed", "No."), "deploy"),
        (AFTER, DONE, "rollback"),
        (HubTestRules(), DONE, "deploy"),
        (HubTestRules(after=("server stop",)), DONE, "server stop"),
    ],
)
async def test_nothing_follows_what_was_not_done_or_is_not_named(rules, view, name):
    world = World(test_rules=rules)
    assert await follows(world, view, name) == view
    assert world.done == []


@pytest.mark.parametrize(
    "trouble", [Unavailable("Kubernetes", "did not answer"), Conflict("Somebody else was quicker.")]
)
async def test_what_cannot_be_tested_is_said_and_voids_no_approval(trouble):
    world = World(test_rules=AFTER, releases=trouble)
    view = await follows(world)
    assert view.tone is Tone.WARNING
    assert view.text == f"New servers start with it. The hub was not tested: {trouble}"


def test_the_names_of_the_setting_are_those_of_testable_changes():
    named = set(get_args(get_args(HubTestSection.model_fields["after"].annotation)[0]))
    assert named == {one.name for one in catalogue() if getattr(one, "testable", False)}
    assert is_followed(command("deploy"), World(test_rules=AFTER).reads)


def test_a_test_that_was_stopped_is_said():
    assert untested(DONE, "somebody asked to stop.").text.endswith("The hub was not tested: somebody asked to stop.")
