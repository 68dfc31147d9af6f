"""/jhub config migrate: old forms become new ones where the values live, and secrets move unseen."""

from copy import deepcopy

import pytest
import yaml

from bot.changes.serialization import dump
from cards.text import render
from cards.views import Notice, Tone
from clients.values import ValueChange
from clients.values.edit import edited
from commands.chart.migration import Migration
from commands.chart.value_fixes import converted
from commands.config import migrate as config_migrate
from commands.framework.errors import UserError
from commands.values.base import with_changes, with_release_secrets
from commands.values.draft import differences
from tests.commands.config.migrations import COMMAND, DONE, SECRETS, Deploys, migrated, planned, without_secrets, world
from tests.world import Doing, words
from tests.world.crash import Died, Fuse, Journal, Mortal
from tests.world.old_values import RUNBOOK, azuread


async def test_in_the_release_helm_puts_the_new_form_in_place_with_the_live_chart():
    outside = world()
    plan, doing, view = await migrated(outside)
    assert (plan.chart, plan.with_chart, plan.in_file) == ("1.1.3", False, False)
    (asked,) = doing.helm.asked
    assert (asked["version"], asked["values"]) == ("1.1.3", DONE)
    assert doing.titles == ["Upgrade to revision 4"]
    assert isinstance(view, Notice)
    assert view.tone is Tone.GOOD
    assert [dict(one.data)["line"] for one in view.buttons] == [
        "/jhub upgrade check 4.4.0",
        "/jhub deploy --chart 4.4.0 --dry-run",
    ]


async def test_the_plan_shows_what_moves_and_what_is_set():
    plan = await planned(world())
    shown = COMMAND.preview(plan)
    text = render(shown)
    assert "auth.azuread.clientSecret moves to hub.config.AzureAdOAuthenticator.client_secret" in text
    assert [(one.path, one.after) for one in shown.differences] == [
        ("hub.config.KubeSpawner.slug_scheme", "escape"),
        ("singleuser.storage.dynamic.pvcNameTemplate", "claim-{username}{servername}"),
    ]
    assert "Becomes revision 4 of jupyterhub, with chart 1.1.3." in text


@pytest.mark.parametrize("written", [None, RUNBOOK, without_secrets(RUNBOOK)])
async def test_no_secret_is_in_plan_preview_progress_or_result(written):
    outside = world(written=written)
    plan, doing, view = await migrated(outside)
    said = [words(plan), words(COMMAND.preview(plan)), words(view), words(doing.titles), words(doing.told)]
    stored = str(dump(Migration, plan))
    assert [one for one in SECRETS for text in (*said, stored) if one in text] == []


async def test_in_a_file_that_holds_everything_only_the_file_is_written():
    outside = world(written=RUNBOOK)
    plan, doing, view = await migrated(outside)
    assert (plan.chart, plan.warnings) == ("", ())
    assert doing.helm.asked == []
    assert doing.titles == ["Store it in config.yaml"]
    ((changes, base, author, message, operation),) = outside.home.saved
    assert (base, author.name, operation) == ("v1", "Olu Operator", "op-9")
    assert message == "Convert the values to the form of chart 4.4.0"
    assert [one.path for one in changes if one.removed] == [("auth",), ("singleuser", "imagePullSecret")]
    assert "Nothing was deployed yet." in render(view)
    assert "Nothing is deployed now; the next deployment uses them." in render(COMMAND.preview(plan))


async def test_a_secret_that_only_the_release_has_is_deployed_at_its_new_place():
    file = without_secrets(RUNBOOK)
    outside = world(written=file)
    plan = await planned(outside)
    assert plan.chart == "1.1.3"
    doing = Doing(outside, Deploys(outside))
    view = await COMMAND.apply(plan, doing)
    (asked,) = doing.helm.asked
    assert asked["values"] == DONE
    assert doing.titles == ["Upgrade to revision 4", "Store it in config.yaml"]
    ((changes, *_),) = outside.home.saved
    assert [one for one in SECRETS if one in words(changes)] == []
    assert ValueChange(("hub", "config", "CryptKeeper"), None, {}) in changes
    # The next deployment finds them where they are now.
    assert with_release_secrets(with_changes(file, changes), asked["values"]) == DONE
    assert isinstance(view, Notice)
    assert "it is deployed at once so that it is not lost" in render(COMMAND.preview(plan))


@pytest.mark.parametrize("moments", [0, 1])
async def test_killed_while_it_writes_down_it_goes_on_and_deploys_nothing_twice(moments):
    file = without_secrets(RUNBOOK)
    outside = world(written=file)
    plan = await planned(outside)
    helm, journal = Deploys(outside), Journal()
    with pytest.raises(Died):
        await COMMAND.apply(plan, Mortal(outside, helm, journal=journal, fuse=Fuse(moments)))
    view = await COMMAND.apply(plan, Mortal(outside, helm, journal=journal))
    assert isinstance(view, Notice)
    assert len(helm.asked) == 1
    assert with_release_secrets(outside.home.values, helm.asked[0]["values"]) == DONE
    assert [one for one in SECRETS if one in words(journal)] == []


async def test_killed_before_helms_end_was_on_record_it_is_not_run_again():
    outside = world(written=without_secrets(RUNBOOK))
    plan = await planned(outside)
    helm = Deploys(outside)
    await config_migrate.deploy_converted(plan, Doing(outside, helm))
    assert isinstance(await COMMAND.apply(plan, Doing(outside, helm)), Notice)
    assert len(helm.asked) == 1


FILE = """\
# Kept by the data platform.
auth:
  type: azuread   # Entra
  azuread:
    # From the app registration.
    clientId: "0123"
    clientSecret: not-for-others
hub:
  db:
    pvc: {storageClassName: managed-premium}   # the fast one
  fsGid: 1000
singleuser:
  # Our image.
  image: {name: example.org/notebook, tag: "3f9a41c"}
cull: {enabled: true}
"""


def test_what_does_not_move_stays_in_the_file_as_it_was():
    values = yaml.safe_load(FILE)
    changes = differences(values, converted(values, "3.3.8", "4.4.0").values)
    text = edited(FILE, changes)
    assert yaml.safe_load(text) == with_changes(values, changes) == converted(values, "3.3.8", "4.4.0").values
    kept = [line for line in FILE.splitlines() if line.strip() and line in text.splitlines()]
    assert kept == [
        "# Kept by the data platform.",
        "hub:",
        "  db:",
        "    pvc: {storageClassName: managed-premium}   # the fast one",
        "singleuser:",
        "  # Our image.",
        '  image: {name: example.org/notebook, tag: "3f9a41c"}',
        "cull: {enabled: true}",
    ]
    assert text.count("not-for-others") == 1


OLD_2 = {**azuread(AzureAdOAuthenticator={"allow_all": True}), "rbac": {"enabled": True}}
OLD_2["hub"]["fsGid"] = 1000


async def test_what_the_live_chart_does_not_take_goes_with_the_new_one():
    outside = world("1.1.3", OLD_2)
    plan, doing, view = await migrated(outside)
    assert (plan.chart, plan.with_chart) == ("4.4.0", True)
    (asked,) = doing.helm.asked
    assert asked["version"] == "4.4.0"
    assert asked["values"]["hub"]["podSecurityContext"] == {"fsGroup": 1000}
    text = " ".join(render(COMMAND.preview(plan)).split())
    assert "chart 4.4.0 is deployed with it" in text
    assert "The hub’s database is migrated irreversibly" in text
    assert view.buttons == ()


async def test_with_the_new_chart_what_blocks_that_blocks():
    values = deepcopy(OLD_2)
    del values["hub"]["config"]["AzureAdOAuthenticator"]["allow_all"]
    with pytest.raises(UserError, match=r"chart 4\.4\.0 cannot be deployed now: Nobody could log in") as refused:
        await planned(world("1.1.3", values))
    assert refused.value.hints == ("/jhub upgrade check 4.4.0",)


async def test_a_file_that_the_live_chart_would_not_take_is_warned_of():
    plan = await planned(world("1.1.3", OLD_2, written=OLD_2))
    assert plan.chart == ""
    assert plan.warnings == (
        "The live chart 1.1.3 does not accept the new form: deploy chart 4.4.0 before anything else.",
    )
