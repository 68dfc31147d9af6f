"""A deployment's dry run, from helm's rendering to the words on the card; and the command option that only shows it."""

import re
from dataclasses import replace

import pytest

from cards.adaptive import render as card
from cards.pages import all_pages
from cards.text import render
from clients.errors import NotFound, Rejected, Unavailable
from clients.helm import Rendered
from commands.framework.command import Query
from commands.framework.errors import UserError
from commands.framework.parser import parse
from commands.framework.plan_digest import digest
from commands.framework.registry import catalogue
from commands.rollout import deploy
from commands.values.dry_run import migration
from tests.commands.values.rendering import CHECKSUM, POD, PULL, TAG, a_new_tag, args, planned, rendering, shown, world
from tests.world import (
    OLU,
    SECRET,
    Home,
    components,
    release,
    server,
    words,
)
from tests.world.manifests import Hub, claim, thing


async def test_values_first_then_what_it_means_then_the_objects():
    view = await shown(
        world(a_new_tag(), hooks=PULL, pods=[*components(), server("b@x"), server("a@x"), server("c@x", TAG)])
    )
    assert [(d.path, d.before, d.after) for d in view.differences] == [("singleuser.image.tag", "3f9a41c", TAG)]
    assert [line.split(" ")[0:3] for line in view.consequences[:3]] == [
        ["First,", "every", "user"],
        ["The", "hub", "restarts,"],
        ["2", "running", "servers"],
    ]
    assert view.consequences[2].endswith("nobody is interrupted (a@x, b@x).")
    (objects,) = view.sections
    assert objects.title == "2 objects in Kubernetes"
    assert objects.lines == (
        "~ DaemonSet continuous-image-puller: image of image-pull-singleuser",
        "~ Deployment hub: contents of its Secret",
    )


async def test_helm_is_asked_with_the_live_values_and_the_tag():
    outside = world()
    asked = []
    outside.renders = lambda **given: asked.append(given) or rendering(Hub())(**given)
    await planned(outside)
    (given,) = asked
    assert given["version"] == "4.4.0"
    assert given["values"]["singleuser"]["image"]["tag"] == TAG
    assert given["values"]["hub"] == outside.releases[0].values["hub"]
    assert given["install"] is False
    assert given["revision"] == 3


async def test_a_revision_that_failed_since_makes_it_another_question():
    outside = world()
    asked = []
    outside.renders = lambda **given: asked.append(given) or rendering(Hub())(**given)
    outside.releases.insert(0, release(4, "9b8e4d1", "failed"))
    await planned(outside)
    assert [given["revision"] for given in asked] == [4]


async def test_who_is_cut_off_is_not_told_that_nobody_is():
    after = Hub().put("Deployment", "proxy", (*POD, "x"), 1)
    view = await shown(world(after, pods=[*components(), server("a@x")]))
    assert "none is stopped" in " ".join(view.consequences)
    assert "nobody is interrupted" not in " ".join(view.consequences)


async def test_the_same_rendered_again_is_the_same_plan_whatever_is_made_up():
    first = digest("deploy", OLU, await planned(world(a_new_tag())))
    assert (
        digest("deploy", OLU, await planned(world(a_new_tag().put("Deployment", "hub", CHECKSUM, "random")))) == first
    )
    assert digest("deploy", OLU, await planned(world(a_new_tag(), pods=[server("a@x")]))) == first
    other = a_new_tag().put("Deployment", "hub", ("spec", "replicas"), 2)
    assert digest("deploy", OLU, await planned(world(other))) != first
    assert digest("deploy", OLU, await planned(world(a_new_tag()), args(no_wait=True))) != first


async def test_a_plan_holds_no_secret_of_values_or_objects():
    live = release(3, manifest=Hub().live)
    values = {**live.values, "hub": {"config": {"AzureAdOAuthenticator": {"client_secret": "another-secret-77"}}}}
    outside = world(Hub().put("ConfigMap", "hub", ("data", "z2jh.py"), "another-secret-77"))
    outside.home = Home(outside, values)
    plan = await planned(outside)
    assert [one.after for one in plan.values if "client_secret" in one.path] == ["changed, hidden"]
    for secret in (SECRET, "another-secret-77"):
        assert secret not in words(plan) + render(deploy.preview(plan)) + str(card(deploy.preview(plan)))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("5.5.0", "5.5.1", ""),
        ("5.2.1", "5.5.0", ""),
        ("4.1.6", "5.5.0", "JupyterHub 4.1.6 → 5.5.0: the hub migrates its database"),
        ("1.4.2", "3.0.0", "only way back"),
        ("5.5.0", "5.2.1", "Within one major version that mostly works"),
        ("5.5.0", "4.1.6", "was migrated and cannot go back: the old hub would not start on it. The copy"),
        ("", "5.5.0", ""),
        ("5.5.0", "dev", ""),
    ],
)
def test_the_hubs_database_goes_with_jupyterhubs_major_version(before, after, said):
    told = migration(before, after)
    assert (said in told[0]) if said else not told


async def test_what_kubernetes_would_refuse_is_refused_and_shown_to_who_only_asks():
    after = Hub().put("PersistentVolumeClaim", "hub-db-dir", ("spec", "storageClassName"), "premium")
    with pytest.raises(UserError, match="refuses to change storageClassName") as refused:
        await planned(world(after))
    assert refused.value.hints == ("Add --dry-run to see the whole plan.",)
    assert "storageClassName" in (await shown(world(after), args(dry_run=True))).warnings[0]


async def test_the_charts_complaints_are_one_sentence():
    outside = world()
    told = "The chart refuses these values: jupyterhub: - hub: Additional property x is not allowed - a.b: Invalid type"

    def refuse(**_):
        raise Rejected("Helm", "schema", told)

    outside.renders = refuse
    with pytest.raises(UserError) as refused:
        await planned(outside)
    assert str(refused.value) == (
        "The chart refuses these values: hub: Additional property x is not allowed; a.b: Invalid type"
    )
    assert refused.value.hints == ("/jhub config validate",)


async def test_what_the_chart_says_anyway_means_nothing():
    live = release(3, manifest=Hub().live, defaults={"cull": {"enabled": True, "timeout": 3600}})
    outside = world()
    outside.releases = [replace(live, values={**live.values, "cull": {"enabled": True, "timeout": 60}})]
    made = rendering(Hub())
    outside.renders = lambda **asked: replace(made(**asked), defaults=live.defaults)
    outside.home = Home(outside, live.values)
    view = await shown(outside, args(None))
    assert [(d.path, d.after) for d in view.differences] == [
        ("cull.enabled", "true, the chart’s default"),
        ("cull.timeout", "3600, the chart’s default"),
    ]
    assert view.consequences[0] == "Servers are stopped after being idle for 1 h; so far 1 min."


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (
            Rejected("Helm", "schema", "The chart refuses these values: hub: Additional property x is not allowed"),
            UserError,
        ),
        (Unavailable("Helm", "could not reach Kubernetes"), Unavailable),
        (NotFound("There is no version"), NotFound),
    ],
)
async def test_what_helm_says_reaches_the_one_who_asked(raised, expected):
    outside = world()

    def render_nothing(**_):
        raise raised

    outside.renders = render_nothing
    with pytest.raises(expected, match=re.escape(str(raised)[:30])):
        await planned(outside)


async def test_a_manifest_that_is_none_is_an_outage_not_a_bug():
    outside = world()
    outside.renders = lambda **_: Rendered("jupyterhub", "4.4.0", "5.5.0", "a: {b")
    with pytest.raises(Unavailable, match="cannot be read"):
        await planned(outside)


async def test_a_dry_run_is_a_query_and_its_card_has_nothing_to_press():
    parsed = parse(f"/jhub deploy {TAG} --dry-run", catalogue())
    assert isinstance(parsed.command, Query)
    assert parsed.command.level == deploy.COMMAND.level
    view = await parsed.command.run(parsed.args, world(a_new_tag()).reads)
    asked = await shown(world(a_new_tag()))
    assert view.title == f"Would happen: Deploy {TAG}"
    assert (view.question, view.buttons) == ("", ())
    assert (view.differences, view.consequences, view.sections) == (
        asked.differences,
        asked.consequences,
        asked.sections,
    )
    assert not isinstance(parse(f"/jhub deploy {TAG}", catalogue()).command, Query)


def test_no_schedule_runs_a_dry_run():
    parsed = parse(f'/jhub schedule add "0 19 * * *" deploy {TAG} --dry-run', catalogue())
    with pytest.raises(UserError, match="changes nothing"):
        parsed.command.ruled_by(parsed.args, catalogue())


async def test_however_much_changes_all_of_it_can_be_read_in_pages_of_cards():
    many = Hub().plus(*(thing("NetworkPolicy", f"policy-{n}-{'x' * 60}") for n in range(400)), claim(name="more"))
    outside = world(many, pods=[server(f"{'u' * 40}{n}@example.org") for n in range(300)])
    more = {f"key{n}": "y" * 300 for n in range(500)}
    outside.home = Home(outside, {**release(3).values, "custom": more})
    view = await shown(outside)
    pages = all_pages(view)
    assert sum(len(page.differences) for page in pages) == 501
    objects, people = (
        [line for page in pages for part in page.sections if part.title.endswith(end) for line in part.lines]
        for end in ("objects in Kubernetes", "servers")
    )
    assert len([line for line in objects if "NetworkPolicy" in line]) == 400
    assert len(", ".join(people).split(", ")) == 300
    assert all(len(str(card(page))) < 28_000 for page in pages)
