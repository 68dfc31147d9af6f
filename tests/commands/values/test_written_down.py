"""Commands that change a value write it down in the values' home once it is live; a rotation never does."""

import pytest

from clients.errors import Conflict, Unavailable
from clients.helm import FailureReason, UpgradeResult
from clients.values import ValueChange
from commands.config import pool_require
from commands.framework.errors import UserError
from commands.images.arguments import ImageTag
from commands.login import rotate as auth_rotate
from commands.rollout import deploy
from tests.world import SECRET, Doing, Helm, Home, World, node
from tests.world.login import LoginWorld, values, without

OK = UpgradeResult(True)
FILE = {
    "hub": {"config": {"AzureAdOAuthenticator": {}}},
    "singleuser": {"image": {"name": "jhub.azurecr.io/notebook", "tag": "3f9a41c"}, "memory": {"limit": "8G"}},
}


def world():
    made = World(nodes=[node("users-0", "users", purpose="user")])
    made.home = Home(made, FILE)
    return made


async def deployed(made, ends=OK):
    plan = await deploy.plan(deploy.Args(ImageTag.parse("7c1d2e9")), made.reads)
    do = Doing(made, Helm(lambda: ends))
    return await deploy.apply(plan, do), do


async def test_a_tag_is_written_down_once_it_is_live_and_its_secrets_are_not():
    made = world()
    view, do = await deployed(made)
    ((changes, base, _, message, _),) = made.home.saved
    assert changes == (ValueChange(("singleuser", "image", "tag"), "3f9a41c", "7c1d2e9"),)
    assert (base, message) == ("v1", "Deploy 7c1d2e9")
    assert do.titles[-1] == "Store it in config.yaml"
    assert do.helm.asked[0]["values"]["hub"]["config"]["AzureAdOAuthenticator"] == {"client_secret": SECRET}
    assert SECRET not in str(made.home.values)
    assert "not written" not in repr(view)


async def test_what_did_not_become_live_is_not_written_down():
    made = world()
    await deployed(made, UpgradeResult(False, FailureReason.OTHER, "It failed."))
    assert made.home.saved == []


@pytest.mark.parametrize("problem", [Conflict("Somebody else has changed it."), Unavailable("git", "is away")])
async def test_a_card_says_what_is_live_and_not_written(problem):
    made = world()
    made.home.problem = problem
    view, _ = await deployed(made)
    assert f"It is live, but not stored in config.yaml: {problem}" in repr(view)


async def test_a_pools_preference_is_written_down_too():
    made = world()
    plan = await pool_require.COMMAND.plan(pool_require.COMMAND.args(), made.reads)
    await pool_require.COMMAND.apply(plan, Doing(made, Helm(lambda: OK)))
    assert made.home.values["scheduling"]["userPods"]["nodeAffinity"] == {"matchNodePurpose": "require"}


async def test_a_rotation_is_refused_where_the_file_has_the_secret():
    made = LoginWorld()
    made.home = Home(made, values())
    with pytest.raises(UserError, match=r"is in config\.yaml"):
        await auth_rotate.plan(auth_rotate.Args(), made.reads)
    made.home = Home(made, without("client_secret"))
    assert (await auth_rotate.plan(auth_rotate.Args(), made.reads)).path[-1] == "client_secret"
