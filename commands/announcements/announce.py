"""`/jhub announce`: tell people something until a set time, or list what they are told."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Final

from cards.times import joined, minute, timed
from cards.views import Cell, Column, Fact, Facts, Lines, Notice, Plan, Table, Tone, View, typing
from clients.errors import Unavailable
from clients.helm import Release
from commands.announcements.arguments import AnnouncementText
from commands.announcements.banner import Banner, BannerWay, banner_of, clear, show
from commands.framework.ahead import bound, until
from commands.framework.command import Arg, Change, Flag, Level, Steps, Topic
from commands.framework.effects import NOTHING
from commands.framework.errors import UserError
from commands.framework.partial_results import attempt
from commands.framework.plan_digest import incidental
from commands.framework.usage import line_of
from commands.ports.announcements import Announcement
from commands.ports.context import Reads
from commands.timing.moments import FutureTime

EXAMPLE: Final = '/jhub announce "Maintenance at 17:00: save your work" --until 19:00'
_LONGEST: Final = timedelta(days=30)
_USUAL: Final = FutureTime("1d")
_END: Final = (typing("End it", "/jhub announce end"),)


@dataclass(frozen=True)
class Args:
    """The words, and until when; without words, it is asked what people are told."""

    text: Annotated[
        AnnouncementText | None,
        Arg("what people should know, in quotation marks; without it, what they are told is listed", '"Back at 18:00"'),
    ] = None
    until: Annotated[FutureTime | None, Flag("when it ends by itself; a day from now if not given", "19:00")] = None


@dataclass(frozen=True)
class Announcing:
    """The plan: the words, the end, and how the hub's pages show it. Where else it is told is only shown."""

    text: str
    end: str
    banner: str
    until: datetime = field(metadata=incidental())
    why: str = field(default="", metadata=incidental())
    """Why the hub's pages do not show it, if so."""
    conversations: int = field(default=0, metadata=incidental())
    before: str = field(default="", metadata=incidental())
    """The words of the announcement that it replaces, if there is one."""
    shown_before: str = field(default="", metadata=incidental())
    """How the hub's pages show that one."""


async def plan(args: Args, reads: Reads) -> Announcing:
    """Plan the announcement. Raise UserError for an end that is gone by, or more than 30 days ahead."""
    if args.text is None:
        raise UserError("Say what people should know.", EXAMPLE)
    typed = args.until or _USUAL
    example = line_of("announce", (args.text, "--until", "7d"))
    moment = until(typed, reads.now, reads.schedules.timetable, _LONGEST, example)
    banner, channels, recent = await asyncio.gather(
        _banner(reads), reads.alerts.channels(), reads.announcements.recent()
    )
    before = next((one for one in recent if one.is_on(reads.now)), None)
    return Announcing(
        args.text,
        bound(typed, moment),
        banner.way.value,
        moment,
        banner.why,
        len(channels),
        before.text if before else "",
        before.banner if before else "",
    )


async def _banner(reads: Reads) -> Banner:
    live, version = await asyncio.gather(
        attempt("Kubernetes", reads.releases.deployed()), attempt("The hub", reads.hub.version())
    )
    values = live.values if isinstance(live, Release) else None
    return banner_of(values, "" if isinstance(version, Unavailable) else version)


def preview(plan: Announcing) -> Plan:
    """Show the words, where they are told, and until when."""
    lines = (
        timed("People are told until ", minute(plan.until), "; it ends by itself then."),
        _conversations(plan.conversations),
        _SHOWN[BannerWay(plan.banner)],
        f"It replaces the announcement before it: “{plan.before}”" if plan.before else "",
    )
    return Plan(
        "Announce",
        "",
        (),
        tuple(line for line in lines if line),
        (plan.why,) if plan.why else (),
        "Announce this?",
        (Lines((plan.text,), "The words"),),
    )


_SHOWN: Final = {
    BannerWay.VARIABLE: "The hub’s own pages show it within two minutes, to everybody, without a restart.",
    BannerWay.SERVICE: "The hub’s announcement service is given it; the hub’s pages show what that has.",
    BannerWay.NONE: "",
}


def _conversations(count: int) -> str:
    if not count:
        return "No conversation gets alerts, so it is told in none: /jhub alerts here on changes that."
    where = "the conversation that gets" if count == 1 else f"the {count} conversations that get"
    return f"It is posted in {where} alerts."


async def apply(plan: Announcing, do: Steps) -> Notice:
    """Tell it in the conversations, then on the hub's pages."""
    way = BannerWay(plan.banner)
    told = await do.step(
        "Post it in the conversations", do.writes.announcements.begin, do.operation, plan.text, plan.until, plan.banner
    )
    if plan.shown_before not in ("", plan.banner):
        await do.step("Take the one before off the hub's pages", clear, BannerWay(plan.shown_before), do.writes)
    trouble = await do.step("Give it to the hub", show, way, plan.text, plan.until, do.writes) if way.value else ""
    facts = (
        Fact("Until", minute(plan.until)),
        Fact("Conversations", str(told) if told else "none gets alerts", Tone.NOTE if told else Tone.WARNING),
        Fact("The hub’s pages", _on_pages(way, trouble), Tone.WARNING if trouble or not way.value else Tone.NOTE),
    )
    if not told and (trouble or not way.value):
        why = joined(" ", "No conversation gets alerts.", trouble or plan.why)
        return Notice("Nobody is told", why, Tone.WARNING, (Facts(facts),))
    text = joined(" ", trouble, "" if way.value else plan.why)
    return Notice(f"Announced: {plan.text}", text, Tone.WARNING if trouble else Tone.GOOD, (Facts(facts),), _END)


def _on_pages(way: BannerWay, trouble: str) -> str:
    if trouble:
        return "not shown"
    return {BannerWay.VARIABLE: "within two minutes", BannerWay.SERVICE: "told", BannerWay.NONE: "not shown"}[way]


async def answer(args: Args, reads: Reads) -> View:
    """List what people are told, and were told. Raise UserError for an end without words."""
    if args.until is not None:
        raise UserError("Say what people should know.", EXAMPLE)
    recent = await reads.announcements.recent()
    if not recent:
        return Notice("Nothing is announced", f"To announce: {EXAMPLE}")
    is_on = any(one.is_on(reads.now) for one in recent)
    columns = (Column("Text", 5), Column("By", 2), Column("Until", 3))
    rows = tuple((Cell(one.text), Cell(one.by), _end(one, reads.now)) for one in recent)
    title = "Announced now" if is_on else "Nothing is announced now"
    return Notice(title, "The newest is first.", Tone.NOTE, (Table(columns, rows),), _END if is_on else ())


def _end(one: Announcement, now: datetime) -> Cell:
    if one.is_on(now):
        return Cell(minute(one.until), Tone.GOOD)
    return Cell(timed("over since ", minute(min(one.ended or one.until, one.until))))


COMMAND = Change(
    "announce",
    "Tell everybody something until a set time.",
    Level.OPERATOR,
    plan,
    preview,
    apply,
    Args,
    effects=NOTHING,
    button="Announce",
    exclusive=False,
    in_emergencies=False,
    in_freeze=True,
    only_asks=lambda args: args.text is None,
    answer=answer,
    details="Posted in the conversations that get alerts, and shown on the hub’s own pages where the hub can do so "
    "without a restart. It ends by itself; a new one replaces it. Without words, the announcements are listed.",
    topic=Topic.STATUS,
    rank=25,
)
