"""Many people at once, and one bot for a long time: how long each waits, and what the process holds afterwards."""

import asyncio
import gc
import statistics
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bot.cli.dev.card_actions import Json
from bot.cli.dev.sandbox_process import Inhabitant, SandboxWorld
from bot.cli.dev.teams_emulator import LocalTeams

PEOPLE = 50
# How often each of them asks, one after the other.
_ROUNDS = 5
_WITHIN = 120.0
# How often memory is looked at while many commands run.
_SAMPLES = 40


def people(world: SandboxWorld, many: int = PEOPLE) -> Sequence[Inhabitant]:
    """Return the sandbox's people and others that are in no group: help is for everyone."""
    made = [
        Inhabitant("", f"guest-{n}", f"Guest {n}", f"guest{n}@example.org", f"7d3c4b5a-0000-4000-9000-{n:012d}")
        for n in range(many)
    ]
    return [*world.people, *made][:many]


@dataclass
class Crowd:
    """People who each write in a chat of their own and wait for their answer."""

    teams: LocalTeams
    _answers: dict[str, asyncio.Event] = field(default_factory=dict)

    def on_activity(self, _operation: str, activity: Json) -> None:
        """Take an activity that the bot sends."""
        if "Working on it" not in str(activity) and (waits := self._answers.get(activity["conversation"]["id"])):
            waits.set()

    async def ask(self, who: Inhabitant, line: str) -> float:
        """Ask. Return the seconds until the answer is there."""
        chat = f"a:{who.id}"
        self._answers[chat] = answered = asyncio.Event()
        message = self.teams.message(who, line)
        message["conversation"] = {"id": chat, "conversationType": "personal", "tenantId": self.teams.tenant}
        begun = time.monotonic()
        status = await self.teams.deliver(message)
        if status not in (200, 202):
            raise SystemExit(f"the bot answered {status} to {line}")
        await asyncio.wait_for(answered.wait(), _WITHIN)
        return time.monotonic() - begun


@asynccontextmanager
async def crowd(world: SandboxWorld, url: str) -> AsyncIterator[Crowd]:
    """Run a Teams for them all while the block lasts."""
    async with LocalTeams(world.tenant).running() as teams:
        made = Crowd(teams)
        teams.bot_url, teams.on_activity = url, made.on_activity
        yield made


async def at_once(made: Crowd, who: Sequence[Inhabitant], line: str) -> list[float]:
    """Let all ask at the same moment, several times. Return the seconds that each waited."""
    # What this process pauses for would count as the bot's.
    gc.collect()
    gc.freeze()
    waited: list[float] = []
    for _ in range(_ROUNDS):
        waited += await asyncio.gather(*(made.ask(person, line) for person in who))
    return waited


def p95(seconds: Sequence[float]) -> float:
    """Return the time that 95 of 100 stay below."""
    return statistics.quantiles(seconds, n=20)[-1]


async def long_day(
    made: Crowd, who: Sequence[Inhabitant], lines: Sequence[str], memory: Callable[[], float]
) -> list[float]:
    """Ask all the lines, twenty at a time. Return samples of the process' memory, in megabytes."""
    samples, batch = [], 20
    every = max(1, len(lines) // batch // _SAMPLES)
    for number, begin in enumerate(range(0, len(lines), batch)):
        asked = lines[begin : begin + batch]
        await asyncio.gather(*(made.ask(who[n % len(who)], line) for n, line in enumerate(asked)))
        made.teams.activities.clear()
        if number % every == 0:
            samples.append(memory())
    return [*samples, memory()]


def growth(samples: Sequence[float]) -> float:
    """Return the growth over the last half, in megabytes: between the medians of the third and of the last quarter."""
    quarter = max(1, len(samples) // 4)
    return statistics.median(samples[-quarter:]) - statistics.median(samples[-2 * quarter : -quarter])
