"""Policies of the organisation about client secrets, in the plan of a rotation."""

from datetime import timedelta

import pytest

from clients.entra.secret_policy import SecretPolicy
from clients.errors import Unavailable
from commands.framework.argument_types import Age
from commands.framework.errors import UserError
from commands.login import rotate
from tests.world import words
from tests.world.login import LoginWorld, Rotating

NAME = "the policy “Secrets”"


async def planned(world, valid=None):
    return await rotate.plan(rotate.Args(Age.parse(valid) if valid else None), world.reads)


async def test_a_shorter_life_is_taken_and_said_before_anything_is_added():
    world = LoginWorld()
    world.entra.policy = SecretPolicy(longest=timedelta(days=90), name=NAME)
    plan = await planned(world)
    assert plan.days == 90
    said = words(rotate.preview(plan))
    assert "allows a secret 90 days at most" in said
    assert "valid for 90 days" in said
    await rotate.apply(plan, Rotating(world))
    [life] = world.entra.lives
    assert timedelta(days=89) < life < timedelta(days=90)


async def test_who_asks_for_longer_is_told_what_is_allowed():
    world = LoginWorld()
    world.entra.policy = SecretPolicy(longest=timedelta(days=90, hours=5), name=NAME)
    with pytest.raises(UserError, match="90 days at most") as refused:
        await planned(world, "180d")
    assert refused.value.hints == ("/jhub auth rotate --valid 90d",)
    assert (await planned(world, "30d")).days == 30


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (SecretPolicy(forbids=True, name=NAME), "forbids new client secrets"),
        (SecretPolicy(longest=timedelta(hours=8), name=NAME), "less than a day"),
    ],
)
async def test_what_is_forbidden_is_not_tried(policy, said):
    world = LoginWorld()
    world.entra.policy = policy
    with pytest.raises(UserError, match=said):
        await planned(world)
    assert world.entra.lives == []


async def test_what_is_not_certain_or_not_known_is_said_and_does_not_stop_it():
    world = LoginWorld()
    world.entra.policy = SecretPolicy(forbids=True, certain=False, name=NAME)
    plan = await planned(world)
    assert (plan.days, plan.capped) == (180, False)
    assert "may forbid" in words(rotate.preview(plan))
    world.entra.policy = Unavailable("Microsoft Graph", "refused (403): the bot needs Policy.Read.All")
    plan = await planned(world)
    assert plan.days == 180
    assert "It is not known if a policy" in words(rotate.preview(plan))


async def test_without_policies_nothing_is_said():
    assert (await planned(LoginWorld())).policy == ()
