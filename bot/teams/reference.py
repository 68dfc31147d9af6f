"""What has to be remembered of a conversation to write there later."""

import json
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class ConversationReference:
    """A place in Teams. Plain strings only, so `dataclasses.asdict` and JSON carry it through a restart.

    `conversation_id` of a channel ends in `;messageid=…`: it names the thread, and what is sent there lands in
    it. `user_id` and `reply_to` say who and what is answered; both are empty for what the bot says by itself.
    """

    service_url: str
    conversation_id: str
    tenant_id: str
    bot_id: str
    bot_name: str = ""
    user_id: str = ""
    reply_to: str = ""

    @classmethod
    def from_address(cls, address: str) -> Self:
        """The reference in what `TeamsConversation.address` once gave. Raises ValueError for anything else."""
        try:
            return cls(**json.loads(address))
        except (TypeError, ValueError):
            raise ValueError("not the address of a conversation") from None
