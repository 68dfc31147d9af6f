"""Azure Bot Service, limited to the channels by which the bot can be reached.

One GET of Microsoft.BotService 2022-09-15.
"""

from collections.abc import Sequence
from typing import Any, Final

from azure.core.rest import HttpRequest

from clients.azure.identity import Token
from clients.azure.pipeline import SYSTEM, reading, resource_path, rest_client
from clients.errors import Unavailable

_API: Final = "2022-09-15"


class BotService:
    """A client of one Azure Bot. Every method raises Unavailable and NotFound, and takes at most `timeout` seconds.

    `token` returns a bearer token for Azure Resource Manager and is called for each request. Raises ValueError for a
    name that no bot can have.
    """

    def __init__(
        self,
        base_url: str,
        token: Token,
        *,
        subscription_id: str,
        resource_group: str,
        bot: str,
        timeout: float = 5.0,
    ) -> None:
        place = resource_path(subscription_id, resource_group, "Microsoft.BotService/botServices", bot)
        self._path = f"{place}/channels"
        self._timeout = timeout
        self._client = rest_client(base_url, token)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def channels(self) -> Sequence[str]:
        """Return the names of the channels that are enabled, such as MsTeamsChannel, sorted."""
        return await reading(self._listed, self._timeout)

    async def _listed(self) -> Sequence[str]:
        request = HttpRequest("GET", self._client.format_url(self._path), params={"api-version": _API})
        response = await self._client.send_request(request)
        response.raise_for_status()
        listed = response.json()["value"]
        if not isinstance(listed, list):
            raise Unavailable(SYSTEM, "returned an answer that cannot be read")
        return sorted({name for one in listed if (name := _name(one["properties"]))})


def _name(properties: dict[str, Any]) -> str:
    """Return the name of a channel that is enabled, else an empty one. Without a setting it counts as enabled."""
    its = properties.get("properties") or {}
    return "" if its.get("isEnabled") is False else str(properties["channelName"])
