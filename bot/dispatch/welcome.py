"""The greeting where the bot was just added: what it can do, and how to be told of alerts there."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.chat.platform import Click, Conversation
from bot.runtime.leases import Lease
from bot.store.database import Database
from cards.views import Button, Fact, Facts, Notice, typing
from commands.framework.command import Command
from commands.framework.usage import least

# Teams tells of it twice, and again when it is not sure that it was heard; all within seconds.
_ONE_ARRIVAL: Final = timedelta(minutes=2)
CARRIED: Final = "greeting"
"""The name of what the buttons of a greeting carry, so that it is known again: the name that is said in it."""
_LONGEST_NAME: Final = 80


class Greeter:
    """Greets once where several deliveries, to several replicas, tell of the same arrival.

    Who was added again within two minutes is not greeted again.
    """

    def __init__(self, commands: Sequence[Command], database: Database, now: Callable[[], datetime]) -> None:
        self._commands = commands
        self._database = database
        self._now = now

    async def welcome(self, place: Conversation, by: str = "") -> None:
        """Say hello there, unless that is done; `by` is the name of who added the bot, if known. Raise Unavailable."""
        # Held by nobody who could come again: the second delivery finds it taken, whoever gets it.
        first = Lease(self._database, f"greeting {place.id}", secrets.token_hex(8))
        if await first.hold(self._now(), _ONE_ARRIVAL):
            await place.post(self._view(place, by[:_LONGEST_NAME]))

    async def view(self, click: Click) -> Notice:
        """Return the greeting that a button stands on."""
        return self._view(click.conversation, click.data[CARRIED][:_LONGEST_NAME])

    def _view(self, place: Conversation, by: str) -> Notice:
        listed = tuple(Fact(_typed(command), command.summary) for command in self._commands if command.in_menu)
        return Notice(
            "Hello! I look after the JupyterHub",
            f"{_added(place, by)}{_how(place)} Before I change anything, I show what would happen and ask. Press “Send "
            "alerts here” to be told in this conversation when the hub, a node, a disk or the certificate is in "
            "trouble.",
            sections=(Facts(listed, title="For example"),),
            buttons=tuple(
                _carrying(typing(title, line), by)
                for title, line in (
                    ("Send alerts here", "/jhub alerts here on"),
                    ("Show status", "/jhub status"),
                    ("Show commands", "/jhub help"),
                )
            ),
        )


def _added(place: Conversation, by: str) -> str:
    where = "" if place.is_personal else " here"
    return f"{by} added me{where}. " if by else ""


def _how(place: Conversation) -> str:
    if place.is_personal:
        return "Type what you want, such as “status”."
    return "Mention me and type what you want, such as “status”; what you pick after “/” I answer to you alone."


def _typed(command: Command) -> str:
    """Return the least that one types for a command: `deploy <tag>`."""
    return least(command).removeprefix("/jhub ").removesuffix(" …")


def _carrying(button: Button, by: str) -> Button:
    return replace(button, data=((CARRIED, by), *button.data))
