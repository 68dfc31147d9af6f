"""A small domain for tests of the bot itself: a house that can be looked at and painted, and a bot that does it."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated

from bot.audit.log import Trail
from bot.changes.audience import Audience
from bot.changes.freezes import Freezes
from bot.changes.repository import Changes
from bot.chat.platform import Click, Member
from bot.config.access import ApprovalSettings
from bot.instrumentation.meter import UNCOUNTED, Meter
from bot.instrumentation.outcomes import Outcome
from bot.store.chats import Chats
from bot.store.database import Database
from bot.wiring.changes import ChangeParts, build_changes, build_pipeline, change_store
from cards.views import Failure, Notice, Plan, Request, StepState, Tone, View, typing
from commands.framework.command import Arg, Change, Consent, Level, Query, Renamed, Topic
from commands.framework.effects import NOTHING, Effect, Effects, of
from commands.framework.errors import UserError
from commands.framework.plan_digest import incidental
from tests.bot.people import Clock, Directory, Memory, NoNames, Room, Seconds, access, click, message

# Seconds after which what has not happened never will; no test waits for them to pass.
_HANGS = 90


@dataclass(frozen=True)
class Target:
    """The part to paint."""

    what: Annotated[str, Arg("what to paint", "door")]


@dataclass(frozen=True)
class Painting:
    what: str
    colour: str
    onlookers: int = field(default=0, metadata=incidental())


@dataclass
class House:
    """The outside world, and the commands that read and change it."""

    colour: str = "white"
    onlookers: int = 0
    painted: list[str] = field(default_factory=list)
    mixed: int = 0
    first: str | Renamed = "Mix"
    may_dry: asyncio.Event = field(default_factory=asyncio.Event)
    trouble: Exception | None = None

    def reads(self, _caller):
        return self

    @property
    def writes(self):
        return self

    async def look(self, _args, _reads):
        if self.trouble:
            raise self.trouble
        return Notice("The house", self.colour)

    async def stare(self, _args, _reads):
        await self.may_dry.wait()
        return Notice("The house", self.colour)

    async def plan(self, args, _reads) -> Painting:
        if args.what == "sky":
            raise UserError("The sky cannot be painted.", "/jhub paint door")
        return Painting(args.what, self.colour, self.onlookers)

    def preview(self, plan):
        return Plan(f"Paint the {plan.what}", "", consequences=(f"It is {plan.colour} now.",))

    async def apply(self, plan, do):
        async def mix() -> int:
            if self.trouble:
                raise self.trouble
            self.mixed += 1
            return 7

        async def paint() -> bool:
            if plan.what in self.painted:
                return True
            drying, stopped = asyncio.create_task(self.may_dry.wait()), asyncio.create_task(do.stopped())
            try:
                await asyncio.wait({drying, stopped}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                drying.cancel()
                stopped.cancel()
            if do.stopping:
                return False
            self.painted.append(plan.what)
            return True

        assert await do.step(self.first, mix) == 7
        if not await do.step("Paint", paint):
            return Failure("Half painted", "Somebody asked to stop.")
        return Notice("Painted", tone=Tone.GOOD, buttons=(typing("Tear it down", "/jhub tear door"),))

    @property
    def commands(self):
        common = (Level.OPERATOR, self.plan, self.preview, self.apply, Target)
        return (
            Query("look", "Look at it.", Level.VIEWER, self.look, topic=Topic.STATUS),
            Query("stare", "Stare at it.", Level.VIEWER, self.stare, topic=Topic.STATUS),
            Change("paint", "Paint it.", *common, effects=NOTHING, button="Paint", topic=Topic.STATUS),
            Change("dab", "Dab it.", *common, effects=NOTHING, button="Dab", consent=Consent.NONE, topic=Topic.STATUS),
            Change("tear", "Tear it down.", *common, effects=_DATA, button="Tear down", topic=Topic.STATUS),
            Change("rebuild", "Build it.", *common, effects=NOTHING, button="Rebuild", approvals=2, topic=Topic.STATUS),
            Change(
                "mend",
                "Mend it.",
                *common,
                button="Mend",
                effects=Effects(may=(Effect.STOPS_EVERYBODY,), of=_of_the_roof),
                topic=Topic.STATUS,
            ),
            Change(
                "wish",
                "Ask for it to be painted.",
                Level.ANYONE,
                *common[1:],
                effects=Effects(may=(Effect.STOPS_EVERYBODY,), of=_of_the_roof),
                button="Wish",
                consent=Consent.NONE,
                approvals=1,
                approved_by=Level.OPERATOR,
                policy_of="paint",
                answer_within=timedelta(days=7),
                topic=Topic.STATUS,
            ),
            Change(
                "strip",
                "Paint what is on the list.",
                *common,
                effects=NOTHING,
                button="Strip",
                is_list=lambda _: True,
                in_freeze=lambda args: args.what == "wall",
                topic=Topic.STATUS,
            ),
            Change(
                "gut",
                "Tear down what is on the list.",
                *common,
                effects=_DATA,
                button="Gut",
                is_list=lambda _: True,
                topic=Topic.STATUS,
            ),
        )


_DATA = Effects((Effect.DELETES_DATA,))


def _of_the_roof(plan):
    if plan.what == "attic" and plan.onlookers:
        return of(Effect.STOPS_EVERYBODY, "Somebody lives there.")
    return of(Effect.STOPS_EVERYBODY, "It rains in.") if plan.what == "roof" else ()


@dataclass
class Bench:
    """A bot for the house. `reopen` plays a restart of its process."""

    database: Database
    house: House = field(default_factory=House)
    room: Room = field(default_factory=Room)
    clock: Clock = field(default_factory=Clock)
    directory: Directory = field(default_factory=Directory)
    memory: Memory = field(default_factory=Memory)
    outcomes: list[Outcome] = field(default_factory=list)
    settings: ApprovalSettings = field(default_factory=ApprovalSettings)
    roles: object = None
    meter: Meter = UNCOUNTED
    seconds: Seconds = field(default_factory=Seconds)
    # Other places than the room, by their ids, and who is in the room as far as it is told.
    rooms: dict[str, Room] = field(default_factory=dict)
    present: list[Member] = field(default_factory=list)
    deaf: str = ""
    # What deals with buttons and finds cards that are no change's.
    buttons: dict[str, object] = field(default_factory=dict)
    cards_of_others: dict[str, object] = field(default_factory=dict)

    def __post_init__(self):
        self.start()

    def start(self):
        self.changes, self.trail = Changes(self.database, self.clock), Trail(self.database)
        self.access = access(self.directory, self.roles)
        self.chats = Chats(self.database, self.clock)
        self.freezes = Freezes(self.database, self.changes, self.place, self.clock)
        store = change_store(self.changes, self.trail, self.clock)
        self.running = store.running
        audience = Audience(
            self.access,
            self.place,
            channel=self.settings.channel,
            beside=lambda _, conversation: self.rooms[conversation],
            roster=self.roster,
            chats=self.chats,
            hears=lambda: self.deaf,
        )
        parts = ChangeParts(
            commands=self.house.commands,
            access=self.access,
            context=self.house,
            store=store,
            freezes=self.freezes,
            audience=audience,
            places=self.place,
            settings=self.settings,
            durable=self.memory,
            meter=self.meter,
            ended=self.outcomes.append,
            seconds=self.seconds,
        )
        services = build_changes(parts)
        self.workflow = services.workflow
        self.memory.run = self.workflow.run
        self.pipeline = build_pipeline(parts, services, NoNames(), self.buttons, self.cards_of_others)

    def place(self, address):
        return self.rooms.get(address, self.room)

    async def roster(self, _address):
        return self.present

    async def reopen(self):
        await self.memory.crash()
        self.start()
        self.memory.recover()

    async def type(self, who, text):
        await self.pipeline.on_message(message(who, text, self.room))
        await self.settle()

    async def type_until(self, who, text, seen):
        """Type a line that does not settle by itself, and wait until `seen` returns true for its card."""
        before = len(self.room.cards)
        await self.pipeline.on_message(message(who, text, self.room))
        await self.until(lambda room: len(room.cards) > before and seen(room.shown))

    async def type_and_confirm(self, who, text):
        """Begin a change that does not end by itself."""
        await self.type(who, text)
        await self.press(who, "Paint")
        await self.until(lambda room: room.shown.steps[-1].title == "Paint")

    async def press(self, who, title, **kwargs):
        return await self.pipeline.on_click(click(who, self.room, title, **kwargs))

    async def look(self, who, card=None):
        """Return the view that the person gets when the card is refreshed for them."""
        (asked,) = (await self.changes.open())[-1:]
        data = {"id": asked.id, "digest": asked.digest}
        return await self.pipeline.on_click(Click("look", who, "view", data, self.room, card or asked.card))

    async def decide(self, who, verb):
        """Press a button of a waiting change, even one that the person was not given."""
        asked = (await self.changes.open())[-1]
        return await self.say(who, verb, asked)

    async def decide_on(self, line, who, verb):
        (asked,) = [change for change in await self.changes.open() if change.line == line]
        return await self.say(who, verb, asked)

    async def say(self, who, verb, asked):
        data = {"id": asked.id, "digest": asked.digest}
        return await self.pipeline.on_click(Click(f"{who.name} {verb}", who, verb, data, self.room, asked.card))

    async def until(self, seen):
        """Wait until `seen` returns true for the room; what it looks for may not be there yet."""
        async with asyncio.timeout(_HANGS):
            while True:
                with contextlib.suppress(IndexError, AttributeError, ValueError):
                    if seen(self.room):
                        return
                await asyncio.sleep(0.005)

    async def settle(self):
        """Wait until nothing runs that somebody waits for, or the process is as good as dead."""
        async with asyncio.timeout(_HANGS):
            quiet = 0
            while quiet < 3 and not self.memory.dead.is_set():
                await asyncio.sleep(0.002)
                quiet = 0 if self.pipeline.busy else quiet + 1

    async def events(self):
        return [(line.event, line.outcome) for line in reversed(await self.trail.page(limit=1000))]


async def time_passes(bench: Bench, minutes: float) -> None:
    """Move the clock forward, and wake those who wait, including those who only now begin to wait."""
    bench.clock.forward(timedelta(minutes=minutes))
    for _ in range(3):
        bench.running.bell.ring()
        await asyncio.sleep(0.02)


async def wait_out(bench: Bench, seconds: float, step: float = 20.0) -> None:
    """Move the monotonic clock forward in steps while anybody waits, and let those who wait look at each step."""
    passed = 0.0
    while passed < seconds and bench.running.countdowns:
        (countdown,) = bench.running.countdowns.values()
        looked = countdown.looks
        bench.seconds.now += step
        passed += step
        async with asyncio.timeout(_HANGS):
            while bench.running.countdowns and countdown.looks == looked:
                bench.running.bell.ring()
                await asyncio.sleep(0.005)


async def expire(bench: Bench, minutes: float) -> None:
    """Move the clock forward, and wait until nothing runs any more."""
    await time_passes(bench, minutes)
    await bench.settle()


def is_painting(view: View) -> bool:
    return view.steps[-1].title == "Paint"


def asks(view: View) -> bool:
    return isinstance(view, Plan | Request)


def waits_its_turn(view: View) -> bool:
    return view.steps[-1].state is StepState.WAITING
