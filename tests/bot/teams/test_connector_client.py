"""After a failure, what is known: that nothing happened, that something may have, or that it never will."""

import asyncio

import aiohttp
import pytest
from aiohttp.test_utils import unused_port

from bot.teams import ConversationReference, TeamsSettings
from bot.teams.auth.outbound_tokens import NoTokens, TokenUnavailable
from bot.teams.connector_client import Connector, open_session
from bot.teams.delivery_errors import ConversationGone, DeliveryUnknown, NotDelivered, Unacceptable


class Tokens:
    def __init__(self, *tokens):
        self.tokens = list(tokens)

    async def get(self):
        if not self.tokens:
            raise TokenUnavailable("AADSTS1")
        return self.tokens[0]

    def forget(self):
        self.tokens.pop(0)


@pytest.fixture
async def session():
    async with open_session() as session:
        yield session


@pytest.fixture
def connector(session):
    return Connector(session, NoTokens(), TeamsSettings())


@pytest.fixture
def place(teams, kit):
    return ConversationReference(teams.url, "c", kit.tenant, "28:bot")


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (401, NotDelivered),
        (412, NotDelivered),
        (429, NotDelivered),
        (400, Unacceptable),
        (413, Unacceptable),
        (403, ConversationGone),
        (404, ConversationGone),
        ((307, {"Location": "/_connector/v3/conversations/c/activities"}), ConversationGone),
        (408, DeliveryUnknown),
        (500, DeliveryUnknown),
        (502, DeliveryUnknown),
        (504, DeliveryUnknown),
        ("reset", DeliveryUnknown),
    ],
)
async def test_what_a_failed_create_means(connector, place, teams, step, error):
    teams.script.extend([step, step])
    with pytest.raises(error):
        await connector.create(place, {"text": "x"})


async def test_no_answer_may_mean_anything(place, teams):
    timeout = aiohttp.ClientTimeout(total=0.2)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        teams.script.append("hang")
        with pytest.raises(DeliveryUnknown):
            await Connector(session, NoTokens(), TeamsSettings()).create(place, {})


async def test_no_connection_means_no_message(connector, kit):
    place = ConversationReference(f"http://127.0.0.1:{unused_port()}/", "c", kit.tenant, "28:bot")
    with pytest.raises(NotDelivered):
        await connector.create(place, {})


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("99999", 600.0), ("soon", None)])
async def test_retry_after(connector, place, teams, header, seconds):
    teams.script.append((429, {"Retry-After": header}))
    with pytest.raises(NotDelivered) as caught:
        await connector.create(place, {})
    assert caught.value.retry_after == seconds


async def test_a_token_that_is_not_taken_is_replaced_once(session, place, teams):
    teams.script.append(401)
    connector = Connector(session, Tokens("old", "new"), TeamsSettings())
    assert await connector.create(place, {}) == "m1"
    assert [h["Authorization"] for h in teams.headers] == ["Bearer old", "Bearer new"]


async def test_without_a_token_nothing_is_sent(session, place, teams):
    with pytest.raises(NotDelivered, match="AADSTS1"):
        await Connector(session, Tokens(), TeamsSettings()).create(place, {})
    assert not teams.requests


async def test_a_remembered_place_elsewhere_gets_no_token(session, cloud_settings, place, teams):
    with pytest.raises(ConversationGone):
        await Connector(session, Tokens("t"), cloud_settings).create(place, {})
    assert not teams.requests


async def test_a_hostile_conversation_id_stays_in_its_place_of_the_path(connector, teams, kit):
    place = ConversationReference(teams.url, "a/../../b?x#y", kit.tenant, "28:bot")
    await connector.create(place, {})
    assert teams.requests == [("POST", "/_connector/v3/conversations/a/../../b?x#y/activities")]


async def test_an_answer_that_breaks_off_after_its_status_is_still_that_status(connector, kit):
    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        place = ConversationReference(f"http://127.0.0.1:{port}/", "c", kit.tenant, "28:bot")
        assert await connector.create(place, {}) == ""
