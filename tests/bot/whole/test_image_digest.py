"""Deployed by digest: what the real helm gets, what runs then, what people read; and without a registry, nothing."""

import asyncio
import json

import aiohttp

from bot.cli.dev.try_command import trial
from bot.instrumentation.outcomes import Outcome
from sandbox.runtime.images import digest
from tests.helms import HELM

IMAGE = "jhub.azurecr.io/notebook"
PINNED = f"7c1d2e9@{digest(f'{IMAGE}:7c1d2e9')}"


async def test_helm_gets_the_digest_nodes_pull_it_and_people_read_the_tag():
    async with trial(["registry.by_digest=true"]) as world:
        operator, activities = world.person("operator"), world.teams.activities
        assert await world.command(operator, "/jhub deploy 7c1d2e9") is Outcome.DONE
        assert "7c1d2e9 is live" in json.dumps(activities)
        values = await _helm(world, "get", "values", "jupyterhub", "--output=json")
        assert values["singleuser"]["image"]["tag"] == PINNED
        assert await _pulled(world) == {f"{IMAGE}:{PINNED}"}
        for line, said in (("history", "7c1d2e9"), ("status", "7c1d2e9"), ("images", "live, revision 4")):
            before = set(activities)
            assert await world.command(operator, f"/jhub {line}") is Outcome.ANSWERED
            (card,) = (json.dumps(one) for name, one in activities.items() if name not in before)
            assert said in card, line
            assert "@sha256" not in card, line
        await _break(world, "absent")
        assert await world.command(operator, "/jhub deploy 9b8e4d1") is Outcome.UNAVAILABLE


async def test_without_the_registry_a_tag_is_deployed_with_a_warning():
    sent = []
    async with trial(on_activity=lambda _, activity: sent.append(activity)) as world:
        operator = world.person("operator")
        await _break(world, "absent")
        assert await world.command(operator, "/jhub deploy 9b8e4d1") is Outcome.DONE
        assert "the bot cannot tell whether it has 9b8e4d1" in json.dumps(sent)


async def _helm(world, *arguments):
    command = (str(HELM), *arguments, f"--kubeconfig={world.world.ready['kubeconfig']}")
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    return json.loads(output)


async def _pulled(world):
    """The users' image in the pods that pull it ahead of time."""
    url = f"{world.world.ready['api_url']}/api/v1/namespaces/jhub/pods?labelSelector=component=continuous-image-puller"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        pods = (await answer.json())["items"]
    inside = [one["image"] for pod in pods for one in pod["spec"].get("initContainers", ())]
    return {image for image in inside if image.startswith(IMAGE)}


async def _break(world, kind):
    url = f"{world.world.ready['registry_url']}/_sandbox/fault"
    async with aiohttp.ClientSession() as session, session.put(url, json={"kind": kind}) as answer:
        assert answer.status == 200
