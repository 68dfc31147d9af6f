"""A deployment of the stored values, of another chart, with or without waiting, and the first of all."""

from dataclasses import replace

import pytest

from clients.errors import Unavailable
from clients.helm import Chart, ChartFiles, FailureReason, UpgradeResult
from commands.framework.errors import UserError
from commands.framework.parser import parse
from commands.framework.registry import catalogue
from commands.release.arguments import ChartVersion, TimeOut
from commands.rollout import deploy
from tests.commands.values.rendering import CHECKSUM, TAG, a_new_tag, args, planned, rendering, shown, world
from tests.world import (
    IMAGE,
    Doing,
    Helm,
    Home,
    World,
    components,
    pod,
    release,
    unready,
)
from tests.world.images import Registry, digest
from tests.world.manifests import Hub


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


def stored(tag, **more):
    outside = World(**{"releases": [release(3)], "registry": Registry(), **more})
    live = outside.releases[0].values
    outside.home = Home(outside, {**live, "singleuser": {**live["singleuser"], "image": {"name": IMAGE, "tag": tag}}})
    return outside


async def test_the_tag_of_the_file_is_looked_up_before_it_goes_on():
    with pytest.raises(UserError, match="has no tag 7c1d2e8 of notebook") as refused:
        await deploy.plan(deploy.Args(), stored("7c1d2e8").reads)
    assert refused.value.hints[0] == "/jhub deploy 7c1d2e9"
    plan = await deploy.plan(deploy.Args(), stored("7c1d2e9").reads)
    assert (plan.seen, plan.digest, plan.unchecked) == (digest("7c1d2e9"), "", "")


@pytest.mark.parametrize("by_digest", [False, True])
async def test_a_registry_that_does_not_answer_is_said_and_keeps_nothing_back(by_digest):
    out = Unavailable("The registry", "does not answer")
    outside = stored("7c1d2e8", registry=Registry(error=out))
    plan = await deploy.plan(deploy.Args(), replace(outside.reads, by_digest=by_digest))
    assert plan.unchecked == "The registry does not answer, so the bot cannot tell whether it has 7c1d2e8."


async def test_where_nothing_is_to_be_deployed_the_registry_is_not_asked():
    outside = World(releases=[release(3)], registry=Registry(known=[]))
    with pytest.raises(UserError, match="There is nothing to deploy"):
        await deploy.plan(deploy.Args(), outside.reads)


async def test_what_is_pinned_by_its_digest_is_not_looked_up():
    plan = await deploy.plan(deploy.Args(), stored(f"7c1d2e8@sha256:{'0' * 64}").reads)
    assert (plan.seen, plan.unchecked) == ("", "")
