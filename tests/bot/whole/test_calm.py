"""Restarts, announcements and a freeze, the whole way: Teams, the bot, the sandbox."""

import json

import aiohttp

from bot.cli.dev.try_command import trial
from bot.instrumentation.outcomes import Outcome


def said(world):
    return json.dumps(list(world.teams.activities.values()), ensure_ascii=False)


async def login_page(world):
    async with aiohttp.ClientSession() as session, session.get(f"{world.world.ready['hub_url']}/hub/login") as page:
        return await page.text()


async def marks(world, deployment):
    """What a restart leaves at the pods' template."""
    ready = world.world.ready
    url = f"{ready['api_url']}/apis/apps/v1/namespaces/{ready['namespace']}/deployments/{deployment}"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        found = (await answer.json())["spec"]["template"]["metadata"]["annotations"]
    return {name: text for name, text in found.items() if "restart" in name}


async def test_a_part_is_restarted_and_helms_next_upgrade_leaves_it_alone():
    async with trial((), arguments=("--speed", "50", "--users", "5")) as world:
        operator = world.person("operator")
        assert await world.command(operator, "restart hub") is Outcome.DONE
        assert "hub is restarted" in said(world)
        marked = await marks(world, "hub")
        assert "jhub-bot/restart" in marked
        assert await world.command(operator, "deploy 7c1d2e9") is Outcome.DONE
        assert (await marks(world, "hub")).items() >= marked.items()
        assert await world.command(operator, "restart user-scheduler") is Outcome.DONE
        assert await world.command(operator, "restart nothing") is Outcome.INVALID


async def test_an_announcement_is_on_the_hubs_pages_and_in_the_conversation_until_it_ends():
    async with trial((), arguments=("--users", "5")) as world:
        operator = world.person("operator")
        for line in ("alerts here on", 'announce "Back <b>soon</b>" --until 3h'):
            assert await world.command(operator, line) is Outcome.DONE
        assert "Back &lt;b&gt;soon&lt;/b&gt;" in await login_page(world)
        assert "This announcement is over" not in said(world)
        assert await world.command(operator, "announce end") is Outcome.DONE
        assert "soon" not in await login_page(world)
        assert "This announcement is over" in said(world)
        assert await world.command(operator, "announce end") is Outcome.INVALID


async def test_a_freeze_refuses_changes_until_it_is_lifted():
    async with trial((), arguments=("--users", "5")) as world:
        admin, operator = world.person("admin"), world.person("operator")
        assert await world.command(operator, 'freeze "exam week" --until 3d') is Outcome.REFUSED
        assert await world.command(admin, 'freeze "exam week" --until 3d') is Outcome.DONE
        assert await world.command(operator, "scale 2") is Outcome.FROZEN
        assert await world.command(operator, "server stop --idle 4h") is Outcome.FROZEN
        assert await world.command(operator, "status") is Outcome.ANSWERED
        assert "exam week" in said(world)
        assert await world.command(admin, "unfreeze") is Outcome.DONE
        assert await world.command(operator, "scale 2") is Outcome.DONE
