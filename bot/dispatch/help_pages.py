"""Buttons that lead from one page of help to another on the same card, seen by nobody but the one who pressed."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from bot.access.access import Access
from bot.changes import replies
from bot.chat.platform import Click
from bot.dispatch import hello
from cards.views import View
from commands.framework.command import Command, Level
from commands.framework.errors import UserError
from commands.help.help import ABOUT, LEAF, page
from commands.ports.context import Caller, Reads

# Longer than any name; what else a click brings is not looked at.
_LONGEST: Final = 60


class Browsing:
    """Shows pages of help to those who press, for their own level."""

    def __init__(self, commands: Sequence[Command], access: Access, reads: Callable[[Caller], Reads]) -> None:
        self._commands = commands
        self._access = access
        self._reads = reads

    @property
    def clicks(self) -> Mapping[str, Callable[[Click], Awaitable[View]]]:
        """The handlers of the buttons of help, by verb."""
        return {LEAF: self.turn}

    @property
    def cards(self) -> Mapping[str, Callable[[Click, int], Awaitable[View]]]:
        """The finders of a card of help or of hello, by what its buttons carry; each has one page."""
        return {ABOUT: lambda click, _page: self.turn(click), hello.CARRIED: lambda click, _page: self.greet(click)}

    async def turn(self, click: Click) -> View:
        """Return the page that a button leads to, or that it stands on. Raise Unavailable."""
        level = await self._level(click)
        try:
            return page(click.data.get(ABOUT, "")[:_LONGEST], self._reads(_caller(click, level)))
        except UserError as error:
            return replies.invalid(error, level)

    async def greet(self, click: Click) -> View:
        """Return the hello that a button stands on. Raise Unavailable."""
        level = await self._level(click)
        way_in, personal = self._access.way_in(Level.VIEWER), click.conversation.is_personal
        said = hello.Greeting.__members__.get(click.data[hello.CARRIED], hello.Greeting.HELLO)
        return hello.hello(self._commands, level, way_in, personal=personal, said=said)

    async def _level(self, click: Click) -> Level:
        return await self._access.level(click.sender, fresh=False)


def _caller(click: Click, level: Level) -> Caller:
    return Caller(click.sender.object_id, click.sender.name, level)
