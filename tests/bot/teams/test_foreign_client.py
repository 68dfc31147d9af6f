"""Microsoft's own client of bots, which nobody here wrote, says and presses things: over HTTP, with tokens."""

import pytest
from botbuilder.integration.aiohttp.skills import AioHttpClientFactory
from botbuilder.schema import Activity
from botframework.connector.auth import AppCredentials, ServiceClientCredentialsFactory
from botframework.connector.auth._bot_framework_client_impl import _BotFrameworkClientImpl


class Signed(AppCredentials):
    """A token that our key server vouches for."""

    def __init__(self, app_id, token):
        super().__init__(app_id=app_id)
        self.token = token

    def get_access_token(self, force_refresh=False):  # noqa: ARG002 - botbuilder's
        return self.token


class Factory(ServiceClientCredentialsFactory):
    def __init__(self, token):
        self.token = token

    async def is_valid_app_id(self, app_id):
        return bool(app_id)

    async def is_authentication_disabled(self):
        return False

    async def create_credentials(self, app_id, *_, **__):
        return Signed(app_id, self.token)


@pytest.fixture
async def ask(cloud, kit):
    """Has the client post an activity, with a token."""

    async def post(content, token):
        client = _BotFrameworkClientImpl(Factory(token), AioHttpClientFactory(), "https://login.example.org")
        activity = Activity.deserialize(content)
        url = str(cloud.make_url("/api/messages"))
        conversation = content["conversation"]["id"]
        return await client.post_activity("caller", kit.app_id, url, content["serviceUrl"], conversation, activity)

    return post


async def test_it_says_something(ask, issuer, listener, kit):
    answer = await ask(kit.activity(), issuer.token())
    assert (answer.status, answer.body) == (200, None)
    await kit.eventually(lambda: listener.messages)
    [heard] = listener.messages
    assert (heard.text, heard.sender.name) == ("/jhub status", "Ada")
    assert heard.conversation.id == kit.activity()["conversation"]["id"]


async def test_it_presses_a_button(ask, issuer, listener, kit):
    answer = await ask(kit.click(), issuer.token())
    assert (answer.status, answer.body["statusCode"]) == (200, 200)
    assert answer.body["type"] == "application/vnd.microsoft.card.adaptive"
    assert listener.clicks[0].data == {"id": "x", "n": "3"}


async def test_it_asks_for_what_is_not_there(ask, issuer, kit):
    answer = await ask(kit.click(name="task/fetch"), issuer.token())
    assert answer.status == 501


async def test_it_is_turned_away_with_another_s_token(ask, issuer, listener, kit):
    for token in (issuer.token(key=issuer.stranger), issuer.token(aud="another"), "x"):
        assert (await ask(kit.activity(), token)).status == 401
    assert not listener.messages
