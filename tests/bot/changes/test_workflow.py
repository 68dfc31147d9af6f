"""What a crash leaves: at every moment between two steps, and in each just before its result is recorded."""

import asyncio
import contextlib
from datetime import timedelta

import pytest

from bot.chat.platform import Click
from bot.instrumentation.outcomes import Outcome
from cards.views import Notice, Progress
from clients.errors import Unavailable
from commands.framework.command import Renamed
from tests.bot.house import Bench, asks, expire, is_painting, time_passes, waits_its_turn
from tests.bot.people import ABE, OLGA, OLU
from tests.bot.stores import fresh


async def approved(bench):
    await bench.type(OLU, "tear door")
    with contextlib.suppress(IndexError):
        await bench.decide(ABE, "approve")


async def rejected(bench):
    await bench.type(OLU, "tear door")
    with contextlib.suppress(IndexError):
        await bench.decide(ABE, "reject")


async def forgotten(bench):
    await bench.type(OLU, "tear door")
    await time_passes(bench, bench.settings.expiry / timedelta(minutes=1))


STORIES = {
    approved: (Outcome.DONE, ["door"]),
    rejected: (Outcome.REJECTED, []),
    forgotten: (Outcome.EXPIRED, []),
}


async def _fresh(folder, name):
    bench = Bench(await asyncio.to_thread(fresh, f"sqlite:///{folder / name}.sqlite"))
    bench.house.may_dry.set()
    return bench


async def _closed(bench):
    await bench.memory.crash()
    await asyncio.to_thread(bench.database.close)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
async def test_whenever_the_process_dies_the_change_ends_once_and_as_it_should(tmp_path, story):
    outcome, painted = STORIES[story]
    whole = await _fresh(tmp_path, "whole")
    await story(whole)
    await whole.settle()
    assert whole.outcomes == [outcome]
    moments = whole.memory.moments
    assert moments > 8
    await _closed(whole)
    for moment in range(moments):
        bench = await _fresh(tmp_path, f"{story.__name__}-{moment}")
        bench.memory.fuse = moment
        telling = asyncio.create_task(story(bench))
        await telling
        await bench.memory.dead.wait()
        bench.memory.fuse = None
        await bench.reopen()
        await bench.settle()
        for asked in await bench.changes.open():
            # The process died before anybody could answer: the old card still works.
            await _answered(bench, story, asked)
        await bench.settle()
        assert bench.house.painted == painted, moment
        (ended,) = await bench.changes.ended(5)
        assert ended.outcome == outcome.value, moment
        assert not isinstance(bench.room.shown, Progress), moment
        assert bench.room.card(ended.card).finished, moment
        events = [event for event, _ in await bench.events()]
        assert events.count("intent") == len(painted), moment
        assert events.count("ended") == 1, moment
        await _closed(bench)


async def _answered(bench, story, asked):
    if story is forgotten:
        await expire(bench, 30)
    else:
        await bench.say(ABE, "reject" if story is rejected else "approve", asked)


async def test_whenever_the_process_dies_what_is_no_longer_true_is_asked_again_and_done_once(tmp_path):
    whole = await _fresh(tmp_path, "whole")
    await _repainted_while_asked(whole)
    await whole.settle()
    moments = whole.memory.moments
    await _closed(whole)
    for moment in range(moments):
        bench = await _fresh(tmp_path, f"again-{moment}")
        bench.memory.fuse = moment
        telling = asyncio.create_task(_repainted_while_asked(bench))
        await telling
        await bench.memory.dead.wait()
        bench.memory.fuse = None
        bench.house.colour = "green"
        await bench.reopen()
        for _ in range(2):
            await bench.settle()
            for asked in await bench.changes.open():
                await bench.say(ABE, "approve", asked)
        await bench.settle()
        assert bench.house.painted == ["door"], moment
        ended = await bench.changes.ended(5)
        assert sorted(change.outcome for change in ended) in (["done", "voided"], ["done"]), moment
        assert all(bench.room.card(change.card).finished for change in ended), moment
        await _closed(bench)


async def _repainted_while_asked(bench):
    await bench.type(OLU, "tear door")
    bench.house.colour = "green"
    with contextlib.suppress(IndexError):
        await bench.decide(ABE, "approve")
    await bench.settle()
    with contextlib.suppress(IndexError):
        await bench.decide(ABE, "approve")


async def test_a_pending_approval_survives_a_restart_and_its_old_card_works(bench):
    bench.house.may_dry.set()
    await bench.type(OLU, "tear door")
    await bench.reopen()
    await bench.settle()
    await bench.decide(ABE, "approve")
    await bench.settle()
    assert bench.house.painted == ["door"]
    (card,) = bench.room.cards
    assert card.finished


async def test_what_ran_when_the_bot_stopped_says_that_it_goes_on(bench):
    await bench.type_and_confirm(OLU, "paint door")
    await bench.memory.crash()
    assert "continues when it is back" in str(bench.room.shown)
    bench.start()
    bench.house.may_dry.set()
    bench.memory.recover()
    await bench.settle()
    assert bench.house.painted == ["door"]
    assert bench.house.mixed == 1


async def test_work_begun_under_a_steps_old_title_ends_under_its_new_one(bench):
    await bench.type_and_confirm(OLU, "paint door")
    assert bench.room.shown.steps[0].title == "Mix"
    bench.house.first = Renamed("Stir the paint", record="Mix")
    await bench.reopen()
    await bench.until(lambda room: room.shown.steps[0].title == "Stir the paint")
    bench.house.may_dry.set()
    await bench.settle()
    assert (bench.house.mixed, bench.house.painted, bench.outcomes) == (1, ["door"], [Outcome.DONE])


async def test_work_of_which_nobody_knows_how_it_goes_on_says_so_and_lets_others_have_their_turn(bench):
    await bench.type_and_confirm(OLU, "paint door")
    await bench.memory.crash()
    # As if a release with other steps had gone on with it.
    change, number = max(bench.memory.results)
    bench.memory.results |= {(change, number + 1): ("2. Sand", "{}"), (change, number + 2): ("3. Paint", "{}")}
    bench.house.may_dry.set()
    bench.start()
    bench.memory.recover()
    await bench.settle()
    assert bench.outcomes == [Outcome.BUG]
    assert bench.room.shown.title == "Not finished: Paint the door"
    assert (await bench.changes.open(), bench.house.painted) == ([], [])
    await bench.type(OLU, "dab roof")
    assert bench.outcomes == [Outcome.BUG, Outcome.DONE]


async def test_a_queue_that_cannot_be_read_lets_nobody_through(bench):
    bench.house.may_dry.set()
    first, out = bench.changes.first, True

    async def unreadable():
        if out:
            raise Unavailable("the bot's store", "cannot be read or written")
        return await first()

    bench.changes.first = unreadable
    await bench.type_until(OLU, "dab door", lambda view: "cannot read its own queue" in str(view))
    assert bench.house.painted == []
    out = False
    await bench.settle()
    assert bench.house.painted == ["door"]


async def test_the_order_of_the_queue_is_that_of_consent(bench):
    await bench.type_until(OLU, "dab first", is_painting)
    await bench.type_until(OLU, "paint second", asks)
    await bench.type_until(OLGA, "dab third", waits_its_turn)
    await bench.decide_on("paint second", OLU, "confirm")
    bench.house.may_dry.set()
    await bench.settle()
    assert bench.house.painted == ["first", "third", "second"]


async def test_a_card_that_was_posted_twice_is_brought_up_to_date_when_it_is_touched(bench):
    await bench.type(OLU, "tear door")
    copy = await bench.room.post(bench.room.shown)
    await bench.decide(ABE, "reject")
    await bench.settle()
    asked = (await bench.changes.ended(1))[0]
    await bench.pipeline.on_click(_touch(asked, copy, bench))
    assert isinstance(copy.views[-1], Notice)


def _touch(asked, copy, bench):
    return Click("touch", OLGA, "view", {"id": asked.id, "digest": asked.digest}, bench.room, copy.id)
