"""A person's name changes, through the whole bot: seen in Entra, planned, agreed to by a second person, done."""

import json

import pytest
import pytest_asyncio

from bot.cli.dev.try_command import Decider, trial
from bot.instrumentation.outcomes import Outcome

pytestmark = pytest.mark.asyncio(loop_scope="module")

EMMY, BAUER = "emmy.noether@example.org", "emmy.bauer@example.org"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world():
    async with trial() as started:
        yield started


async def said(world, line, who="operator", decider=None):
    """How a line ends, and everything that was posted or edited for it."""
    before = {key: json.dumps(one, ensure_ascii=False) for key, one in world.teams.activities.items()}
    outcome = await world.command(world.person(who), line, decider)
    now = {key: json.dumps(one, ensure_ascii=False) for key, one in world.teams.activities.items()}
    return outcome, " ".join(text for key, text in now.items() if text != before.get(key))


async def approved(world, line):
    return await said(world, line, decider=Decider(world.person("approver"), "approve"))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (f"{EMMY} {EMMY}", "the name that there is already"),
        (f"{EMMY} {EMMY.title()}", "differ only in upper and lower case"),
        (f"{EMMY} radia.perlman@example.org", "as two people"),
        ("nobody.atall@example.org x@example.org", "does not know the user"),
        ("patti.fernandez@example.org patti.new@example.org", "administrator of the hub"),
        ("alex.wilber@example.org alex.new@example.org", "your own name"),
        (f"{EMMY} ../../etc", "type the name as the hub has it"),
        (f"{EMMY} two@at@example.org", "more than one"),
        (f"{EMMY}", "needs"),
    ],
)
async def test_what_makes_no_sense_changes_nothing(world, line, why):
    outcome, text = await said(world, f"/jhub user rename {line}")
    assert outcome in (Outcome.INVALID, Outcome.REFUSED)
    assert why in text


@pytest.mark.parametrize(
    "line", ["rename nobody@example.org x@example.org", f"rename {EMMY} x", "leave nobody@x.org", "rename"]
)
async def test_people_whom_entra_does_not_have_are_not_renamed_in_the_sandbox(world, line):
    _, text = await said(world, f"/sandbox {line}")
    assert "/sandbox rename" in text


async def test_who_may_not_is_told_who_may(world):
    outcome, _ = await said(world, f"/jhub user rename {EMMY} {BAUER}", "viewer")
    assert outcome is Outcome.REFUSED


async def test_nobody_renames_alone(world):
    line = f"/jhub user rename {EMMY} {BAUER}"
    outcome, text = await said(world, line, decider=Decider(world.person("approver"), "reject"))
    assert outcome is Outcome.REJECTED
    assert "Nothing was done" in text


async def test_a_changed_name_is_seen_and_followed(world):
    _, before = await said(world, "/jhub storage doctor")
    assert "people with another name" not in before
    _, told = await said(world, f"/sandbox rename {EMMY} {BAUER}")
    assert f"{EMMY} is now {BAUER}" in told
    _, seen = await said(world, "/jhub storage doctor")
    assert f"/jhub user rename {EMMY} {BAUER}" in seen
    outcome, text = await approved(world, f"/jhub user rename {EMMY} {BAUER}")
    assert outcome is Outcome.DONE
    assert f"{EMMY} is now {BAUER}" in text
    _, shown = await said(world, f"/jhub storage show {BAUER}")
    assert "claim-emmy-bauer-example-org---d02674d7" in shown
    assert "reclaim policy Delete" in shown
    outcome, _ = await said(world, f"/jhub storage show {EMMY}")
    assert outcome is Outcome.INVALID
    _, after = await said(world, "/jhub storage doctor")
    assert "people with another name" not in after


async def test_a_person_who_works_under_the_old_scheme_keeps_both_homes(world):
    """Megan's server runs; her claim has the old scheme's name, and she has a second home."""
    megan, new = "megan.bowen@example.org", "megan.new@example.org"
    outcome, text = await approved(world, f"/jhub user rename {megan} {new}")
    assert outcome is Outcome.DONE, text
    _, shown = await said(world, f"/jhub storage show {new}")
    assert "2 homes" in shown
    outcome, text = await approved(world, f"/jhub user rename {new} {megan}")
    assert outcome is Outcome.DONE, text
