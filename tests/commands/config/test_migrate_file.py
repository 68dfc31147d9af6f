"""From an old file to the first installation: the file is converted alone, and what is missing is said."""

from copy import deepcopy
from dataclasses import replace

import pytest

from cards.text import render
from cards.views import Tone
from clients.errors import Rejected
from commands.config import validate as config_validate
from commands.framework.errors import UserError
from commands.release.arguments import ChartVersion
from commands.rollout import deploy
from tests.commands.config.migrations import COMMAND, planned, without_secrets
from tests.world import SECRET, Doing, Home, World, release, words
from tests.world.old_values import ALL, NEW_AUTH, PULL_SECRET, RUNBOOK


def empty_cluster(written, extra=None, **more):
    made = World(**{"releases": [], "chart": None, "charts": dict(ALL), **more})
    made.home = Home(made, deepcopy(written), extra=extra or {})
    return made


async def validated(outside):
    return await config_validate.run(config_validate.Args(), outside.reads)


async def converted_file(outside):
    plan = await planned(outside)
    await COMMAND.apply(plan, Doing(outside))
    ((changes, *_),) = outside.home.saved
    return plan, {".".join(one.path): one.after for one in changes}


@pytest.mark.parametrize("releases", [[], [release(2, status="uninstalled")]])
async def test_the_file_alone_is_converted(releases):
    outside = empty_cluster(RUNBOOK, releases=releases)
    plan, after = await converted_file(outside)
    assert (plan.revision, plan.here, plan.there, plan.chart, plan.impacts) == (0, "", "4.4.0", "", ())
    assert after["hub.config.AzureAdOAuthenticator.client_secret"] == SECRET
    assert after["imagePullSecret.create"] is True
    # Nobody has a home yet, so no old names are kept.
    assert not any("slug_scheme" in path for path in after)
    card = render(COMMAND.preview(plan))
    assert "Nothing is deployed now" in card
    assert SECRET not in card + repr(plan)


async def test_what_the_secrets_file_has_as_well_contradicts_nothing():
    extra = {"hub": {"config": {"AzureAdOAuthenticator": {"client_secret": "another"}}}}
    _, after = await converted_file(empty_cluster(RUNBOOK, extra))
    assert after["hub.config.AzureAdOAuthenticator.client_secret"] == SECRET


async def test_after_it_only_the_next_deployment_is_offered():
    outside = empty_cluster(RUNBOOK)
    view = await COMMAND.apply(await planned(outside), Doing(outside))
    assert [one.title for one in view.buttons] == ["Preview the deployment"]


async def test_the_newest_chart_is_meant_or_the_bots_own():
    assert (await planned(empty_cluster(RUNBOOK), "")).there == "4.4.0"
    assert (await planned(empty_cluster(RUNBOOK, chart="2.0.0"), "")).there == "2.0.0"


async def test_new_forms_have_nothing_to_migrate_and_the_way_on_is_said():
    with pytest.raises(UserError, match="already have the form") as told:
        await planned(empty_cluster({"hub": {"config": NEW_AUTH}}))
    assert told.value.hints == ("/jhub deploy --chart 4.4.0 --dry-run",)


async def test_deploy_names_the_old_forms_and_what_converts_them():
    outside = empty_cluster(RUNBOOK)

    def refuses(**_):
        raise Rejected("The chart", "values", "The chart refuses these values: (root): Additional property auth")

    outside.renders = refuses
    with pytest.raises(UserError) as told:
        await deploy.plan(deploy.Args(chart=ChartVersion.parse("4.4.0")), outside.reads)
    assert str(told.value) == "auth, singleuser.imagePullSecret: an old form, which chart 4.4.0 refuses."
    assert told.value.hints[0] == "/jhub config migrate 4.4.0"


async def test_validate_offers_the_conversion_and_speaks_of_no_release():
    view = await validated(empty_cluster(RUNBOOK))
    assert [one.title for one in view.buttons] == ["Convert the values"]
    text = words(view)
    assert "there is no release yet that could keep it" in text
    assert "the release has it" not in text
    assert SECRET not in text


NEW = {
    "hub": {"config": {**NEW_AUTH, "AzureAdOAuthenticator": {"client_id": "c", "tenant_id": "t"}}},
    "imagePullSecret": {"create": True, "registry": "r", "username": "u"},
}
CLIENT, PULL = "hub.config.AzureAdOAuthenticator.client_secret", "imagePullSecret.password"
GIVEN = {
    "hub": {"config": {"AzureAdOAuthenticator": {"client_secret": SECRET}}},
    "imagePullSecret": {"password": PULL_SECRET},
}


def with_hub(**more):
    return {**NEW, "hub": {**NEW["hub"], **more}}


@pytest.mark.parametrize(
    ("written", "extra", "missing"),
    [
        (NEW, {}, [CLIENT, PULL]),
        (NEW, GIVEN, []),
        (with_hub(existingSecret="mine"), {}, [PULL]),
        (with_hub(extraEnv={"OAUTH_CLIENT_SECRET": {"valueFrom": {}}}), {}, [PULL]),
        (with_hub(extraConfig={"x": "c.AzureAdOAuthenticator.client_secret = read()"}), {}, [PULL]),
        (with_hub(extraConfig={"x": "c.AzureAdOAuthenticator.username_claim = 'upn'"}), {}, [CLIENT, PULL]),
        (with_hub(db={"password": ""}), GIVEN, ["hub.db.password"]),
        (with_hub(cookieSecret="", services={"jhub-bot": {"apiToken": ""}}), GIVEN, []),
        ({"hub": {"config": {"JupyterHub": {"authenticator_class": "dummy"}}}}, {}, []),
    ],
)
async def test_secrets_that_nothing_gives_are_named(written, extra, missing):
    view = await validated(empty_cluster(written, extra))
    named = [line for one in view.sections if one.title == "Secrets that are missing" for line in one.lines]
    assert [line for line in named if not line.startswith("→")] == missing
    assert (view.title == "The values fit the chart, but secrets are missing") is bool(missing)
    if missing:
        assert view.tone is Tone.WARNING
        assert "there is no release yet" in words(view)


async def test_what_the_release_keeps_is_not_missing():
    live = replace(release(3), values={**NEW, **GIVEN, "hub": {"config": {**NEW_AUTH}}})
    view = await validated(empty_cluster(NEW, releases=[live]))
    assert "missing" not in words(view)


async def test_the_runbooks_file_without_secrets_names_both():
    outside = empty_cluster(without_secrets(RUNBOOK))
    plan = await planned(outside)
    assert {one.new for one in plan.shifts} >= {"hub.config.JupyterHub.authenticator_class", "imagePullSecret.create"}
