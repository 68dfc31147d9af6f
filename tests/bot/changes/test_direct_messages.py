"""What is said to one person: to whom a change's message goes, and what a refusal is called."""

from dataclasses import dataclass, field

import pytest

from bot.changes.direct_messages import Personal
from cards.views import Notice
from clients.errors import NotFound

HELLO = Notice("Hello")


@dataclass
class Chat:
    banished: bool = False
    is_lost: bool = False
    said: list = field(default_factory=list)

    async def post(self, view):
        self.said.append(view)
        return self

    @property
    def is_banished(self):
        return self.banished


@dataclass
class Known:
    place: str = "where it was asked for"


@dataclass
class Changes:
    async def get(self, change):
        return Known() if change == "op-9" else None


def personal(chat, asked=None):
    async def chats(address, object_id):
        if asked is not None:
            asked.append((address, object_id))
        return chat

    return Personal(Changes(), chats)


async def test_it_is_reached_from_where_the_change_was_asked_for():
    chat, asked = Chat(), []
    await personal(chat, asked).send("op-9", "id-ann", HELLO)
    assert (asked, chat.said) == ([("where it was asked for", "id-ann")], [HELLO])


async def test_a_chat_that_the_bot_was_thrown_out_of_is_one_that_it_cannot_reach():
    with pytest.raises(NotFound, match="may not write to them"):
        await personal(Chat(banished=True)).send("op-9", "id-ann", HELLO)


async def test_nothing_is_said_for_a_change_that_nobody_asked_for():
    with pytest.raises(LookupError):
        await personal(Chat()).send("op-1", "id-ann", HELLO)
