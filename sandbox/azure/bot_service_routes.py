"""The Azure Bot by Azure Resource Manager's REST API: the channels that it can be reached by.

After Microsoft.BotService 2022-09-15.
"""

from typing import Final

from aiohttp import web

from sandbox.azure.arm import RESOURCE_GROUP, SUBSCRIPTION
from sandbox.azure.arm_routes import body_of
from sandbox.azure.bot_service import BOT, BotService
from sandbox.azure.errors import ArmError

_API: Final = "2022-09-15"
_BOT: Final = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.BotService/botServices/{bot}"
_HERE: Final = (SUBSCRIPTION, RESOURCE_GROUP, BOT)


class BotServiceRoutes:
    """The routes of one Azure Bot."""

    def __init__(self, bot: BotService) -> None:
        self._bot = bot

    def routes(self) -> list[web.RouteDef]:
        """Return the routes for `ArmRoutes.app`."""
        return [web.get(_BOT + "/channels", self._list), web.put("/_sandbox/bot-channels", self._set)]

    async def _list(self, request: web.Request) -> web.StreamResponse:
        given = request.match_info
        if (given["subscription"], given["group"], given["bot"]) != _HERE:
            raise ArmError(404, "ResourceNotFound", f"The resource '{given['bot']}' was not found.")
        if request.query.get("api-version") != _API:
            raise ArmError(400, "InvalidApiVersionParameter", "The api-version is invalid.")
        return web.json_response({"value": [_channel(name, on) for name, on in self._bot.channels.items()]})

    async def _set(self, request: web.Request) -> web.StreamResponse:
        self._bot.channels = {str(name): bool(on) for name, on in (await body_of(request)).items()}
        return web.json_response({})


def _channel(name: str, enabled: bool) -> dict[str, object]:
    return {
        "name": f"{BOT}/{name}",
        "type": "Microsoft.BotService/botServices/channels",
        "location": "global",
        "properties": {"channelName": name, "properties": {"isEnabled": enabled}},
    }
