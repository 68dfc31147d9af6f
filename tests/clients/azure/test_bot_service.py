"""The Azure Bot's channels, as Azure Resource Manager tells them."""

import pytest
from aiohttp import web

from clients.errors import NotFound, Unavailable
from tests.clients.azures import azure_of


@pytest.fixture
async def azure(aiohttp_server):
    made = await azure_of(aiohttp_server)
    yield made
    await made.close()


async def test_the_channels_that_are_on_are_told(azure):
    azure.bot.channels = {"WebChatChannel": True, "MsTeamsChannel": True, "DirectLineChannel": False}
    assert await azure.bot_service().channels() == ["MsTeamsChannel", "WebChatChannel"]


async def test_a_bot_that_is_not_there_is_not_found(azure):
    with pytest.raises(NotFound):
        await azure.bot_service(bot="another").channels()


@pytest.mark.parametrize("fault", ["absent", "throttled", "broken", "denied"])
async def test_an_azure_that_does_not_tell_is_unavailable(azure, fault):
    azure.arm.fault = fault
    with pytest.raises(Unavailable, match="Azure"):
        await azure.bot_service().channels()


@pytest.mark.parametrize("answer", [[], {}, {"value": None}, {"value": [{}]}, {"value": ["x"]}, {"value": {}}, "x"])
async def test_an_answer_of_another_shape_is_unavailable(azure, answer):
    async def odd(_request):
        return web.json_response(answer)

    azure.before = odd
    with pytest.raises(Unavailable, match="cannot be read"):
        await azure.bot_service().channels()


@pytest.mark.parametrize("bot", ["", "..", "."])
async def test_a_name_stays_one_part_of_the_address(azure, bot):
    with pytest.raises(ValueError, match="no name"):
        azure.bot_service(bot=bot)
