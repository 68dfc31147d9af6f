"""One person asks at the Playground, another one approves on a page of their own."""

import pytest
from playwright.async_api import expect

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

LINE = "/jhub storage delete emmy.noether@example.org"


async def test_one_asks_and_another_approves(teams, approver):
    # In a channel each page of the Playground knows only the threads it began; a group chat is seen by all.
    for person in (teams, approver):
        await person.open_chat("JupyterHub operators")
    await teams.page.bring_to_front()
    await teams.mention(LINE)
    await teams.sees("Waiting for approval")
    await teams.picture("asked")
    await teams.page.get_by_role("button", name="Review").click()
    await teams.sees("somebody else must approve it")
    await expect(teams.page.get_by_role("button", name="Approve")).to_have_count(0)
    await teams.picture("own-request")

    await approver.page.bring_to_front()
    await approver.sees("Waiting for approval")
    await approver.page.get_by_role("button", name="Review").click()
    await approver.sees("Approve")
    await approver.picture("approver-decides")
    await approver.page.get_by_role("button", name="Approve").click()
    await approver.sees("emmy.noether@example.org is deleted", within=60)
    await approver.picture("approver-sees-the-end")

    await teams.page.bring_to_front()
    await teams.sees("emmy.noether@example.org is deleted")
    await expect(teams.page.get_by_role("button", name="Review")).to_have_count(0)
    await teams.picture("requester-sees-the-end")
