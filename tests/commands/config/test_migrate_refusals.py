"""/jhub config migrate: what it refuses, what voids the consent, and what fails."""

from copy import deepcopy
from dataclasses import replace

import pytest

from cards.views import Failure, Notice, Tone
from clients.errors import Conflict, Rejected, Unavailable
from clients.helm import FailureReason, UpgradeResult
from commands.framework.errors import UserError
from commands.framework.plan_digest import digest
from tests.commands.config.migrations import COMMAND, DONE, migrated, planned, without_secrets, world
from tests.world import SECRET, Doing, Helm, World, release, server
from tests.world.old_values import ALL, RUNBOOK, live


async def test_doing_it_twice_changes_nothing_more():
    for outside in (world(values=DONE), world(values=DONE, written=DONE)):
        with pytest.raises(
            UserError, match=r"There is nothing to change: the values already have the form of chart 4\.4\.0"
        ):
            await planned(outside)


async def test_without_a_version_the_newest_is_meant():
    assert (await planned(world(), "")).there == "4.4.0"
    outside = world()
    outside.chart, outside.charts = "1.1.3", {"1.1.3": ALL["1.1.3"]}
    plan = await planned(outside, "")
    assert plan.there == "1.1.3"
    assert [one for one in plan.shifts if not one.old] == []


async def test_what_is_not_understood_is_named_and_nothing_is_changed():
    values = deepcopy(RUNBOOK)
    values["auth"]["azuread"]["resource"] = SECRET
    with pytest.raises(UserError) as refused:
        await planned(world(values=values))
    assert (
        "Nothing was changed: these values need your decision first. auth.azuread.resource is not a value that charts"
        in str(refused.value)
    )
    assert SECRET not in str(refused.value)


async def test_old_forms_in_the_secrets_file_are_for_people():
    outside = world(written=without_secrets(RUNBOOK))
    outside.home.extra = {"auth": {"type": "azuread", "azuread": {"clientSecret": SECRET}}}
    with pytest.raises(UserError, match=r"Move these first .*auth\.azuread\.clientSecret to hub\.config") as refused:
        await planned(outside)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("written", [None, RUNBOOK])
async def test_values_that_others_change_void_the_consent(written):
    outside = world(written=written)
    plan = await planned(outside)
    changed = {**deepcopy(RUNBOOK), "cull": {"enabled": False}}
    if written is None:
        outside.releases = [live("1.1.3", changed)]
    else:
        outside.home.values = changed
        outside.home.version += 1
    again = await planned(outside)
    assert digest("config migrate", "olu", plan) != digest("config migrate", "olu", again)
    if written is None:
        with pytest.raises(Conflict, match="Somebody else has changed"):
            await COMMAND.apply(plan, Doing(outside, Helm(lambda: UpgradeResult(True))))


async def test_a_failed_upgrade_writes_nothing_and_says_so():
    outside = world(written=without_secrets(RUNBOOK))
    failed = UpgradeResult(False, FailureReason.TIMEOUT, "The new pods were not ready in time.")
    _, _, view = await migrated(outside, ends=lambda: failed)
    assert isinstance(view, Failure)
    assert view.cause == "The new pods were not ready in time."
    assert "Nothing was stored in config.yaml." in view.advice
    assert outside.home.saved == []


async def test_what_is_live_but_cannot_be_written_down_is_told():
    outside = world(written=without_secrets(RUNBOOK))
    outside.home.problem = Rejected("The values", "layout", "It cannot be changed as it stands.")
    _, _, view = await migrated(outside)
    assert isinstance(view, Notice)
    assert view.tone is Tone.WARNING
    assert "not stored in config.yaml: It cannot be changed as it stands." in view.text


async def test_a_file_that_cannot_be_written_is_no_success():
    outside = world(written=RUNBOOK)
    outside.home.problem = Conflict("Somebody else has changed auth there meanwhile.")
    with pytest.raises(Conflict):
        await migrated(outside)


async def test_while_another_upgrade_is_under_way_nothing_begins():
    outside = world()
    outside.releases = [replace(live("1.1.3", RUNBOOK), status="pending-upgrade")]
    with pytest.raises(UserError, match="is not finished"):
        await planned(outside)


async def test_without_a_release_there_is_nothing_to_migrate():
    with pytest.raises(UserError, match="no values need migrating"):
        await planned(World(releases=[], charts=dict(ALL)))


async def test_a_live_chart_that_nobody_has_any_more_cannot_be_deployed_again():
    outside = world(values={**deepcopy(RUNBOOK), "hub": {"config": {"AzureAdOAuthenticator": {"allow_all": True}}}})
    del outside.charts["1.1.3"]
    assert (await planned(outside)).chart == "4.4.0"


async def test_without_the_repository_it_says_so():
    outside = world()
    outside.charts = Unavailable("The chart's repository", "cannot be reached")
    with pytest.raises(Unavailable, match="cannot be reached"):
        await planned(outside)


async def test_servers_that_run_do_not_hinder_what_keeps_the_chart():
    assert (await planned(world(pods=[server("ann@example.org")]))).chart == "1.1.3"


async def test_a_hub_of_todays_chart_needs_nothing():
    outside = World(releases=[release()], charts=dict(ALL))
    with pytest.raises(UserError, match="nothing to change"):
        await planned(outside)
