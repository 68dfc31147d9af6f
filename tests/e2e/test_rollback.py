"""A deployment fails, its card says why and what is live, one press takes it back, and the hub is as it was."""

import asyncio
import json

import pytest
from playwright.async_api import expect

from tests.helms import HELM

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


async def _history(demo) -> list[tuple[int, str]]:
    command = (str(HELM), "history", "jupyterhub", f"--kubeconfig={demo.kubeconfig}", "--output=json")
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    return [(one["revision"], one["status"]) for one in json.loads(output)]


async def test_an_image_that_cannot_be_pulled_is_named_and_rolled_back_from_the_card(demo, teams):
    await teams.open_channel("General")
    await teams.mention("/jhub deploy 0ddba11")
    await teams.sees("Deploy this now?")
    await teams.page.get_by_role("button", name="Deploy", exact=True).click()
    await teams.sees("0ddba11 was not deployed", within=90)
    await teams.sees("but not all of its layers")
    await teams.sees("revision 3, tag 3f9a41c")
    await teams.picture("rollback-failed")

    await teams.page.get_by_role("button", name="Roll back").first.click()
    await teams.sees("Roll back now?")
    await teams.picture("rollback-question")
    await teams.page.get_by_role("button", name="Roll back").last.click()
    await teams.sees("Revision 3 is live again", within=60)
    await teams.sees("revision 5, tag 3f9a41c")
    # The question has turned into what is now true; the failed deployment's card keeps its way back.
    await expect(teams.page.get_by_role("button", name="Roll back")).to_have_count(1)
    await teams.picture("rollback-done")
    assert (await _history(demo))[-2:] == [(4, "failed"), (5, "deployed")]
