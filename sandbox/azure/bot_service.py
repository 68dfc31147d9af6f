"""The Azure Bot, as far as the channels go that it can be reached by."""

from dataclasses import dataclass, field
from typing import Final

BOT: Final = "jhub-bot"


@dataclass
class BotService:
    """One Azure Bot. `channels` are its channels by name; True for one that is enabled."""

    channels: dict[str, bool] = field(default_factory=lambda: {"MsTeamsChannel": True})
