"""What a deployment would do, from helm's rendering to the words on the card; and the dry run that only shows them."""

import re
from dataclasses import replace

import pytest

from cards.adaptive import render as card
from cards.pages import all_pages
from cards.text import render
from clients.errors import NotFound, Rejected, Unavailable
from clients.helm import Chart, ChartFiles, FailureReason, Rendered, UpgradeResult
from commands.framework.command import Query
from commands.framework.errors import UserError
from commands.framework.parser import parse
from commands.framework.plan_digest import digest
from commands.framework.registry import catalogue
from commands.images.arguments import ImageTag
from commands.release.arguments import ChartVersion, TimeOut
from commands.rollout import deploy
from commands.values.dry_run import migration
from tests.world import (
    IMAGE,
    OLU,
    SECRET,
    Doing,
    Helm,
    Home,
    World,
    components,
    pod,
    release,
    server,
    unready,
    words,
)
from tests.world.manifests import Hub, claim, puller, thing

TAG = "7c1d2e9"
POD = ("spec", "template", "spec")
CHECKSUM = ("spec", "template", "metadata", "annotations", "checksum/secret")
PULL = Hub([puller("hook-image-puller", f"{IMAGE}:{TAG}")], ()).text


def rendering(after, app="5.5.0", hooks=""):
    return lambda *, version, **_: Rendered("jupyterhub", version, app, after.text, hooks)


def world(after=None, app="5.5.0", hooks="", **more):
    return World(releases=[release(3, manifest=Hub().live)], renders=rendering(after or Hub(), app, hooks), **more)


def a_new_tag():
    return (
        Hub()
        .put("Deployment", "hub", CHECKSUM, "z")
        .put("DaemonSet", "continuous-image-puller", (*POD, "initContainers", 0, "image"), f"{IMAGE}:{TAG}")
    )


def args(tag=TAG, **more):
    return deploy.Args(ImageTag.parse(tag) if tag else None, **more)


async def planned(outside, given=None):
    return await deploy.plan(given or args(), outside.reads)


async def shown(outside, given=None):
    return deploy.preview(await planned(outside, given))


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


# What is written, another chart, how it is waited for


async def test_without_a_tag_what_is_written_down_is_deployed():
    outside = world(Hub().put("Deployment", "hub", CHECKSUM, "z"))
    outside.home = Home(outside, {**release(3).values, "cull": {"timeout": 7200}})
    plan = await planned(outside, args(None))
    view = deploy.preview(plan)
    assert view.title == "Deploy the stored values"
    assert [(d.path, d.after) for d in view.differences] == [("cull.timeout", "7200")]
    assert "Servers are stopped after being idle for 2 h; so far the chart's default." in view.consequences
    assert plan.changes == ()


async def test_nothing_to_deploy_says_so():
    with pytest.raises(UserError, match="nothing to deploy: the stored values are live, since revision 3"):
        await planned(world(), args(None))


async def test_what_failed_may_be_tried_again_as_it_is():
    outside = world()
    outside.releases = [replace(outside.releases[0], revision=4, status="failed"), *outside.releases]
    assert (await planned(outside, args(None))).revision == 4


async def test_another_chart_is_a_change_by_itself():
    outside = world(chart=None, app="5.5.0", charts=charts("4.4.0", "4.5.0"))
    view = await shown(outside, args(None, chart=ChartVersion.parse("4.5.0")))
    assert view.title == "Deploy chart 4.5.0"
    assert (view.differences[0].path, view.differences[0].after) == ("chart", "4.5.0")
    assert view.warnings == ()


async def test_a_chart_that_goes_back_is_warned_of():
    outside = world(chart=None, app="5.2.1", charts=charts("4.4.0", "4.0.0", app="5.2.1"))
    view = await shown(outside, args(chart=ChartVersion.parse("4.0.0")))
    assert view.title == f"Deploy {TAG} with chart 4.0.0"
    (warning,) = view.warnings
    assert warning.startswith("Chart 4.0.0 is older than the live one. JupyterHub would go back from 5.5.0 to 5.2.1.")


def charts(*versions, app="5.5.0"):
    return {one: ChartFiles(one, app, {}, None) for one in versions}


async def test_a_chart_that_is_not_there_gets_those_that_are_near():
    outside = world(chart=None, charts=charts("4.4.0", "4.3.1", "3.3.8"))
    with pytest.raises(UserError) as refused:
        await planned(outside, args(None, chart=ChartVersion.parse("4.4.1")))
    assert "no version 4.4.1" in str(refused.value)
    assert refused.value.hints == ("/jhub deploy --chart 4.4.0",)


async def test_what_blocks_another_chart_blocks_its_deployment_and_only_warns_who_only_asks():
    old = {"auth": {"type": "dummy"}, **release(3).values}
    outside = World(
        releases=[replace(release(3, manifest=Hub().live, values=old), chart=Chart("jupyterhub", "1.1.3", "1.4.2"))],
        renders=rendering(Hub(), "5.5.0"),
        chart=None,
        charts=charts("4.4.0", "1.1.3"),
    )
    asked = args(None, chart=ChartVersion.parse("4.4.0"))
    with pytest.raises(UserError, match="Nothing was done") as refused:
        await planned(outside, asked)
    assert "/jhub config migrate 4.4.0" in refused.value.hints
    assert "/jhub upgrade check 4.4.0" in refused.value.hints
    warnings = (await shown(outside, replace(asked, dry_run=True))).warnings
    assert any(one.startswith("Blocks the upgrade: auth: an old form") for one in warnings)
    assert sum("database" in one for one in warnings) == 1


async def test_a_chart_on_disk_is_the_only_one_there_is():
    with pytest.raises(UserError, match=r"has chart 4\.4\.0 on its disk, but not 4\.5\.0"):
        await planned(world(), args(None, chart=ChartVersion.parse("4.5.0")))


async def test_how_it_is_waited_for_is_said():
    view = await shown(world(), args(no_wait=True))
    assert "Becomes revision 4 of jupyterhub; the bot does not wait until its pods are ready." in view.consequences


async def test_what_is_not_ready_after_a_deployment_that_nobody_waited_for_is_told():
    outside = world(a_new_tag())
    plan = await planned(outside, args(no_wait=True))
    outside.pods = [*components(), pod("hub-2", "hub", **unready())]
    doing = Doing(outside, Helm(lambda: UpgradeResult(True)))
    view = await deploy.apply(plan, doing)
    assert "the bot did not wait until everything is ready" in view.text
    assert view.sections[-1].title == "Still starting"
    assert doing.helm.asked[0]["wait"] is False


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ({}, "/jhub deploy 7c1d2e9"),
        ({"asked_tag": False}, "/jhub deploy"),
        ({"chart_version": "4.5.0"}, "/jhub deploy 7c1d2e9 --chart 4.5.0"),
        ({"timeout": 1800.0, "wait": False}, "/jhub deploy 7c1d2e9 --timeout 1800s --no-wait"),
    ],
)
async def test_a_retry_asks_for_the_same(more, line):
    plan = replace(await planned(world()), **more)
    assert plan.line == line
    assert parse(line, catalogue()).command is deploy.COMMAND


async def test_a_failure_offers_the_same_again():
    outside = world(chart=None, charts=charts("4.4.0", "4.5.0"))
    plan = await planned(outside, args(None, chart=ChartVersion.parse("4.5.0"), timeout=TimeOut.parse("20m")))
    view = await deploy.apply(plan, Doing(outside, Helm(lambda: UpgradeResult(False, FailureReason.OTHER, "boom"))))
    assert view.title == "chart 4.5.0 was not deployed"
    assert ("line", "/jhub deploy --chart 4.5.0 --timeout 1200s") in view.buttons[0].data


async def test_a_first_installation_is_planned_as_one():
    outside = World(releases=[], renders=rendering(Hub()), pods=[])
    asked = []
    outside.renders = lambda **given: asked.append(given) or rendering(Hub())(**given)
    outside.home = Home(outside, {"singleuser": {"image": {"name": IMAGE, "tag": TAG}}})
    view = await shown(outside, args(None))
    assert asked[0]["install"] is True
    assert view.title == "Deploy the stored values"
    assert view.consequences[:2] == (
        "This is the first installation: it creates the whole hub.",
        "13 objects are created.",
    )
    assert view.consequences[-1] == "Becomes revision 1 of jupyterhub."
    assert view.warnings == ()


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("5.5.0", "5.5.1", ""),
        ("5.2.1", "5.5.0", "JupyterHub 5.2.1 → 5.5.0: the hub migrates its database"),
        ("1.4.2", "3.0.0", "only way back"),
        ("5.5.0", "5.2.1", "its database does not"),
        ("", "5.5.0", ""),
        ("5.5.0", "dev", ""),
    ],
)
def test_the_hubs_database_goes_with_jupyterhubs_minor_version(before, after, said):
    told = migration(before, after)
    assert (said in told[0]) if said else not told


# Refusals and outages


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


# A dry run


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


# Size


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
