"""Servers that Kubernetes would refuse, as each command says it that checks values or deploys them."""

import pytest

from cards.views import Tone
from clients.errors import Unavailable
from clients.helm import ChartFiles, Rendered
from clients.kube import PodRefusal
from clients.values import parse
from commands.config import pool_prefer
from commands.config import set as config_set
from commands.config import validate as config_validate
from commands.config.arguments import NewValue, SettablePath
from commands.framework.errors import UserError
from commands.rollout import deploy, rollback
from tests.commands.values.server_values import DEFAULTS
from tests.world import Home, World, release, words
from tests.world.manifests import Hub

TOO_LARGE = PodRefusal(
    403, 'pods "jupyter-dryrun" is forbidden: maximum memory usage per Container is 2Gi, but limit is 8Gi'
)
SAID = "“maximum memory usage per Container is 2Gi, but limit is 8Gi”"
PROFILES = "singleuser: {profileList: [{display_name: Small}, {display_name: Large, kubespawner_override: %s}]}"
LARGE = PROFILES % "{mem_limit: 8G}"


def refuse(pod, _):
    return TOO_LARGE if pod["spec"]["containers"][0]["resources"]["limits"].get("memory") else None


def world(text, refuses=refuse):
    revisions = [release(number, manifest=Hub().live, values={}, defaults=DEFAULTS) for number in (3, 2)]
    revisions[1] = type(revisions[1])(**{**vars(revisions[1]), "status": "superseded", "values": parse(text).values})
    made = World(
        releases=revisions,
        charts={"4.4.0": ChartFiles("4.4.0", "5.5.0", DEFAULTS, {"type": "object"})},
        renders=lambda *, version, **_: Rendered("jupyterhub", version, "5.5.0", Hub().text, "", DEFAULTS),
        refuses=refuses,
    )
    made.home = Home(made, dict(parse(text).values), text=text)
    return made


async def validated(outside):
    return await config_validate.run(config_validate.Args(), outside.reads)


async def test_validate_names_the_profile_and_the_words_of_who_refuses():
    view = await validated(world(LARGE))
    assert (view.title, view.tone) == ("The values fit the chart, but some servers could not start", Tone.BAD)
    who, why = (cell.text for cell in view.sections[0].rows[0])
    assert who == "Servers of Large"
    assert why.startswith(f"Kubernetes refuses it: {SAID}. An administrator types /jhub config set singleuser.memory")
    assert "2 pods, by profile and choice, judged by Kubernetes (dry run)" in words(view)


async def test_validate_says_if_nobody_could_start_a_server():
    view = await validated(world("singleuser: {memory: {limit: 8G}}"))
    assert view.title == "The values fit the chart, but no server could start"


async def test_validate_says_what_was_not_judged():
    code = "hub: {extraConfig: {10-login: 'c.Spawner.x = 1'}}"
    view = await validated(world(code, Unavailable("Kubernetes", "refused: the bot may not create pods (403)")))
    assert view.tone is Tone.GOOD
    assert "What the code in hub.extraConfig (10-login) makes of servers." in words(view)
    assert "Every server, since Kubernetes refused: the bot may not create pods (403)." in words(view)
    assert "not judged by Kubernetes" in words(view)


async def test_validate_warns_of_what_is_left_out():
    said = 'strict decoding error: unknown field "spec.securityContext.foo"'
    view = await validated(world("cull: {every: 300}", lambda _, strict: PodRefusal(400, said) if strict else None))
    assert (view.title, view.tone) == (
        "The values fit the chart, but Kubernetes would leave something out",
        Tone.WARNING,
    )


async def test_a_deployment_warns_of_some_servers_and_is_refused_for_all():
    plan = await deploy.plan(deploy.Args(), world(LARGE).reads)
    (warned,) = [one for one in deploy.preview(plan).warnings if one.startswith("Servers of Large")]
    assert warned.startswith(f"Servers of Large would not start. Kubernetes refuses it: {SAID}.")
    assert warned.endswith("widens the LimitRange of the namespace.")
    with pytest.raises(UserError, match="No server would start"):
        await deploy.plan(deploy.Args(), world("singleuser: {memory: {limit: 8G}}").reads)
    shown = await deploy.plan(deploy.Args(dry_run=True), world("singleuser: {memory: {limit: 8G}}").reads)
    assert shown.warnings[0].startswith("No server would start.")


async def test_a_value_after_which_nobody_could_start_a_server_is_refused():
    args = config_set.Args(SettablePath.parse("singleuser.memory.limit"), NewValue.parse("8G"))
    with pytest.raises(UserError, match="No server would start"):
        await config_set.plan(args, world("cull: {every: 300}").reads)


async def test_a_value_in_a_profile_is_warned_of():
    path = SettablePath.parse("singleuser.profileList[1].kubespawner_override.mem_limit")
    plan = await config_set.plan(config_set.Args(path, NewValue.parse("8G")), world(PROFILES % "{}").reads)
    assert plan.warnings[0].startswith("Servers of Large would not start.")


async def test_other_plans_that_write_values_say_it_too():
    plan = await rollback.plan(rollback.Args(), world(LARGE).reads)
    assert rollback.preview(plan).warnings[0].startswith("Servers of Large would not start.")
    other = world(LARGE + "\nscheduling: {userPods: {nodeAffinity: {matchNodePurpose: require}}}").reads
    planned = await pool_prefer.COMMAND.plan(pool_prefer.COMMAND.args(), other)
    assert pool_prefer.COMMAND.preview(planned).warnings[0].startswith("Servers of Large would not start.")


async def test_a_plan_says_that_nothing_was_judged_and_goes_on():
    outside = world("cull: {every: 300}", Unavailable("Kubernetes", "refused: the bot may not create pods (403)"))
    plan = await deploy.plan(deploy.Args(), outside.reads)
    [warning] = plan.warnings
    assert warning == (
        "Not judged by Kubernetes beforehand: "
        "every server, since Kubernetes refused: the bot may not create pods (403)."
    )
