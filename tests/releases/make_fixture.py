"""Write down what a release leaves in its store and in its chat when it is killed in the middle of its work.

    python -m tests.releases.make_fixture FOLDER

Run it in a checkout of the release. What FOLDER gets, and when that is to be done, is in tests/fixtures/releases.
"""

import asyncio
import contextlib
import json
import os
import sqlite3
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import yaml

from bot.changes.model import ChangeRequest, State
from bot.cli.dev.card_actions import action
from bot.cli.dev.sandbox_process import SandboxWorld, sandbox
from bot.cli.dev.teams_emulator import LocalTeams
from tests.fault.bot_process import BotProcess

# Who is asked has ten years to answer, and what is due is announced a day before: the store is used long after.
SETTINGS = {"approvals": {"expiry": "3650d"}, "schedules": {"notice": "24h"}}
# The home that is deleted when the bot is killed, and the step that is next then, as it is recorded.
HOME = "emmy.noether@example.org"
NEXT_STEP = "4. Make room for the next login"
# What the bot was asked for, so that each is in another state when it is killed.
IN_THE_MIDDLE = f"storage delete {HOME}"
QUEUED = "pool create extra --max 2"
WAITING = "scale 0 --pool users"
REJECTED = "storage delete linus.mwangi@example.org"
# Tags that two schedules lock, one each.
DUE, MISSED = "image lock a4e2b90", "image lock c93e5f8"
BROKEN = {"what": "cert", "how": ""}

_WITHIN = 120.0


class HeldBot(BotProcess):
    """A bot that never begins `NEXT_STEP`."""

    @property
    def held(self) -> Path:
        """The file that is there once it has come so far."""
        return self.folder / "held"

    async def start(self) -> None:
        """Start it, and return once it listens."""
        config = self.folder / "config.yaml"
        config.write_text(yaml.safe_dump(self.content), encoding="utf-8")
        command = (sys.executable, "-m", "tests.releases.held_bot", str(config), NEXT_STEP)
        self._process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.DEVNULL)
        await until(self.answers)


async def until(look: Callable[[], Awaitable[object]]) -> object:
    """What `look` finds once it finds anything. Raises TimeoutError."""
    async with asyncio.timeout(_WITHIN):
        while True:
            if found := await look():
                return found
            await asyncio.sleep(0.1)


async def change(bot: BotProcess, line: str, *states: State) -> ChangeRequest:
    """The newest change that was asked for with `line`, once it is in one of `states` and its card stands."""

    async def look() -> ChangeRequest | None:
        async with bot.records() as changes:
            known = [*await changes.open(), *await changes.ended(50)]
        its = [one for one in known if one.line.split("jhub ")[-1] == line and one.state in states and one.card]
        return its[-1] if its else None

    found = await until(look)
    assert isinstance(found, ChangeRequest)
    return found


async def asked(bot: BotProcess, line: str) -> ChangeRequest:
    """The change, waiting for its answer."""
    await bot.say("operator", f"/jhub {line}")
    return await change(bot, line, State.WAITING)


async def answered(bot: BotProcess, who: str, verb: str, its: ChangeRequest) -> None:
    """Press a button of a change's card as that person, on what they see of it."""
    card = await bot.seen(who, its.card) if verb == "confirm" else await _reviewed(bot, who, its)
    button = action(card, verb)
    assert button is not None, card
    await bot.press(who, its.card, button)


async def _reviewed(bot: BotProcess, who: str, its: ChangeRequest) -> dict:
    button = action(bot.teams.activities[its.card], "view")
    assert button is not None
    seen = await bot.press(who, its.card, button)
    return {"attachments": [{"content": seen["value"]}]}


async def live(bot: BotProcess) -> None:
    """Bring one change, alert and schedule into each state that a bot can be killed in."""
    await bot.say("operator", "/jhub alerts here on")
    await change(bot, "alerts here on", State.ENDED)
    for minute, line in enumerate((DUE, MISSED)):
        schedule = f'schedule add "{minute} 6 * * *" {line}'
        await answered(bot, "operator", "confirm", await asked(bot, schedule))
        await change(bot, schedule, State.ENDED)
    await until(lambda: _rows(bot, "select 1 from occurrences where state = 'announced' and card != ''", 2))
    await bot.say("viewer", "/jhub deploy 7c1d2e9")
    await answered(bot, "approver", "reject", await asked(bot, REJECTED))
    await change(bot, REJECTED, State.ENDED)
    await broken(bot.world)
    await until(lambda: _rows(bot, "select 1 from alert_cards where card != ''", 1))
    await _acknowledged(bot)
    await asked(bot, WAITING)
    first, second = await asked(bot, IN_THE_MIDDLE), await asked(bot, QUEUED)
    await answered(bot, "approver", "approve", first)
    await until(lambda: asyncio.to_thread(bot.held.exists))
    await answered(bot, "operator", "confirm", second)
    await change(bot, QUEUED, State.QUEUED)
    await until(lambda: _says(bot, second.card, "Waiting"))


async def _acknowledged(bot: BotProcess) -> None:
    """Press the button of the alert's card, and wait until that is what it shows."""
    cards = ((card, action(activity, "alert-ack")) for card, activity in bot.teams.activities.items())
    card, button = next((card, button) for card, button in cards if button)
    await bot.press("operator", card, button)
    await until(lambda: _is_pressed(bot, card))


async def _is_pressed(bot: BotProcess, card: str) -> bool:
    return action(bot.teams.activities[card], "alert-ack") is None


async def broken(world: SandboxWorld) -> None:
    """Break what the alert is about, in the sandbox."""
    async with aiohttp.ClientSession() as session, session.put(world.faults, json=BROKEN) as response:
        response.raise_for_status()


async def _rows(bot: BotProcess, query: str, least: int) -> bool:
    with contextlib.closing(sqlite3.connect(bot.folder / "bot.sqlite")) as connection:
        return len(connection.execute(query).fetchall()) >= least


async def _says(bot: BotProcess, card: str, words: str) -> bool:
    return words in json.dumps(bot.teams.activities[card])


def write(bot: BotProcess, folder: Path) -> None:
    """Put the store, as SQL, and the chat into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("bot", "work"):
        with contextlib.closing(sqlite3.connect(bot.folder / f"{name}.sqlite")) as connection:
            text = "\n".join(connection.iterdump())
        (folder / f"{name}.sql").write_text(f"{text}\n".replace(bot.teams.url, TEAMS), "utf-8")
    chat = json.dumps(bot.teams.activities, indent=1, ensure_ascii=False, sort_keys=True)
    (folder / "chat.json").write_text(f"{chat}\n".replace(bot.teams.url, TEAMS), "utf-8")


# Stands for where Teams is, which is somewhere else in each run.
TEAMS = "http://teams.invalid"


async def make(folder: Path) -> None:
    """Have the bot of this checkout live, be killed, and leave what it leaves in `folder`."""
    with tempfile.TemporaryDirectory() as state:
        async with sandbox() as world, LocalTeams(world.tenant, people=world.people).running() as teams:
            bot = HeldBot(world, teams, Path(state), SETTINGS)
            teams.bot_url = bot.url
            await bot.start()
            try:
                await live(bot)
            finally:
                await bot.kill()
        write(bot, folder)


if __name__ == "__main__":
    os.environ["SSL_CERT_FILE"] = os.devnull
    asyncio.run(make(Path(sys.argv[1])))
