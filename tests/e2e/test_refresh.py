"""A newer image is live: the channel asks, the person is written to in their own chat, and one press is enough."""

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


async def test_a_restart_is_offered_in_the_personal_chat_and_taken_there(teams):
    await teams.open_channel("General")
    await teams.mention("/jhub servers refresh")
    await teams.sees("Send the messages now?")
    await teams.page.get_by_role("button", name="Send the messages").click()
    await teams.sees("Restarts for 3f9a41c are offered")
    await teams.picture("refresh-offered")

    await teams.open_chat("Personal Chat")
    await teams.sees("A newer image is available for your server: 3f9a41c")
    await teams.picture("refresh-message")
    await teams.page.get_by_role("button", name="Restart my server").click()
    await teams.sees("Open the hub again: it starts with 3f9a41c")
    await teams.picture("refresh-taken")
