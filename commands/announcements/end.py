"""`/jhub announce end`: end the announcement before its time."""

from dataclasses import dataclass, field
from datetime import datetime

from cards.times import minute, timed
from cards.views import Notice, Plan, Tone
from commands.announcements.banner import BannerWay, clear
from commands.framework.command import Change, Level, NoArgs, Steps, Topic
from commands.framework.effects import NOTHING
from commands.framework.errors import UserError
from commands.framework.plan_digest import incidental
from commands.ports.context import Reads


@dataclass(frozen=True)
class Args(NoArgs):
    """No arguments."""


@dataclass(frozen=True)
class AnnouncementEnd:
    """The plan: which announcement. Its words and its end are only shown."""

    id: str
    banner: str
    text: str = field(metadata=incidental())
    until: datetime = field(metadata=incidental())


async def plan(args: Args, reads: Reads) -> AnnouncementEnd:
    """Plan the end of what is announced now. Raise UserError where nothing is."""
    del args
    now = next((one for one in await reads.announcements.recent() if one.is_on(reads.now)), None)
    if now is None:
        raise UserError("Nothing is announced now.", "/jhub announce")
    return AnnouncementEnd(now.id, now.banner, now.text, now.until)


def preview(plan: AnnouncementEnd) -> Plan:
    """Show what ends."""
    line = timed("People are told until ", minute(plan.until), " otherwise.")
    return Plan(f"End the announcement “{plan.text}”", "", (), (line,), (), "End it now?")


async def apply(plan: AnnouncementEnd, do: Steps) -> Notice:
    """End it, on the hub's pages and in the conversations."""
    way = BannerWay(plan.banner)
    trouble = await do.step("Take it off the hub's pages", clear, way, do.writes) if way.value else ""
    ended = await do.step("Say so in the conversations", do.writes.announcements.end, plan.id)
    if trouble:
        return Notice("The hub’s pages may still show it", trouble, Tone.WARNING)
    title = "The announcement has ended" if ended else "The announcement had ended already"
    return Notice(title, plan.text, Tone.GOOD if ended else Tone.NOTE)


COMMAND = Change(
    "announce end",
    "End the announcement before its time.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=NOTHING,
    button="End it",
    exclusive=False,
    in_emergencies=False,
    in_freeze=True,
    topic=Topic.STATUS,
    rank=26,
)
