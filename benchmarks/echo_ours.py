"""The echo bot behind this project's adapter: `echo_ours.py METADATA_URL`."""

import asyncio
import sys

from echo import APP_ID, TENANT, Echo, serve

from bot.chat.platform import Click, Message
from bot.teams import TeamsChannel, TeamsSettings, make_app
from bot.teams.activity_handler import JHubActivityHandler
from cards.views import Notice, View


class _Deaf:
    async def on_message(self, message: Message) -> None: ...

    async def on_click(self, _click: Click) -> View:
        return Notice("")


class _Echo(JHubActivityHandler):
    on_message_activity = Echo.on_message_activity


class _Tokens:
    async def get(self) -> str:
        return "token"

    def forget(self) -> None: ...


async def _secret() -> str:
    return "secret"


async def _main(metadata: str) -> None:
    settings = TeamsSettings(APP_ID, "SingleTenant", (TENANT,), _secret, metadata, ("localhost",))
    async with TeamsChannel(settings, _Deaf(), handler=_Echo, tokens=_Tokens()) as channel:
        while channel.not_ready:  # noqa: ASYNC110 - it is asked so by whoever asks /readyz
            await asyncio.sleep(0.01)
        await serve(make_app(channel), "ours")


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1]))
