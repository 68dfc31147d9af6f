"""The echo bot behind botbuilder's own adapter, CloudAdapter of 4.17.1: `echo_stock.py METADATA_URL`."""

import asyncio
import sys

from aiohttp import web
from botbuilder.integration.aiohttp import CloudAdapter, ConfigurationBotFrameworkAuthentication
from botframework.connector.auth import AppCredentials, ServiceClientCredentialsFactory
from echo import APP_ID, Echo, serve

_BOT_FRAMEWORK = "https://api.botframework.com"


class _Credentials(AppCredentials):
    def get_access_token(self, force_refresh: bool = False) -> str:  # noqa: ARG002 - botbuilder's
        return "token"


class _Factory(ServiceClientCredentialsFactory):
    async def is_valid_app_id(self, app_id: str) -> bool:
        return app_id == APP_ID

    async def is_authentication_disabled(self) -> bool:
        return False

    async def create_credentials(self, *_: object, **__: object) -> AppCredentials:
        return _Credentials(app_id=APP_ID)


def _app(metadata: str) -> web.Application:
    class Configuration:
        TO_BOT_FROM_CHANNEL_OPENID_METADATA_URL = metadata
        TO_BOT_FROM_EMULATOR_OPENID_METADATA_URL = metadata
        TO_BOT_FROM_CHANNEL_TOKEN_ISSUER = _BOT_FRAMEWORK
        TO_CHANNEL_FROM_BOT_OAUTH_SCOPE = _BOT_FRAMEWORK
        TO_CHANNEL_FROM_BOT_LOGIN_URL = "https://login.microsoftonline.com/botframework.com"
        OAUTH_URL = _BOT_FRAMEWORK
        CALLER_ID = ""
        VALIDATE_AUTHORITY = True

    adapter = CloudAdapter(ConfigurationBotFrameworkAuthentication(Configuration, credentials_factory=_Factory()))
    echo, app = Echo(), web.Application()

    async def messages(request: web.Request) -> web.StreamResponse:
        return await adapter.process(request, echo) or web.Response()

    app.router.add_post("/api/messages", messages)
    return app


if __name__ == "__main__":
    asyncio.run(serve(_app(sys.argv[1]), "stock"))
