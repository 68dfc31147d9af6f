"""The way of a request, with commands made for the purpose: who may, what is asked, what happens once."""

import asyncio
import contextlib
import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated

import pytest

from bot.outcomes import Outcome
from bot.pipeline import Pipeline
from cards.views import Failure, Help, Notice, Plan, Progress, StepState, Tone
from clients.errors import Unavailable
from commands.digest import incidental
from commands.errors import UserError
from commands.spec import Arg, Change, Consent, Level, Query
from tests.bot.people import ADA, NOBODY, OLGA, OLU, VERA, Clock, Room, Trail, access, altered, click, message


@dataclass(frozen=True)
class Target:
    """What to paint."""

    what: Annotated[str, Arg("what to paint", "door")]


@dataclass(frozen=True)
class Painting:
    what: str
    colour: str
    onlookers: int = field(default=0, metadata=incidental())


@dataclass
class House:
    """The world outside, and the commands that read and change it."""

    colour: str = "white"
    onlookers: int = 0
    painted: list[str] = field(default_factory=list)
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

    async def plan(self, args, _reads):
        if args.what == "sky":
            raise UserError("The sky cannot be painted.", "/jhub paint door")
        return Painting(args.what, self.colour, self.onlookers)

    def preview(self, plan):
        return Plan(f"Paint the {plan.what}", "", consequences=(f"It is {plan.colour} now.",))

    async def apply(self, plan, do):
        await do.step("Mix", self.mix)
        drying = asyncio.create_task(self.may_dry.wait())
        stopped = asyncio.create_task(do.stopped())
        await do.step("Paint", asyncio.wait, {drying, stopped}, return_when=asyncio.FIRST_COMPLETED)
        for task in (drying, stopped):
            task.cancel()
        if do.stopping:
            return Failure("Half painted", "Somebody asked to stop.")
        self.painted.append(plan.what)
        return Notice("Painted", tone=Tone.GOOD)

    async def mix(self):
        if self.trouble:
            raise self.trouble

    @property
    def commands(self):
        paint = Change(
            "paint", "Paint it.", Level.OPERATOR, self.plan, self.preview, self.apply, Target, stoppable=True
        )
        quick = Change(
            "dab", "Dab it.", Level.OPERATOR, self.plan, self.preview, self.apply, Target, consent=Consent.NONE
        )
        return (
            Query("look", "Look at it.", Level.VIEWER, self.look),
            Query("stare", "Stare at it.", Level.VIEWER, self.stare),
            paint,
            quick,
        )


@dataclass
class Bench:
    house: House
    room: Room
    trail: Trail
    clock: Clock
    pipeline: Pipeline

    async def type(self, who, text):
        await self.pipeline.on_message(message(who, text, self.room))

    async def press(self, who, title, **kwargs):
        return await self.pipeline.on_click(click(who, self.room, title, **kwargs))

    async def settle(self):
        async with asyncio.timeout(5):
            while self.pipeline.busy:
                await asyncio.sleep(0.001)


@pytest.fixture
async def bench():
    house, trail, clock = House(), Trail(), Clock()
    pipeline = Pipeline(
        commands=house.commands, access=access(), world=house, audit=trail, expiry=timedelta(minutes=30), now=clock
    )
    async with contextlib.aclosing(pipeline):
        yield Bench(house, Room(), trail, clock, pipeline)


async def test_a_query_is_answered_with_one_card(bench):
    await bench.type(VERA, "/jhub look")
    assert [card.views for card in bench.room.cards] == [[Notice("The house", "white")]]
    assert bench.trail.outcomes == [Outcome.ANSWERED]


async def test_a_slow_answer_is_announced_on_the_card_that_becomes_it(bench):
    asking = asyncio.create_task(bench.type(VERA, "stare"))
    while not bench.room.cards:
        await asyncio.sleep(0.01)
    bench.house.may_dry.set()
    await asking
    (card,) = bench.room.cards
    assert [view.title for view in card.views] == ["Working on it …", "The house"]
    assert card.finished


@pytest.mark.parametrize(("who", "text"), [(NOBODY, "look"), (VERA, "paint door"), (NOBODY, "dab door")])
async def test_who_may_not_is_told_who_could_and_nothing_happens(bench, who, text):
    await bench.type(who, text)
    assert bench.trail.outcomes == [Outcome.REFUSED]
    assert "Ask " in bench.room.shown.text
    assert bench.house.painted == []


async def test_a_person_without_an_object_id_is_nobody(bench):
    await bench.type(type(OLU)("", OLU.tenant_id, OLU.name), "look")
    assert bench.trail.outcomes == [Outcome.REFUSED]


async def test_a_mention_alone_suggests_what_this_person_may_type(bench):
    await bench.type(VERA, "<at>JupyterHub</at>")
    assert isinstance(bench.room.shown, Help)
    assert [entry.usage for entry in bench.room.shown.allowed] == ["/jhub look", "/jhub stare"]


@pytest.mark.parametrize(
    ("trouble", "outcome", "words"),
    [
        (Unavailable("Kubernetes", "did not answer within 5 s"), Outcome.UNAVAILABLE, "did not answer"),
        (UserError("Not now."), Outcome.INVALID, "Not now"),
    ],
)
async def test_understood_errors_are_answers(bench, trouble, outcome, words):
    bench.house.trouble = trouble
    await bench.type(VERA, "look")
    assert bench.trail.outcomes == [outcome]
    assert words in str(bench.room.shown)


async def test_a_bug_shows_a_reference_and_the_log_the_trace(bench, caplog):
    bench.house.trouble = RuntimeError("canary-secret")
    with caplog.at_level(logging.ERROR):
        await bench.type(VERA, "look")
    assert isinstance(bench.room.shown, Failure)
    assert bench.room.shown.reference in caplog.text
    assert "canary-secret" not in str(bench.room.shown)
    assert bench.trail.outcomes == [Outcome.BUG]


async def test_a_change_asks_runs_once_and_ends_on_the_same_card(bench):
    await bench.type(OLU, "paint door")
    assert bench.house.painted == []
    assert bench.room.shown.requester == OLU.name
    bench.house.may_dry.set()
    assert isinstance(await bench.press(OLU, "Confirm"), Progress)
    await bench.settle()
    (card,) = bench.room.cards
    assert card.views[-1].title == "Painted"
    assert card.finished
    assert bench.house.painted == ["door"]
    assert bench.trail.outcomes == [None, Outcome.DONE]


async def test_steps_are_shown_as_they_go(bench):
    await bench.type(OLU, "dab door")
    await asyncio.sleep(0.05)
    progress = bench.room.cards[0].views[-1]
    assert [(step.title, step.state) for step in progress.steps] == [
        ("Mix", StepState.DONE),
        ("Paint", StepState.RUNNING),
    ]
    bench.house.may_dry.set()
    await bench.settle()


async def test_of_many_clicks_at_once_one_counts(bench):
    bench.house.may_dry.set()
    await bench.type(OLU, "paint door")
    press = click(OLU, bench.room, "Confirm")
    views = await asyncio.gather(*(bench.pipeline.on_click(press) for _ in range(50)))
    await bench.settle()
    assert sum(isinstance(view, Progress) for view in views) == 1
    assert bench.house.painted == ["door"]


@pytest.mark.parametrize("who", [OLGA, ADA, VERA, NOBODY])
async def test_only_the_requester_confirms(bench, who):
    await bench.type(OLU, "paint door")
    view = await bench.press(who, "Confirm")
    assert view.buttons == ()
    assert view.warnings
    await bench.settle()
    assert bench.house.painted == []
    assert isinstance(bench.room.shown, Plan)


async def test_the_requester_can_change_their_mind(bench):
    await bench.type(OLU, "paint door")
    await bench.press(OLU, "Cancel")
    await bench.settle()
    late = await bench.press(OLU, "Confirm")
    assert "answered already" in late.text
    assert bench.house.painted == []
    assert bench.trail.outcomes == [Outcome.DISMISSED]


async def test_a_click_after_expiry_does_nothing(bench):
    await bench.type(OLU, "paint door")
    bench.clock.forward(timedelta(minutes=30))
    view = await bench.press(OLU, "Confirm")
    assert "expired" in view.warnings[0]
    await bench.settle()
    assert bench.house.painted == []


async def test_an_expired_question_says_so_by_itself(bench):
    bench.pipeline._expiry = timedelta(milliseconds=20)
    await bench.type(OLU, "paint door")
    await asyncio.sleep(0.1)
    assert bench.room.shown.title == "Expired: Paint the door"
    assert bench.trail.outcomes == [Outcome.EXPIRED]


async def test_a_click_with_another_digest_or_id_does_nothing(bench):
    await bench.type(OLU, "paint door")
    press = click(OLU, bench.room, "Confirm")
    for forged in (altered(press, digest="0" * 64), altered(press, id="other"), altered(press, id="")):
        await bench.pipeline.on_click(forged)
    await bench.settle()
    assert bench.house.painted == []


async def test_what_changed_since_the_plan_asks_again(bench):
    bench.house.may_dry.set()
    await bench.type(OLU, "paint door")
    bench.house.colour = "blue"
    await bench.press(OLU, "Confirm")
    await bench.settle()
    assert bench.house.painted == []
    first, second = bench.room.cards
    assert first.views[-1].title == "No longer true: Paint the door"
    assert second.views[-1].consequences == ("It is blue now.",)
    await bench.press(OLU, "Confirm")
    await bench.settle()
    assert bench.house.painted == ["door"]
    assert bench.trail.outcomes == [Outcome.VOIDED, None, Outcome.DONE]


async def test_what_is_incidental_does_not_ask_again(bench):
    bench.house.may_dry.set()
    await bench.type(OLU, "paint door")
    bench.house.onlookers = 7
    await bench.press(OLU, "Confirm")
    await bench.settle()
    assert bench.house.painted == ["door"]


async def test_what_is_no_command_is_not_written_down(bench):
    await bench.type(VERA, "hunter2 canary-secret")
    await bench.type(VERA, "/jhub look")
    assert [entry.command for entry in bench.trail.entries] == ["(not understood)", "/jhub look"]


async def test_without_an_audit_entry_nothing_is_done(bench):
    bench.house.may_dry.set()
    await bench.type(OLU, "paint door")
    bench.trail.broken = True
    await bench.press(OLU, "Confirm")
    await bench.settle()
    assert bench.house.painted == []
    assert isinstance(bench.room.shown, Failure)


async def test_a_second_change_waits_and_says_behind_what(bench):
    await bench.type(OLU, "dab door")
    await bench.type(OLGA, "dab gate")
    await asyncio.sleep(0.05)
    (waiting,) = bench.room.cards[1].views[-1].steps
    assert waiting.title == "Waiting behind “Paint the door” by Olu Operator"
    bench.house.may_dry.set()
    await bench.settle()
    assert bench.house.painted == ["door", "gate"]


async def test_a_stop_ends_the_work_and_is_told(bench):
    await bench.type(OLU, "paint door")
    await bench.press(OLU, "Confirm")
    await asyncio.sleep(0.05)
    assert (await bench.press(VERA, "Stop")).warnings
    assert isinstance(await bench.press(OLGA, "Stop"), Progress)
    await bench.settle()
    assert bench.room.shown.title == "Half painted"
    assert bench.house.painted == []
    assert bench.trail.outcomes == [None, Outcome.CANCELLED]


async def test_what_waits_can_be_stopped_before_it_began(bench):
    await bench.type(OLU, "dab door")
    await bench.type(OLGA, "paint gate")
    await bench.press(OLGA, "Confirm")
    await asyncio.sleep(0.05)
    await bench.press(OLGA, "Stop")
    await asyncio.sleep(0.05)
    assert bench.room.cards[1].views[-1].text == "It had not begun. Nothing was done."
    bench.house.may_dry.set()
    await bench.settle()
    assert bench.house.painted == ["door"]


async def test_an_outage_in_the_middle_frees_the_hub_for_the_next(bench):
    bench.house.trouble = Unavailable("Helm", "could not be started")
    bench.house.may_dry.set()
    await bench.type(OLU, "dab door")
    await bench.settle()
    assert bench.trail.outcomes == [None, Outcome.UNAVAILABLE]
    bench.house.trouble = None
    await bench.type(OLU, "dab door")
    await bench.settle()
    assert bench.house.painted == ["door"]


async def test_an_unknown_button_says_so(bench):
    await bench.type(OLU, "paint door")
    press = click(OLU, bench.room, "Confirm")
    view = await bench.pipeline.on_click(type(press)(press.id, OLU, "explode", {}, bench.room, press.card_id))
    assert view.title == "That button does nothing"
