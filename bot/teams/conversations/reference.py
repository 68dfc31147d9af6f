"""Conversation references: what has to be remembered of a conversation to write there later."""

import json
from dataclasses import dataclass, replace
from typing import Final, Self

from bot.teams.delivery import BotRemoved

# What a channel's id and the id of a thread's first message are joined by.
_IN_THREAD: Final = ";messageid="
# What the ids of channels, group chats and meetings begin with in Teams; a personal chat's begin otherwise ("a:1…").
_AMONG_SEVERAL: Final = "19:"
# What the ids of group chats and meetings end with; a channel's end otherwise ("@thread.tacv2").
_GROUP_CHAT: Final = "@thread.v2"


@dataclass(frozen=True)
class ConversationReference:
    """Place in Teams. Plain strings only, so `dataclasses.asdict` and JSON carry it through a restart.

    `conversation_id` of a channel ends in `;messageid=…`: it names the thread, and what is sent there lands in it.
    `user_id` and `reply_to` say who and what is answered; both are empty for what the bot says by itself. `team_id` is
    the team that a channel belongs to. Where it is `a_channel`, `conversation_id` is the channel's own and each message
    that is created there begins a thread.

    `targeted` is a place that only `user_id` and the bot see; `prompt` is the targeted message that is answered, which
    Teams shows above the answer; `apart` tells that the thread is that message's own, so that nobody else has it.
    """

    service_url: str
    conversation_id: str
    tenant_id: str
    bot_id: str
    bot_name: str = ""
    user_id: str = ""
    reply_to: str = ""
    team_id: str = ""
    a_channel: bool = False
    targeted: bool = False
    prompt: str = ""
    apart: bool = False

    @property
    def is_personal(self) -> bool:
        """True for the chat of one person with the bot, where nobody has to mention it."""
        return not self.team_id and not self.conversation_id.startswith(_AMONG_SEVERAL)

    @property
    def own(self) -> Self:
        """Place for what nobody asked the bot for: the channel itself for a thread in it, else the same place."""
        channel = _channel_of(self.conversation_id)
        in_thread = channel != self.conversation_id
        seen = replace(self, targeted=False, prompt="", apart=False)
        return replace(seen, conversation_id=channel, user_id="", reply_to="", a_channel=self.a_channel or in_thread)

    @property
    def open(self) -> Self:
        """The same place for everybody in it; a thread that nobody else has becomes a new one in its channel."""
        if not self.targeted:
            return self
        seen = replace(self, targeted=False, apart=False, reply_to="")
        channel = _channel_of(self.conversation_id)
        return replace(seen, conversation_id=channel, a_channel=True) if self.apart else seen

    def beside(self, conversation_id: str) -> Self:
        """Return another place of the same tenant, a channel or a group chat, by its id."""
        there = replace(self.own, conversation_id=_channel_of(conversation_id), team_id="")
        return replace(there, a_channel=not conversation_id.endswith(_GROUP_CHAT))

    @property
    def without_prompt(self) -> Self:
        """The same place, where Teams does not know the message that is answered, or not any more."""
        return replace(self, prompt="")

    @classmethod
    def is_apart(cls, conversation_id: str, message_id: str) -> bool:
        """Return True if the conversation is the thread that this very message began."""
        return conversation_id.endswith(f"{_IN_THREAD}{message_id}")

    def is_in(self, removal: BotRemoved) -> bool:
        """Return True if this is one of the places that a removal is about."""
        if removal.team_id and removal.team_id == self.team_id:
            return True
        return bool(removal.conversation_id) and self.own.conversation_id == _channel_of(removal.conversation_id)

    def thread(self, message_id: str) -> Self:
        """Return the thread that a message of the channel began, which is where it is edited and answered."""
        if not self.a_channel or not message_id:
            return self
        return replace(self, conversation_id=f"{self.conversation_id}{_IN_THREAD}{message_id}", a_channel=False)

    @classmethod
    def from_address(cls, address: str) -> Self:
        """Return the reference in a `TeamsConversation.address` of before. Raise ValueError for anything else."""
        try:
            return cls(**json.loads(address))
        except (TypeError, ValueError):
            raise ValueError("not the address of a conversation") from None


def _channel_of(conversation_id: str) -> str:
    return conversation_id.partition(_IN_THREAD)[0]
