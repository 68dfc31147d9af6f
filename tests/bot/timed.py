"""The house with schedules: a bot that paints by itself, and a clock that is moved by hand."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.schedules import repository as store
from bot.schedules.actions import Announcements
from bot.schedules.runner import Scheduler
from bot.schedules.service import ScheduleService
from commands.framework.command import Change, Consent, Level, Topic
from commands.framework.effects import NOTHING
from commands.schedules import add as schedule_add
from commands.schedules import list as schedule_list
from commands.schedules import remove as schedule_remove
from commands.timing.cron import Timetable
from tests.bot.house import Bench, House, Target
from tests.bot.people import ABE, OLU

BERLIN = ZoneInfo("Europe/Berlin")


@dataclass
class Planned(House):
    """The house, with schedules among what it reads and writes."""

    schedules: ScheduleService | None = None
    clock: object = None

    @property
    def now(self):
        return self.clock()

    @property
    def commands(self):
        its = (self.plan, self.preview, self.apply, Target)
        return (
            *super().commands,
            Change(
                "raze",
                "Raze it.",
                Level.ADMIN,
                *its,
                effects=NOTHING,
                button="Raze",
                consent=Consent.NONE,
                topic=Topic.STATUS,
            ),
            schedule_add.COMMAND,
            schedule_list.COMMAND,
            schedule_remove.COMMAND,
        )


@dataclass
class Timed(Bench):
    """A bot with schedules; `at` moves the clock and lets the scheduler look."""

    house: Planned = field(default_factory=Planned)
    timetable: Timetable = field(default_factory=lambda: Timetable("Europe/Berlin"))

    def start(self):
        super().start()
        self.house.may_dry.set()
        self.house.clock = self.clock
        self.kept = store.ScheduleRepository(self.database)
        self.house.schedules = ScheduleService(self.kept, self.changes, self.timetable, self.clock)
        common = {
            "commands": self.house.commands,
            "schedules": self.kept,
            "timetable": self.timetable,
            "now": self.clock,
        }
        self.scheduler = Scheduler(changes=self.changes, workflow=self.workflow, places=lambda _: self.room, **common)
        announcements = Announcements(access=self.access, scheduler=self.scheduler, audit=self.trail, **common)
        self.buttons.update(announcements.clicks)

    async def at(self, *when):
        """Set the clock to a time in Berlin, and let the scheduler look until nothing more comes of it."""
        self.clock.moment = datetime(*when, tzinfo=BERLIN).astimezone(UTC)
        for _ in range(3):
            await self.scheduler.look()
            await self.settle()

    async def schedule(self, cron="0 19 * * *", line="paint door", who=OLU):
        """Add a schedule that `who` confirms. Return its id."""
        await self.type(who, f'schedule add "{cron}" {line}')
        await self.press(who, "Add the schedule")
        await self.settle()
        return (await self.kept.all())[-1].id

    async def approved(self, line="rebuild house"):
        """Add a schedule that needs approvals, and approve it."""
        await self.type(OLU, f'schedule add "0 19 * * *" {line}')
        await self.decide(ABE, "approve")
        await self.settle()

    def cards(self, text):
        """Return the cards whose last title contains the text."""
        return [card for card in self.room.cards if text in card.views[-1].title]

    async def told(self, event):
        """Return the trail's entries of one kind, oldest first."""
        return [line for line in reversed(await self.trail.page(limit=1000)) if line.event == event]
