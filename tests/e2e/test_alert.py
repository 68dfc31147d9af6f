"""Something breaks, the channel hears of it with its cause, one press mends it, and the card turns."""

import pytest
from playwright.async_api import expect

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

LOST = "hub.example.org has no certificate that browsers accept"


async def test_a_lost_certificate_is_told_explained_and_mended_from_its_card(teams):
    await teams.open_channel("Alerts")
    await teams.mention("/jhub alerts here on")
    await teams.sees("Alerts are sent here")
    await teams.mention("/sandbox break cert")
    await teams.sees("Broken: cert (passing)")

    await teams.sees(LOST, within=60)
    await teams.sees("its directory answers the bot now")
    await teams.picture("alert-told")

    await teams.page.get_by_role("button", name="Retry").first.click()
    await teams.sees("Restart autohttps now?")
    await teams.page.get_by_role("button", name="Retry the certificate").click()
    await teams.sees("hub.example.org has a good certificate", within=90)
    await teams.sees(f"Resolved: {LOST}", within=90)
    # The card itself has turned, and offers nothing any more.
    await expect(teams.page.get_by_role("button", name="Retry")).to_have_count(0)
    await teams.picture("alert-over")


async def test_a_log_is_read_page_by_page_and_followed(teams):
    await teams.open_channel("General")
    await teams.mention("/jhub logs hub --lines 60")
    await teams.sees("page 1 of 2")
    await teams.picture("logs-first")
    await teams.page.get_by_role("button", name="Next page").first.click()
    await teams.sees("page 2 of 2")
    await teams.mention("/jhub logs hub --follow --lines 3")
    await teams.sees("Follow hub of hub-")
    await teams.picture("logs-follow")
    await teams.page.get_by_role("button", name="Stop").first.click()
    await teams.sees("Followed for a while, and then stopped.")
