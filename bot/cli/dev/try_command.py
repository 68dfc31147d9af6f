"""`jhub-bot try`: a world and a bot for a moment, each command sent as Teams would send it, the answers printed."""

import asyncio
import contextlib
import json
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from bot.changes.model import State
from bot.chat.intercepted import ViewEvent
from bot.cli.dev.card_actions import Json, action, as_activity
from bot.cli.dev.fault_injection import PACE, inject_faults
from bot.cli.dev.first_install import prepare
from bot.cli.dev.listener_tap import Overheard, overheard
from bot.cli.dev.sandbox_process import Inhabitant, SandboxWorld, UnknownPersonError, begun, beside
from bot.cli.dev.teams_emulator import LocalTeams
from bot.config.loading import settings_from, with_values
from bot.instrumentation.outcomes import Outcome
from bot.runtime.gc_tuning import loaded
from bot.telemetry.logs import begin
from bot.wiring.application import Bot, running
from cards import text
from cards.views import Notice, Progress, Tone, View

# How long one command may take before the trial gives up on it, in seconds: longer than any deployment here.
_COMMAND_WITHIN = 900.0
_LOOK_EVERY = 0.02
# What waits for nobody's answer is seen through to its end if that comes within this time.
_WORTH_WAITING = timedelta(minutes=1)


class Decider(NamedTuple):
    """A second person, and what they press on every request: "approve" or "reject"."""

    who: Inhabitant
    verb: str


@dataclass
class _Outcomes:
    """Receiver of the requests' outcomes, which remembers the last one."""

    last: Outcome | None = None

    def __call__(self, outcome: Outcome) -> None:
        self.last = outcome


@dataclass
class Trial:
    """A running world with its bot, and one channel in which people talk to it."""

    world: SandboxWorld
    bot: Bot
    teams: LocalTeams
    outcomes: _Outcomes
    _answered: set[str] = field(default_factory=set)

    def person(self, who: str) -> Inhabitant:
        """Return an inhabitant by role ("nobody" for none), UPN or id. Raise UnknownPersonError."""
        person = self.world.person(who)
        if person is None:
            raise UnknownPersonError(f"Nobody in the sandbox is “{who}”. There are: {self.world.listed}")
        return person

    async def command(
        self, who: Inhabitant, line: str, decider: Decider | None = None, *, slash: bool = False
    ) -> Outcome | None:
        """Send one command, confirm what asks `who` to confirm, have `decider` press on what asks others.

        With `slash` it is sent as one picked from the slash menu is: seen by nobody else. Return how it ended; None
        where it still waits for somebody.
        """
        self.outcomes.last = None
        await self.teams.say(who, line, privately=slash)
        return await self._confirmed(who, decider)

    async def press(self, who: Inhabitant, card: str, button: Json) -> Outcome | None:
        """Press a button, and confirm what asks `who` to confirm. Return how it ended, as `command` does."""
        self.outcomes.last = None
        await self.teams.click(who, card, button)
        return await self._confirmed(who, None)

    async def _confirmed(self, who: Inhabitant, decider: Decider | None) -> Outcome | None:
        await self._settled()
        while self.outcomes.last is None and (question := self._question(decider)):
            card, asked = question
            self._answered.add(card)
            if asked["verb"] == "confirm":
                await self.teams.click(who, card, asked)
            elif decider is not None:
                await self._decide(decider, card, asked)
            await self._settled()
        await self._expired()
        return self.outcomes.last

    async def waiting(self) -> bool:
        """Return True if anything still waits for somebody."""
        opened = [change for hub in self.bot.hubs.values() for change in await hub.changes.open()]
        return any(change.state is State.WAITING for change in opened)

    async def _decide(self, decider: Decider, card: str, asked: Json) -> None:
        """Look at the card as that person does, and press; where they get no such button, try all the same."""
        seen = await self.teams.click(decider.who, card, asked)
        button = action(as_activity(seen), decider.verb)
        await self.teams.click(decider.who, card, button or asked | {"verb": decider.verb})

    async def _settled(self) -> None:
        async with asyncio.timeout(_COMMAND_WITHIN):
            while self.bot.busy:  # noqa: ASYNC110 - several parts are busy in turn: there is no one event
                await asyncio.sleep(_LOOK_EVERY)

    async def _expired(self) -> None:
        """Wait for what waits for somebody, where that is a matter of seconds."""
        async with asyncio.timeout(_COMMAND_WITHIN):
            while self.outcomes.last is None and await self._soon():  # noqa: ASYNC110 - see above
                await asyncio.sleep(_LOOK_EVERY)
        await self._settled()

    async def _soon(self) -> bool:
        limit = datetime.now(UTC) + _WORTH_WAITING
        waiting = [(hub, change) for hub in self.bot.hubs.values() for change in await hub.changes.open()]
        return any(
            hub.settings.approvals.emergency_delay < _WORTH_WAITING
            if change.emergency
            else change.expires is not None and change.expires < limit
            for hub, change in waiting
        )

    def _question(self, decider: Decider | None) -> tuple[str, Json] | None:
        verbs = ("confirm", "view") if decider else ("confirm",)
        for card, activity in self.teams.activities.items():
            for verb in verbs:
                if card not in self._answered and (found := action(activity, verb)) is not None:
                    return card, found
        return None


@contextlib.asynccontextmanager
async def trial(
    settings: Sequence[str] = (),
    *,
    arguments: Sequence[str] = (),
    further: Sequence[str] = (),
    ready: Callable[[], Awaitable[SandboxWorld]] | None = None,
    on_activity: Callable[[str, Json], None] = lambda _operation, _activity: None,
    on_view: Callable[[ViewEvent, View], None] = lambda _said, _view: None,
) -> AsyncIterator[Trial]:
    """Start world and bot on free ports; `further` names more hubs, each in a world of its own.

    `ready` waits for a world that somebody has begun already. Raise ConfigError, SandboxError.
    """
    # Before a whole world is made for nothing.
    settings_from(with_values({"hubs": {name: _imagined(name) for name in further}}, settings))
    with tempfile.TemporaryDirectory(prefix="jhub-bot-") as folder:
        async with (
            contextlib.nullcontext(ready) if ready else begun(arguments) as built,
            beside(further, arguments) as hubs,
            _peopled(await built(), on_activity) as (world, teams),
        ):
            prepare(world, Path(folder))
            # Who tries things types as fast as a script.
            hurried = {"teams": {"port": 0}, "limits": {"per_minute": 0}}
            content = with_values(world.settings(Path(folder)) | {"hubs": hubs} | hurried, settings)
            outcomes = _Outcomes()
            async with running(
                settings_from(content),
                ended=outcomes,
                wrap=lambda inner, hubs: Overheard(inject_faults(inner, hubs, world, outcomes), on_view),
                overhear=lambda inner: overheard(inner, on_view),
                pace=PACE,
            ) as bot:
                teams.bot_url = bot.url
                yield Trial(world, bot, teams, outcomes)


def _imagined(hub: str) -> dict[str, object]:
    """Return what tells a further hub from the others, before its world is there."""
    return {
        "hub": {"url": f"http://{hub}.invalid"},
        "release": {"name": hub},
        "kubernetes": {"namespace": hub},
    }


@contextlib.asynccontextmanager
async def _peopled(
    world: SandboxWorld, on_activity: Callable[[str, Json], None]
) -> AsyncIterator[tuple[SandboxWorld, LocalTeams]]:
    async with LocalTeams(world.tenant, on_activity=on_activity, people=world.people).running() as teams:
        yield world, teams


async def run(
    who: str,
    settings: Sequence[str],
    commands: Sequence[str],
    *,
    as_json: bool,
    say: Callable[[str], None],
    decider: tuple[str, str] | None = None,
    slash: bool = False,
    arguments: Sequence[str] = (),
    further: Sequence[str] = (),
    ready: Callable[[], Awaitable[SandboxWorld]] | None = None,
) -> int:
    """Try the commands one after another. Return the exit status: 0, or 1 if one was refused, failed or still waits.

    `decider` is who presses what on every request; `slash` sends each as picked from the slash menu; `ready` waits for
    a world that somebody has begun already.
    """
    on_activity = _printed_activity(say) if as_json else _nothing
    on_view = _nothing if as_json else _printed_view(say)
    if any(assignment.startswith("log.") for assignment in settings):
        log = settings_from(with_values({}, settings)).log
        begin(log.format, log.level)
    good = True
    async with trial(
        settings, arguments=arguments, further=further, ready=ready, on_activity=on_activity, on_view=on_view
    ) as started:
        loaded()
        person = started.person(who)
        second = None if decider is None else Decider(started.person(decider[0]), decider[1])
        for line in commands:
            if not as_json:
                say(f"{person.name}: {line}\n")
            outcome = await started.command(person, line, second, slash=slash)
            if outcome is None and not as_json:
                say("(It still waits for an approval: type “/sandbox approve” next, or give --approve-as WHO.)\n")
            good = (outcome is None or outcome.is_good) and good
        good = not await started.waiting() and good
    return 0 if good else 1


def _printed_activity(say: Callable[[str], None]) -> Callable[[str, Json], None]:
    return lambda operation, activity: say(json.dumps(activity | {"operation": operation}, ensure_ascii=False))


def _printed_view(say: Callable[[str], None]) -> Callable[[ViewEvent, View], None]:
    """Print what is said but for what passes; what takes the place of “Working on it” counts as said."""
    awaited = False

    def show(said: ViewEvent, view: View) -> None:
        nonlocal awaited
        working = isinstance(view, Notice) and view.tone is Tone.WORKING
        if not working and not isinstance(view, Progress) and (awaited or said is not ViewEvent.UPDATED):
            say(text.render(view) + "\n")
        awaited = working

    return show


def _nothing(*_: object) -> None:
    """Take no notice."""
