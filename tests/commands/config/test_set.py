"""`/jhub config set`: its plan, and how the value is stored and deployed."""

import json
from dataclasses import replace

import pytest

from bot.audit.entry import described
from bot.changes.serialization import dump, load
from cards.views import Failure, Notice
from clients.errors import Conflict, Unavailable
from clients.helm import FailureReason, UpgradeResult
from commands.config import set as config_set
from commands.config.set_plan import SetPlan
from commands.rollout.upgrade_base import upgrade_base
from tests.commands.config.stored_values import TEXT, planned, world
from tests.world import SECRET, Doing, Helm, release, words
from tests.world.crash import Died, Fuse, Journal, Mortal


async def test_a_text_is_a_text_where_the_chart_wants_one():
    plan = await planned(world(), "singleuser.serviceAccountName", "0755")
    assert plan.change.after == "0755"
    assert (await planned(world(), "cull.every", "0755")).change.after == 493


async def test_the_plan_shows_the_value_and_what_goes_live_with_it():
    plan = await planned(world(TEXT + "cull: {every: 300}\n"), "singleuser.memory.limit", "6G")
    view = config_set.preview(plan)
    assert {one.path: (one.before, one.after) for one in view.differences}["singleuser.memory.limit"] == ("8G", "6G")
    assert "2 more values become live" in " ".join(view.warnings)
    assert "config.yaml first" in " ".join(view.consequences)
    assert SECRET not in words(plan)


async def test_of_what_stood_there_the_plan_has_the_digest_alone():
    text = TEXT.replace("config:\n", "extraConfig:\n    notify: send('quite-a-secret')\n  config:\n", 1)
    made = world(text)
    plan = await planned(made, "hub.extraConfig.notify", "post(1)")
    stored = json.dumps(dump(SetPlan, plan)) + str(described(plan))
    assert "quite-a-secret" not in stored + words(config_set.preview(plan))
    assert {one.path: one.after for one in config_set.preview(plan).differences}["hub.extraConfig.notify"] == "post(1)"
    do = Doing(made, Helm(lambda: UpgradeResult(True)))
    await config_set.apply(load(SetPlan, dump(SetPlan, plan)), do)
    assert made.home.values["hub"]["extraConfig"] == {"notify": "post(1)"}


async def test_in_the_release_helm_gets_the_value():
    made = world()
    do = Doing(made, Helm(lambda: UpgradeResult(True)))
    view = await config_set.apply(await planned(made, "singleuser.memory.limit", "6G"), do)
    assert isinstance(view, Notice)
    assert do.titles == ["Upgrade to revision 4"]
    assert do.helm.asked[0]["values"]["singleuser"]["memory"] == {"limit": "6G"}
    assert do.helm.asked[0]["values"]["hub"] == release().values["hub"]


async def test_in_a_file_it_is_written_first_and_then_deployed_with_the_secrets():
    made = world(TEXT)
    do = Doing(made, Helm(lambda: UpgradeResult(True)))
    view = await config_set.apply(await planned(made, "singleuser.memory.limit", "6G"), do)
    assert view.title == "singleuser.memory.limit is 6G"
    assert do.titles == ["Store it in config.yaml", "Upgrade to revision 4"]
    assert made.home.values["singleuser"]["memory"] == {"limit": "6G"}
    assert SECRET not in str(made.home.values)
    given = do.helm.asked[0]["values"]
    assert given["hub"]["config"]["AzureAdOAuthenticator"] == {"client_secret": SECRET}
    assert given["singleuser"]["memory"] == {"limit": "6G"}


async def test_where_helm_fails_the_card_says_that_it_is_written_and_not_live():
    made = world(TEXT)
    do = Doing(made, Helm(lambda: UpgradeResult(False, FailureReason.TIMEOUT, "It was not ready in time.")))
    view = await config_set.apply(await planned(made, "singleuser.memory.limit", "6G"), do)
    assert isinstance(view, Failure)
    assert view.title == "singleuser.memory.limit is not live"
    assert any(fact.label == "Stored in" for fact in view.now)
    assert "next deployment uses it" in " ".join(view.advice)


async def test_what_cannot_be_written_is_not_deployed():
    made = world(TEXT)
    plan = await planned(made, "singleuser.memory.limit", "6G")
    made.home.problem = Unavailable("The values' repository", "does not let the bot in")
    do = Doing(made, Helm(lambda: UpgradeResult(True)))
    view = await config_set.apply(plan, do)
    assert isinstance(view, Failure)
    assert "Nothing was deployed" in view.cause
    assert do.helm.asked == []


async def test_the_same_value_changed_by_others_voids_the_consent():
    made = world(TEXT)
    plan = await planned(made, "singleuser.memory.limit", "6G")
    made.home.problem = Conflict("Somebody else has changed it.")
    with pytest.raises(Conflict):
        await config_set.apply(plan, Doing(made, Helm(lambda: UpgradeResult(True))))


@pytest.mark.parametrize("text", [None, TEXT])
async def test_values_changed_between_plan_and_run_void_the_consent(text):
    made = world(text)
    plan = await planned(made, "singleuser.memory.limit", "6G")
    if text is None:
        made.releases = [replace(release(), values={**release().values, "cull": {"every": 5}})]
    else:
        made.home.values = {**made.home.values, "cull": {"every": 5}}
    do = Doing(made, Helm(lambda: UpgradeResult(True)))
    with pytest.raises(Conflict):
        await config_set.apply(plan, do)
    assert do.helm.asked == []


async def test_what_is_written_and_not_live_can_be_set_so_that_it_becomes_live():
    made = world(TEXT.replace("8G", "6G"))
    plan = await planned(made, "singleuser.memory.limit", "6G")
    assert plan.is_written
    assert "already" in config_set.preview(plan).consequences[0]


@pytest.mark.parametrize("moment", [0, 1])
async def test_a_crash_around_writing_it_down_writes_it_once_and_deploys_it(moment):
    made = world(TEXT)
    plan = await planned(made, "singleuser.memory.limit", "6G")
    journal, helm = Journal(), Helm(lambda: UpgradeResult(True))
    with pytest.raises(Died):
        await config_set.apply(plan, Mortal(made, helm, journal=journal, fuse=Fuse(moment)))
    assert helm.asked == []
    view = await config_set.apply(plan, Mortal(made, helm, journal=journal))
    assert isinstance(view, Notice)
    assert len(made.home.saved) == 1
    assert helm.asked[0]["values"]["singleuser"]["memory"] == {"limit": "6G"}


async def test_what_others_start_from_is_what_is_written():
    _, base, version = await upgrade_base(world(TEXT.replace("8G", "6G")).reads)
    assert base.value("singleuser", "memory", "limit") == "6G"
    assert version == "v1"
