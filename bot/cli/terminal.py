"""A chat with the bot in the terminal, the way Teams would carry it, for machines without Node.js."""

import asyncio
import sys
from dataclasses import dataclass, field

import click

from bot.cli.cardjson import Json, actions, as_activity
from bot.cli.local_teams import LocalTeams
from bot.cli.world import Inhabitant, SandboxWorld
from bot.main import Bot
from bot.passing import Said
from cards import text
from cards.views import Progress, View

_LOOK_EVERY = 0.05

_HELP = "A number presses a button; “as ROLE” or “as UPN” speaks as somebody else; Ctrl-D ends."


@dataclass
class Terminal:
    """Prints what the bot shows, and passes on what is typed."""

    world: SandboxWorld
    teams: LocalTeams
    _speaker: Inhabitant | None = None
    _buttons: dict[str, tuple[str, Json]] = field(default_factory=dict)
    _shown: set[str] = field(default_factory=set)

    def on_view(self, said: Said, view: View) -> None:
        """Print a view; of running work, only what is new."""
        if not isinstance(view, Progress):
            click.echo(f"\n{text.render(view)}")
            return
        if said is Said.POSTED:
            self._shown.clear()
        for line in (*view.warnings, *view.details):
            if line not in self._shown:
                self._shown.add(line)
                click.echo(f"  … {line}")

    def on_activity(self, _operation: str, activity: Json) -> None:
        """Number the buttons of the newest card that has any."""
        found = actions(activity)
        if found:
            self._number(activity["id"], found)

    def _number(self, card: str, found: list[Json]) -> None:
        self._buttons = {str(number): (card, action) for number, action in enumerate(found, 1)}
        click.echo("  " + "   ".join(f"[{n}] {action['title']}" for n, (_, action) in self._buttons.items()))

    async def chat(self, bot: Bot) -> None:
        """Until standard input ends."""
        self._speaker = self.world.people[0]
        click.echo(_HELP)
        while line := await asyncio.to_thread(sys.stdin.readline):
            await self._take(line.strip())
            # A script types ahead; a person may want to press Stop.
            while not sys.stdin.isatty() and bot.busy:  # noqa: ASYNC110 - several parts are busy in turn
                await asyncio.sleep(_LOOK_EVERY)

    async def _take(self, line: str) -> None:
        speaker = self._speaker or self.world.people[0]
        if line.lower().startswith("as "):
            self._become(line[3:].strip())
        elif line in self._buttons:
            card, action = self._buttons[line]
            seen = actions(as_activity(await self.teams.click(speaker, card, action)))
            if seen:
                self._number(card, seen)
        elif line:
            await self.teams.say(speaker, line)

    def _become(self, who: str) -> None:
        person = self.world.person(who)
        if person is None:
            click.echo(f"Nobody here is “{who}”. There are: {self.world.listed}")
            return
        self._speaker = person
        click.echo(f"You are {person.name} now ({person.role or 'in no group'}).")
