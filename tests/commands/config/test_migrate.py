"""/jhub config migrate: old forms become new ones where the values live, and secrets move unseen."""

from copy import deepcopy
from dataclasses import replace

import pytest
import yaml

from bot.changes.serialization import dump
from cards.text import render
from cards.views import Failure, Notice, Tone
from clients.errors import Conflict, Rejected, Unavailable
from clients.helm import FailureReason, UpgradeResult
from clients.values import ValueChange
from clients.values.edit import edited
from commands.chart.migration import Migration
from commands.chart.value_fixes import converted
from commands.config import migrate as config_migrate
from commands.framework.errors import UserError
from commands.framework.plan_digest import digest
from commands.release.arguments import ChartVersion
from commands.values.base import with_changes, with_release_secrets
from commands.values.draft import differences
from tests.commands.crashing import Died, Fuse, Journal, Mortal
from tests.commands.old_values import ALL, CRYPT_KEY, PULL_SECRET, RUNBOOK, azuread, live
from tests.commands.outside import SECRET, Doing, Helm, Home, World, home, node, release, server, words

COMMAND = config_migrate.COMMAND
SECRETS = (SECRET, PULL_SECRET, CRYPT_KEY)
DONE = converted(RUNBOOK, "1.1.3", "4.4.0").values


def world(version="1.1.3", values=RUNBOOK, written=None, **more):
    given = {"claims": [home("ann@example.org", "claim-ann-40example-2eorg")], "nodes": [node("n", "users")], **more}
    made = World(releases=[live(version, values)], chart=None, charts=dict(ALL), **given)
    if written is not None:
        made.home = Home(made, deepcopy(written))
    return made


def without_secrets(values):
    """The runbook's file: what the release has without what must not be in a repository."""
    made = deepcopy(values)
    del made["auth"]["azuread"]["clientSecret"], made["auth"]["state"]["cryptoKey"]
    del made["singleuser"]["imagePullSecret"]["password"]
    return made


async def planned(outside, version="4.4.0"):
    return await COMMAND.plan(config_migrate.Args(ChartVersion.parse(version) if version else None), outside.reads)


class Deploys(Helm):
    """A helm after which the values are live."""

    def __init__(self, outside):
        super().__init__(lambda: UpgradeResult(True))
        self.outside = outside

    async def upgrade(self, *, stop, **asked):
        ended = await super().upgrade(stop=stop, **asked)
        self.outside.releases.insert(0, live("1.1.3", asked["values"], revision=4, labels=asked["labels"]))
        return ended


async def migrated(outside, version="4.4.0", ends=lambda: UpgradeResult(True)):
    plan = await planned(outside, version)
    doing = Doing(outside, Helm(ends))
    return plan, doing, await COMMAND.apply(plan, doing)


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
    await config_migrate.put_in_place(plan, Doing(outside, helm))
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
