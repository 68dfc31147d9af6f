"""The nodes are taken away from the channel: one person asks, another one approves, and the way back is on the card."""

import pytest
from playwright.async_api import expect

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


async def test_scaling_to_nothing_waits_for_a_second_person(teams, approver):
    for person in (teams, approver):
        await person.open_chat("JupyterHub operators")
    await teams.page.bring_to_front()
    await teams.mention("/jhub scale 0")
    await teams.sees("Waiting for approval")
    await teams.sees("At work now")
    await teams.picture("scale-asked")

    await approver.page.bring_to_front()
    await approver.sees("Waiting for approval")
    await approver.page.get_by_role("button", name="Review").click()
    await approver.page.get_by_role("button", name="Approve").click()
    await approver.sees("The pool users has no nodes", within=90)
    await approver.picture("scale-approved")

    await teams.page.bring_to_front()
    await teams.sees("The pool users has no nodes")
    await teams.mention("/jhub nodes")
    await teams.sees("kept: autoscaler 1–5")
    await teams.picture("scale-nodes")
    await teams.mention("/jhub scale up")
    await teams.page.get_by_role("button", name="Restore the pool").click()
    await teams.sees("The pool users has 1 node", within=90)
    await expect(teams.page.get_by_role("button", name="Stop")).to_have_count(0)
    await teams.picture("scale-back")
