"""A caller in Teams who types and presses too much meets a limit, and the others do not."""

import asyncio

from bot.dispatch.rate_limit import RateLimitedListener, RateLimits
from bot.teams import TeamsSettings

OLU, VERA = "00000000-0000-0000-0000-000000000021", "00000000-0000-0000-0000-000000000022"


def limited(listener):
    """Ten at once, thirty a minute, and a clock that stands still."""
    return RateLimitedListener(listener, RateLimits(30, 10, lambda: 0.0))


async def test_in_teams_a_click_too_many_is_told_in_passing(kit, listener):
    async with kit.serving(TeamsSettings(), limited(listener), grace=0.2) as client:
        answers = []
        for number in range(11):
            posted = kit.click(id=f"f:{number}", serviceUrl="http://127.0.0.1:1/")
            async with client.post("/api/messages", json=posted) as response:
                assert response.status == 200
                answers.append(await response.json())
    assert {one["type"] for one in answers[:10]} == {"application/vnd.microsoft.card.adaptive"}
    assert answers[10]["type"] == "application/vnd.microsoft.activity.message"
    assert "Wait 2 s" in answers[10]["value"]


async def test_in_teams_others_are_served_in_the_middle_of_a_flood(kit, listener):
    url = "http://127.0.0.1:1/"
    async with kit.serving(TeamsSettings(), limited(listener), grace=0.2) as client:

        async def post(number, who):
            content = kit.activity(id=f"a{number}", serviceUrl=url, from__aadObjectId=who)
            async with client.post("/api/messages", json=content) as response:
                return response.status

        flooding = asyncio.gather(*(post(number, OLU) for number in range(600)))
        others = await asyncio.gather(*(post(f"v{number}", VERA) for number in range(5)))
        assert set(await flooding) | set(others) == {200}
    heard = [said.sender.object_id for said in listener.messages]
    assert (heard.count(VERA), heard.count(OLU)) == (5, 10)
