"""The plan of a deployment: what it says, what it is bound to, and what is refused."""

from dataclasses import replace

import pytest

from cards.text import render
from clients.errors import Unavailable
from commands.framework.errors import UserError
from commands.framework.plan_digest import digest
from commands.rollout import deploy
from tests.commands.rollout.deployments import TAG, planned
from tests.world import (
    IMAGE,
    NOW,
    OLU,
    SECRET,
    World,
    components,
    release,
    server,
    words,
)


async def test_the_plan_changes_the_tag_and_says_what_stays():
    plan = await planned(World(pods=[*components(), server("a@x"), server("b@x", terminating=True)]))
    assert (plan.before, plan.after, plan.revision, plan.servers) == ("3f9a41c", TAG, 3, 1)
    view = deploy.preview(plan)
    (difference,) = view.differences
    assert (difference.path, difference.before, difference.after) == ("singleuser.image.tag", "3f9a41c", TAG)
    assert f"Image {IMAGE}; chart jupyterhub 4.4.0 stays as it is." in view.consequences
    assert "Becomes revision 4 of jupyterhub." in view.consequences
    (kept,) = [line for line in view.consequences if "running server" in line]
    assert kept == "1 running server keeps the old image until its next restart; nobody is interrupted (a@x)."


@pytest.mark.parametrize(
    ("world", "said"),
    [
        (World(releases=[]), "no release “jupyterhub” in jhub"),
        (World(releases=[release(4, TAG, "pending-upgrade", last_deployed=NOW), release(3)]), "4 is not finished"),
        (World(releases=[release(1, TAG, "pending-install")]), "Revision 1 is not finished"),
        (World(releases=[release(4, TAG)]), f"Tag {TAG} is already live, since revision 4."),
        (World(chart="4.5.0"), "The live chart is 4.4.0, but the bot's copy is 4.5.0"),
    ],
    ids=["no release", "pending upgrade", "pending install", "same tag", "other chart"],
)
async def test_what_makes_no_sense_is_refused(world, said):
    with pytest.raises(UserError) as refused:
        await planned(world)
    assert said in str(refused.value)


async def test_an_outage_is_an_outage():
    with pytest.raises(Unavailable):
        await planned(World(releases=Unavailable("Helm's record", "cannot be read")))


async def test_a_failed_attempt_is_warned_of_and_the_live_values_are_the_base():
    broken = release(4, "0000000", "failed", values={"singleuser": {"image": {"name": IMAGE, "tag": "0000000"}}})
    plan = await planned(World(releases=[broken, release(3)]))
    assert (plan.revision, plan.before) == (4, "3f9a41c")
    assert plan.values_digest == (await planned(World())).values_digest
    shown = deploy.preview(plan)
    (warning,) = shown.warnings
    assert warning.startswith("The last attempt, tag 0000000, failed. Revision 3 is restored first; ")
    assert "Becomes revision 6 of jupyterhub." in shown.consequences


async def test_the_same_as_what_failed_goes_back_nowhere():
    plan = await planned(World(releases=[release(4, TAG, "failed"), release(3)]))
    assert (plan.back, plan.becomes) == (0, 5)
    assert deploy.preview(plan).warnings == (f"The last attempt, tag {TAG}, failed.",)


async def test_a_failed_revision_may_be_tried_again_with_its_own_tag():
    assert (await planned(World(releases=[release(4, TAG, "failed"), release(3)]))).after == TAG


async def test_a_chart_from_a_repository_is_not_compared():
    assert (await planned(World(chart=None))).chart_version == "4.4.0"


async def test_consent_is_bound_to_everything_but_who_is_logged_in():
    plan = await planned(World())
    same = digest("deploy", OLU, plan)
    assert digest("deploy", OLU, await planned(World(pods=[*components(), server("a@x")]))) == same
    others = [
        await planned(World(), "9b8e4d1"),
        await planned(World(releases=[release(4)])),
        await planned(
            World(releases=[release(3, values={"singleuser": {"image": {"name": IMAGE, "tag": "3f9a41c"}}})])
        ),
        replace(plan, chart_version="4.4.1"),
    ]
    assert same not in {digest("deploy", OLU, other) for other in others}


async def test_no_value_of_the_release_is_in_the_plan():
    plan = await planned(World())
    assert SECRET not in words(plan) + render(deploy.preview(plan))
