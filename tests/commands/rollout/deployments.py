"""Deployments of a tag, planned and applied."""

import asyncio

from clients.helm import UpgradeResult
from commands.images.arguments import ImageTag
from commands.rollout import deploy
from tests.world import (
    Doing,
    Helm,
)

TAG = "7c1d2e9"


async def planned(world, tag=TAG):
    return await deploy.plan(deploy.Args(ImageTag.parse(tag)), world.reads)


async def applied(before, after=None, *, ends=lambda: UpgradeResult(True), stop=False):
    """Plan in one world and apply in what it becomes while helm runs."""
    plan = await planned(before)
    doing = Doing(before, Helm(ends))

    def ended():
        doing.world = after or before
        return ends()

    doing.helm.ends = ended if ends else None
    if stop:
        doing.stop.set()
    async with asyncio.timeout(240):
        return await deploy.apply(plan, doing), doing
