"""What the bot says where it was just added: what it can do, and how to be told of alerts there."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.chat import Conversation
from bot.store.database import Database
from bot.store.leases import Lease
from cards.views import Button, Fact, Facts, Notice, typing
from commands.spec import Command
from commands.usage import parameters

# Teams tells of it twice, and again when it is not sure that it was heard; all within seconds.
_ONE_ARRIVAL: Final = timedelta(minutes=2)
CARRIED: Final = "greeting"
"""What the buttons of a greeting carry, so that it is known again."""


class Greeter:
    """Greets once where several deliveries, to several replicas, tell of the same arrival.

    Who was added again within two minutes is not greeted again.
    """

    def __init__(self, commands: Sequence[Command], database: Database, now: Callable[[], datetime]) -> None:
        self._commands = commands
        self._database = database
        self._now = now

    async def welcome(self, place: Conversation) -> None:
        """Say hello there, unless that is done. Raises Unavailable."""
        # Held by nobody who could come again: the second delivery finds it taken, whoever gets it.
        first = Lease(self._database, f"greeting {place.id}", secrets.token_hex(8))
        if await first.hold(self._now(), _ONE_ARRIVAL):
            await place.post(self._view)

    async def view(self, _: str) -> Notice:
        """What a greeting shows: the same for all."""
        return self._view

    @property
    def _view(self) -> Notice:
        listed = tuple(Fact(_typed(command), command.summary) for command in self._commands if command.in_menu)
        return Notice(
            "I look after the JupyterHub",
            "Mention me and say what you want, such as “status”; in a channel or a group “/” lists commands, too, and "
            "their answers are for you alone. What changes something is shown first, and asks. Alerts are told where "
            "somebody types “alerts here on”: when the hub, a node, a disk or the certificate is in trouble.",
            sections=(Facts(listed, title="For example"),),
            buttons=(
                _carrying(typing("Tell alerts here", "/jhub alerts here on")),
                _carrying(typing("How is the hub?", "/jhub status")),
                _carrying(typing("What may I do?", "/jhub help")),
            ),
        )


def _typed(command: Command) -> str:
    """The least that one types for it: `deploy <tag>`."""
    needed = (parameter.usage for parameter in parameters(command.args) if parameter.required)
    return " ".join((command.name, *needed))


def _carrying(button: Button) -> Button:
    return replace(button, data=((CARRIED, "1"), *button.data))
