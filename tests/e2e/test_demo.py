"""A person opens the demo, reads the hub's state, deploys a tag, and sees every card on the way."""

import asyncio
import json
import signal

import pytest
from playwright.async_api import expect

from tests.helms import HELM

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


async def _live_tag(demo) -> str:
    command = (str(HELM), "get", "values", "jupyterhub", f"--kubeconfig={demo.kubeconfig}", "--output=json")
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    return json.loads(output)["singleuser"]["image"]["tag"]


async def test_status_and_deploy_in_the_channel_general(demo, teams):
    await teams.open_channel("General")
    await teams.mention("/jhub status")
    await teams.sees("Healthy")
    await expect(teams.page.get_by_text("Hello! I look after the JupyterHub", exact=True)).to_have_count(1)
    await teams.sees("user-scheduler")
    await teams.picture("status")

    await teams.mention("/jhub deploy 7c1d2e9")
    await teams.sees("Deploy this now?")
    await teams.picture("deploy-question")
    cards = teams.page.get_by_text("Deploy 7c1d2e9", exact=True)
    before = await cards.count()
    await teams.page.get_by_role("button", name="Deploy", exact=True).click()
    await teams.sees("hook-image-puller")
    await teams.picture("deploy-progress")
    assert await cards.count() <= before, "progress came as a new card"
    await teams.sees("7c1d2e9 is live", within=90)
    await teams.picture("deploy-done")
    await expect(teams.page.get_by_role("button", name="Stop")).to_have_count(0)
    assert await _live_tag(demo) == "7c1d2e9"


async def test_the_first_line_of_the_introduction_is_answered_in_the_personal_chat_as_it_stands(teams):
    await teams.open_chat("Personal Chat")
    await teams.say("/jhub status")
    await teams.sees("Healthy")
    await teams.sees("user-scheduler")
    await teams.picture("status-in-the-personal-chat")


async def test_a_tag_that_does_not_exist_is_refused_with_the_nearest_to_type_instead(teams):
    await teams.open_channel("General")
    await teams.mention("/jhub deploy 7c1d2e8")
    await teams.sees("has no tag 7c1d2e8 of notebook")
    await teams.sees("/jhub images --all")
    await teams.picture("deploy-refused")


async def test_one_ctrl_c_ends_everything(demo):
    demo.process.send_signal(signal.SIGINT)
    assert await asyncio.wait_for(demo.process.wait(), 30) == 0
    with pytest.raises(OSError, match=r"refused|Connect call failed"):
        await asyncio.open_connection("127.0.0.1", int(demo.url.rpartition(":")[2]))
