"""`jhub-bot try`: a world and a bot for a moment, each command sent as Teams would send it, the answers printed."""

import asyncio
import contextlib
import json
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.audit import Entry, LogAudit
from bot.cli.cardjson import Json, action
from bot.cli.local_teams import LocalTeams
from bot.cli.overheard import Overheard, Said
from bot.cli.world import Inhabitant, SandboxWorld, sandbox
from bot.config import settings_from, with_value
from bot.main import Bot, running
from bot.outcomes import Outcome
from cards import text
from cards.views import Notice, Progress, Tone, View

# How long one command may take before the trial gives up on it, in seconds: longer than any deployment here.
_COMMAND_WITHIN = 900.0
_LOOK_EVERY = 0.02


class UnknownPersonError(Exception):
    """Nobody of that name lives in the sandbox. The message lists who does."""


@dataclass
class _Outcomes:
    """An audit trail that also remembers how the last request ended."""

    trail: LogAudit = field(default_factory=LogAudit)
    last: Outcome | None = None

    async def write(self, entry: Entry) -> None:
        """Keep the entry."""
        await self.trail.write(entry)
        self.last = entry.outcome or self.last

    def forget(self) -> None:
        """Begin a new request."""
        self.last = None


@dataclass
class Trial:
    """A running world with its bot, and one channel in which people talk to it."""

    world: SandboxWorld
    bot: Bot
    teams: LocalTeams
    outcomes: _Outcomes
    _answered: set[str] = field(default_factory=set)

    def person(self, who: str) -> Inhabitant:
        """An inhabitant by role ("nobody" for none), UPN or id. Raises UnknownPersonError."""
        person = self.world.person(who)
        if person is None:
            raise UnknownPersonError(f"“{who}” does not live in the sandbox. There are: {self.world.listed}")
        return person

    async def command(self, who: Inhabitant, line: str) -> Outcome:
        """Send one command, confirm what asks `who` to confirm, and return how it ended."""
        self.outcomes.forget()
        await self.teams.say(who, line)
        await self._settled()
        while question := self._question():
            self._answered.add(question[0])
            await self.teams.click(who, *question)
            await self._settled()
        return self.outcomes.last or Outcome.BUG

    async def _settled(self) -> None:
        async with asyncio.timeout(_COMMAND_WITHIN):
            while self.bot.busy:  # noqa: ASYNC110 - several parts are busy in turn: there is no one event
                await asyncio.sleep(_LOOK_EVERY)

    def _question(self) -> tuple[str, Json] | None:
        for card, activity in self.teams.activities.items():
            if card not in self._answered and (found := action(activity, "confirm")) is not None:
                return card, found
        return None


@contextlib.asynccontextmanager
async def trial(
    settings: Sequence[str] = (),
    *,
    arguments: Sequence[str] = (),
    on_activity: Callable[[str, Json], None] = lambda _operation, _activity: None,
    on_view: Callable[[Said, View], None] = lambda _said, _view: None,
) -> AsyncIterator[Trial]:
    """Start world and bot on free ports. Raises ConfigError, SandboxError."""
    # Before a whole world is made for nothing.
    settings_from(_with({}, settings))
    with tempfile.TemporaryDirectory(prefix="jhub-bot-") as folder:
        async with sandbox(arguments) as world, LocalTeams(world.tenant, on_activity=on_activity).running() as teams:
            content = _with(world.settings(Path(folder)) | {"teams": {"port": 0}}, settings)
            outcomes = _Outcomes()
            async with running(
                settings_from(content), audit=outcomes, wrap=lambda inner: Overheard(inner, on_view)
            ) as bot:
                teams.bot_url = bot.url
                yield Trial(world, bot, teams, outcomes)


def _with(content: dict[str, object], settings: Sequence[str]) -> dict[str, object]:
    for assignment in settings:
        content = with_value(content, assignment)
    return content


async def run(
    who: str, settings: Sequence[str], commands: Sequence[str], *, as_json: bool, say: Callable[[str], None]
) -> int:
    """Try the commands one after another; the exit status: 0, or 1 if one was refused or failed."""
    on_activity = _printed_activity(say) if as_json else _nothing
    on_view = _nothing if as_json else _printed_view(say)
    good = True
    async with trial(settings, on_activity=on_activity, on_view=on_view) as started:
        person = started.person(who)
        for line in commands:
            if not as_json:
                say(f"{person.name}: {line}\n")
            good = (await started.command(person, line)).is_good and good
    return 0 if good else 1


def _printed_activity(say: Callable[[str], None]) -> Callable[[str, Json], None]:
    return lambda operation, activity: say(json.dumps(activity | {"operation": operation}, ensure_ascii=False))


def _printed_view(say: Callable[[str], None]) -> Callable[[Said, View], None]:
    def show(said: Said, view: View) -> None:
        passing = isinstance(view, Progress) or (isinstance(view, Notice) and view.tone is Tone.WORKING)
        if said is not Said.UPDATED and not passing:
            say(text.render(view) + "\n")

    return show


def _nothing(*_: object) -> None:
    """Take no notice."""
