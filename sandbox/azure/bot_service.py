"""The Azure Bot by Azure Resource Manager's REST API: the channels that it can be reached by.

After Microsoft.BotService 2022-09-15.
"""

from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from sandbox.azure.arm import RESOURCE_GROUP, SUBSCRIPTION, ArmError, body_of

BOT: Final = "jhub-bot"
_API: Final = "2022-09-15"
_BOT: Final = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.BotService/botServices/{bot}"
_HERE: Final = (SUBSCRIPTION, RESOURCE_GROUP, BOT)


@dataclass
class BotService:
    """One Azure Bot; `channels` says of each whether it is on."""

    channels: dict[str, bool] = field(default_factory=lambda: {"MsTeamsChannel": True})

    def routes(self) -> list[web.RouteDef]:
        """For `Arm.app`."""
        return [web.get(_BOT + "/channels", self._list), web.put("/_sandbox/bot-channels", self._set)]

    async def _list(self, request: web.Request) -> web.StreamResponse:
        its = request.match_info
        if (its["subscription"], its["group"], its["bot"]) != _HERE:
            raise ArmError(404, "ResourceNotFound", f"The resource '{its['bot']}' was not found.")
        if request.query.get("api-version") != _API:
            raise ArmError(400, "InvalidApiVersionParameter", "The api-version is invalid.")
        return web.json_response({"value": [self._told(name) for name in self.channels]})

    def _told(self, name: str) -> dict[str, object]:
        return {
            "name": f"{BOT}/{name}",
            "type": "Microsoft.BotService/botServices/channels",
            "location": "global",
            "properties": {"channelName": name, "properties": {"isEnabled": self.channels[name]}},
        }

    async def _set(self, request: web.Request) -> web.StreamResponse:
        self.channels = {str(name): bool(on) for name, on in (await body_of(request)).items()}
        return web.json_response({})
