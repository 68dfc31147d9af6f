"""Helm's rendering of a release, made up, and the deployments that are planned on it."""

from clients.helm import Rendered
from commands.images.arguments import ImageTag
from commands.rollout import deploy
from tests.world import (
    IMAGE,
    World,
    release,
)
from tests.world.manifests import Hub, puller

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
