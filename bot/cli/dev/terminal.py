"""A chat with the bot in the terminal, the way Teams would carry it, for machines without Node.js."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

import click

from bot.chat.intercepted import ViewEvent
from bot.cli.dev.card_actions import Json, actions, as_activity
from bot.cli.dev.completion import Vocabulary
from bot.cli.dev.fault_injection import breakable
from bot.cli.dev.line_editor import LineEditor, lines_of
from bot.cli.dev.sandbox_process import Inhabitant, SandboxWorld
from bot.cli.dev.teams_emulator import LocalTeams
from bot.jobs.daily_cleanup import NOBODY
from bot.wiring.application import Bot
from cards import text
from cards.views import Progress, View
from clients.errors import Unavailable
from commands.framework.registry import catalogue

_LOOK_EVERY: Final = 0.05
_ENDS: Final = ("exit", "quit", "/exit", "/quit")
_HELP: Final = (
    "Type /jhub status first. Tab completes, a number presses a button, /as viewer makes you a viewer, Ctrl-D ends."
)


@dataclass
class Terminal:
    """Terminal chat that prints what the bot shows, and passes on what is typed."""

    world: SandboxWorld
    teams: LocalTeams
    _speaker: Inhabitant | None = None
    _buttons: dict[str, tuple[str, Json]] = field(default_factory=dict)
    _shown: set[str] = field(default_factory=set)

    def on_view(self, said: ViewEvent, view: View) -> None:
        """Print a view; of running work, only what is new."""
        if not isinstance(view, Progress):
            click.echo(f"\n{text.render(view)}")
            return
        if said is ViewEvent.POSTED:
            self._shown.clear()
        for line in (*view.warnings, *view.details):
            if line not in self._shown:
                self._shown.add(line)
                click.echo(f"  … {line}")

    def on_activity(self, _operation: str, activity: Json) -> None:
        """Give numbers to the buttons of the newest card that has any."""
        found, card = actions(activity), activity["id"]
        if found:
            self._number(card, found)
        elif any(numbered == card for numbered, _ in self._buttons.values()):
            self._buttons.clear()

    def _number(self, card: str, found: list[Json]) -> None:
        self._buttons = {str(number): (card, action) for number, action in enumerate(found, 1)}
        click.echo("  " + "   ".join(f"[{n}] {action['title']}" for n, (_, action) in self._buttons.items()))

    async def chat(self, bot: Bot) -> None:
        """Chat until standard input ends, or the person who types ends it."""
        click.echo(_HELP)
        lines = lines_of(await self._vocabulary(bot))
        with lines.printing():
            async for line in lines.read(lambda: _named(self.speaker)):
                if line.strip().lower() in _ENDS:
                    return
                await self._take(line.strip())
                await _answered(bot, lines)

    @property
    def speaker(self) -> Inhabitant:
        """Person who types: at first the one who sits at the Playground's keyboard."""
        return self._speaker or self.world.people[0]

    async def _vocabulary(self, bot: Bot) -> Vocabulary:
        try:
            users = [user.name for user in await bot.first.context.reads(NOBODY).hub.users()]
        except Unavailable:
            # A bare cluster has no hub yet.
            users = []
        named = {one.role or "nobody": f"{one.name}, {one.upn}" for one in reversed(self.world.people)}
        return Vocabulary(
            catalogue(),
            roles={**dict(reversed(named.items())), **{one.upn: one.name for one in self.world.people}},
            users=list(dict.fromkeys([*users, *(one.upn for one in self.world.people)])),
            tags=self.world.tags,
            faults=await breakable(self.world.faults),
        )

    async def _take(self, line: str) -> None:
        command, _, who = line.partition(" ")
        if command.lower() in ("/as", "as"):
            self._become(who.strip())
        elif line in self._buttons:
            card, action = self._buttons[line]
            seen = actions(as_activity(await self.teams.click(self.speaker, card, action)))
            if seen:
                self._number(card, seen)
        elif line.isdecimal():
            click.echo(f"No button has the number {line} now.")
        elif line:
            await self.teams.say(self.speaker, line)

    def _become(self, who: str) -> None:
        person = self.world.person(who) if who else None
        if person is None:
            wrong = f"Nobody here is “{who}”. " if who else ""
            click.echo(f"{wrong}There are: {self.world.listed}")
            return
        self._speaker = person
        click.echo(f"You are {person.name} now ({_role(person)}).")


async def _answered(bot: Bot, lines: LineEditor) -> None:
    """Wait for the answer where a script types ahead; a person may want to press Stop."""
    while lines.typed_ahead and bot.busy:  # noqa: ASYNC110 - several parts are busy in turn
        await asyncio.sleep(_LOOK_EVERY)


def _named(person: Inhabitant) -> str:
    return f"{person.name} ({_role(person)})"


def _role(person: Inhabitant) -> str:
    return person.role or "in no group"
