"""`/jhub upgrade check`: the card, unknown versions, and what cannot be read."""

import json
from copy import deepcopy

import pytest

from cards import adaptive
from cards.pages import all_pages
from cards.text import render
from cards.views import Tone
from clients.errors import Unavailable
from clients.hub_classes import ClassFinding, FindingKind
from commands.chart import check as upgrade_check
from commands.chart.versions import nearest, newest
from commands.framework.errors import UserError
from commands.framework.parser import parse
from commands.framework.registry import catalogue
from commands.release.arguments import ChartVersion
from tests.world import SECRET, Home, World, home, node, server, words
from tests.world.hub_classes import HubClasses
from tests.world.old_values import ALL, PULL_SECRET, RUNBOOK, azuread, live

COMMAND = upgrade_check.COMMAND
NODES = [node("users-0", "users")]


def world(version="1.1.3", values=RUNBOOK, **more):
    """A hub of an old chart: two homes, one server."""
    old = home("ann@example.org", "claim-ann-40example-2eorg")
    given = {"claims": [old, home("bob")], "pods": [server("ann@example.org")], "nodes": NODES, **more}
    return World(releases=[live(version, values)], chart=None, charts=ALL, **given)


async def checked(outside, version="4.4.0"):
    return await COMMAND.run(upgrade_check.Args(ChartVersion.parse(version) if version else None), outside.reads)


def said(view):
    """Its text, however its lines are broken."""
    return " ".join(render(view).split())


async def test_an_old_hub_sees_what_blocks_what_to_know_and_what_the_bot_can_change():
    view = await checked(world())
    text = said(view)
    assert view.title == "From chart 1.1.3 to 4.4.0"
    assert view.tone is Tone.BAD
    assert "chart 1.1.3, JupyterHub 1.4.2" in text
    assert "1 of 2 homes would not be found under their new name." in text
    assert "1 server is running now; each would lose sight of its home at its next start." in text
    assert "→ The bot can change it: /jhub config migrate 4.4.0" in text
    assert "auth.azuread.clientSecret moves to hub.config.AzureAdOAuthenticator.client_secret" in text
    assert "hub.config.KubeSpawner.slug_scheme becomes escape" in text
    assert [(one.title, dict(one.data)["line"]) for one in view.buttons] == [
        ("Convert the values", "/jhub config migrate 4.4.0"),
        ("Preview the deployment", "/jhub deploy --chart 4.4.0 --dry-run"),
    ]
    assert view.text == "It is blocked: people must change 1 of the 3 things that block it."
    assert "Only admins could log in." in text
    assert "/jhub config set hub.config.AzureAdOAuthenticator.allow_all true" in text


async def test_who_may_log_in_once_decided_the_bot_changes_the_rest():
    values = deepcopy(RUNBOOK)
    values["hub"]["config"] = {"AzureAdOAuthenticator": {"allow_all": True}}
    view = await checked(world(values=values))
    assert view.text == "It is blocked, but the bot can change everything that blocks it."


async def test_no_secret_is_on_the_card():
    shown = words(await checked(world()))
    assert [one for one in (SECRET, PULL_SECRET, RUNBOOK["auth"]["state"]["cryptoKey"]) if one in shown] == []


async def test_without_a_version_the_newest_is_meant_and_that_of_the_same_major_named():
    charts = {"4.4.0": ALL["4.4.0"], "4.0.0": ALL["4.0.0"], "3.9.9": ALL["3.3.8"], "3.3.8": ALL["3.3.8"]}
    values = azuread(AzureAdOAuthenticator={"allow_all": True})
    outside = world("3.3.8", values)
    outside.charts = charts
    view = await checked(outside, "")
    assert view.title == "From chart 3.3.8 to 4.4.0"
    assert "Newest 3.x" in render(view)
    assert "3.9.9" in render(view)
    outside.charts = ALL
    outside.releases = [live("4.4.0", values)]
    assert (await checked(outside, "")).title == "Chart 4.4.0 is live and is the newest"
    assert (await checked(outside, "4.4.0")).title == "Chart 4.4.0 is already live"


async def test_a_way_without_hazards():
    view = await checked(world("4.0.0", azuread(AzureAdOAuthenticator={"allow_all": True})))
    assert (view.text, view.tone) == ("The bot knows of nothing that would stop it.", Tone.GOOD)
    assert len(view.buttons) == 1


async def test_where_people_must_decide_too():
    values = deepcopy(RUNBOOK)
    values["auth"]["azuread"]["resource"] = "x"
    view = await checked(world(values=values))
    assert view.text.startswith("It is blocked: people must change 2 of the 4 things that block it")


async def test_a_version_that_is_not_there_has_near_ones_named():
    with pytest.raises(UserError, match=r"no version 3\.5\.0 of jupyterhub\. Near it: 3\.3\.8, 4\.0\.0") as refused:
        await checked(world(), "3.5.0")
    assert refused.value.hints == ("/jhub upgrade check 3.3.8",)


@pytest.mark.parametrize("typed", ["4", "4.4", "v4.4.0", "latest", "^4.0.0", "04.4.0", "4.4.0;x", "9" * 200])
def test_what_is_no_version_is_refused_with_an_example(typed):
    with pytest.raises(UserError, match="three numbers") as refused:
        parse(f"upgrade check {typed}", catalogue())
    assert "Example: /jhub upgrade check 4.4.0" in refused.value.hints


async def test_values_of_a_file_count_where_they_live_in_one():
    outside = world("3.3.8", azuread())
    outside.home = Home(outside, azuread(KubeSpawner={"slug_scheme": "escape"}))
    view = await checked(outside)
    assert "slug_scheme becomes" not in render(view)


async def test_without_a_release_there_is_nothing_to_upgrade():
    with pytest.raises(UserError, match="nothing to upgrade"):
        await checked(World(releases=[], charts=ALL))


async def test_what_kubernetes_does_not_tell_is_said():
    silent = Unavailable("Kubernetes", "did not answer")
    outside = world(
        "3.3.8", azuread(AzureAdOAuthenticator={"allow_all": True}), pods=silent, claims=silent, nodes=silent
    )
    text = said(await checked(outside))
    assert "How many homes are affected is unknown" in text
    assert "Whether servers are running is unknown" in text
    assert "the nodes’ version is unknown" in text


async def test_without_the_repository_nothing_can_be_said():
    outside = world()
    outside.charts = Unavailable("The chart's repository", "cannot be reached")
    for version in ("", "4.4.0"):
        with pytest.raises(Unavailable, match="cannot be reached"):
            await checked(outside, version)


async def test_thousands_of_complaints_come_in_pages_of_cards():
    values = azuread()
    values["hub"] |= {f"strange{number}": 1 for number in range(2000)}
    view = await checked(world("3.3.8", values))
    shown = all_pages(view)
    assert all(len(json.dumps(adaptive.render(page), ensure_ascii=False)) < 28_000 for page in shown)
    said = "".join(map(render, shown))
    assert all(f"strange{number} " in said.replace(".", " ") for number in range(2000))


@pytest.mark.parametrize(
    ("version", "near"),
    [
        ("3.5.0", ["3.3.8", "4.0.0", "2.0.0", "4.4.0"]),
        ("9.0.0", ["4.4.0", "4.0.0"]),
        ("0.1.0", ["1.1.3", "2.0.0"]),
    ],
)
def test_near_versions(version, near):
    assert nearest(version, list(ALL)) == near
    assert nearest(version, []) == []


def test_the_newest():
    assert (newest(list(ALL)), newest(list(ALL), 3), newest(list(ALL), 7), newest([])) == ("4.4.0", "3.3.8", "", "")


async def test_what_the_new_hubs_classes_refuse_blocks_and_what_they_ignore_is_told():
    asked = HubClasses(
        (
            ClassFinding(FindingKind.TYPE, "KubeSpawner", "poll_interval", "an int"),
            ClassFinding(FindingKind.UNKNOWN, "KubeSpawner", "nonsense", "KubeSpawner"),
        )
    )
    text = said(await checked(world(hub_classes=asked)))
    assert "The hub would refuse hub.config.KubeSpawner.poll_interval" in text
    assert "must be a whole number for KubeSpawner 7.1.0" in text
    assert "hub.config.KubeSpawner.nonsense may not do what it says" in text
    assert asked.asked[0][1] == "5.5.0"


async def test_that_the_new_hubs_classes_were_not_asked_is_told():
    text = said(await checked(world(hub_classes=HubClasses(Unavailable("They", "are not installed here")))))
    assert "Not checked by JupyterHub's own classes: they are not installed here." in text


async def test_fixes_that_the_new_charts_hub_lacks_are_named_with_the_tables_date():
    text = said(await checked(world()))
    assert "Security fixes that JupyterHub 5.5.0 lacks, as of 2026-12-01" in text
    assert "5.5.1 of 2026-08-10: servers shared by their users (GHSA-c4gm-pwx9-9w8j)" in text
    assert "GHSA-69wv-m5fw-2fhp" in text


async def test_a_record_that_helm_cannot_build_on_this_kubernetes_blocks():
    budget = "---\napiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: hub}\n"
    outside = world()
    outside.releases = [live("1.1.3", RUNBOOK, manifest=budget)]
    text = said(await checked(outside))
    assert "Helm cannot change this release any more" in text
    assert "policy/v1beta1, gone in 1.25" in text
    assert "→ The way out is helm’s plugin mapkubeapis" in text
