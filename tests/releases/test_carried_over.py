"""What an earlier release has begun this one ends: changes, alerts and schedules are found as they were left.

The stores are in tests/fixtures/releases, with how one of another release is made.
"""

import asyncio
import json
from pathlib import Path

import pytest
import pytest_asyncio

from bot.alerts.lifecycle import AlertState
from bot.audit.verification import verify
from bot.changes.model import State
from bot.changes.serialization import load_view
from bot.cli.dev.card_actions import action, actions
from bot.store.database import Database
from clients.kube import KubeReader, connect
from commands.storage.snapshots import OPERATION
from tests.releases.carried import RELEASES, STEPS, UNFINISHED, carried
from tests.releases.make_fixture import DUE, IN_THE_MIDDLE, MISSED, QUEUED, REJECTED, WAITING

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=RELEASES)
async def bot(request, tmp_path_factory):
    async with carried(request.param, tmp_path_factory.mktemp(request.param)) as started:
        yield started


async def test_work_goes_on_at_the_first_step_that_was_not_done_and_repeats_none(bot):
    assert bot.left[IN_THE_MIDDLE].state == State.RUNNING.value
    ended = await bot.ended(IN_THE_MIDDLE)
    assert ended.outcome == "done", ended.final
    # Nothing that was recorded is recorded anew, and only what was missing came after it.
    now = await bot.rows("work.sqlite", STEPS)
    assert set(bot.steps) <= set(now)
    done = [name for change, _, name, *_ in sorted(set(now) - set(bot.steps)) if change == ended.id]
    assert done == ["4. Make room for the next login", "end", "close", "tell"]
    snapshots, claim = await _homes(bot)
    assert [one.labels[OPERATION] for one in snapshots] == [ended.id]
    assert claim.annotations[OPERATION] == ended.id
    assert "emmy.noether" in bot.text(bot.left[IN_THE_MIDDLE].card)
    assert not actions(bot.teams.activities[ended.card])


async def _homes(bot):
    api = await connect(Path(str(bot.world.ready["kubeconfig"])))
    try:
        kube = KubeReader(api, str(bot.world.ready["namespace"]))
        left = bot.left[IN_THE_MIDDLE]
        snapshots = [one for one in await kube.snapshots() if one.claim == left.plan["claim"]["name"]]
        return snapshots, await kube.claim(left.plan["claim"]["name"])
    finally:
        await api.close()


async def test_what_waited_in_the_queue_has_its_turn_after_it(bot):
    assert bot.left[QUEUED].state == State.QUEUED.value
    ended, before = await bot.ended(QUEUED), await bot.change(IN_THE_MIDDLE)
    assert ended.outcome == "done", ended.final
    assert before.changed < ended.changed
    assert before.ticket < ended.ticket


async def test_an_open_alert_stays_on_its_card_until_it_is_resolved_there(bot):
    ((alert, card),) = await bot.rows("bot.sqlite", "select alert, card from alert_cards")
    await bot.until(lambda: _is_seen(bot, alert))
    known = await bot.bot.first.alerts.get(alert)
    assert (known.stage, known.acknowledged_by) == (AlertState.OPEN, bot.world.person("operator").name)
    assert not bot.posted(alert)
    await bot.healed()
    await bot.until(lambda: _is_over(bot, alert, card))
    (word,) = bot.posted("Resolved")
    assert word != card
    assert not bot.posted("has no certificate that browsers accept")[1:]


async def _is_seen(bot, alert):
    return (await bot.bot.first.alerts.get(alert)).seen > bot.began


async def _is_over(bot, alert, card):
    told = "Resolved" in bot.text(card) and bot.posted("Resolved")
    return told and (await bot.bot.first.alerts.get(alert)).stage is AlertState.OVER


async def test_a_schedule_that_came_due_while_no_bot_ran_runs_now_and_one_that_is_too_late_is_told(bot):
    states = "select line, occurrences.state, outcome, card from occurrences join schedules on schedule = id"

    async def are_over():
        now = {line: rest for line, *rest in await bot.rows("bot.sqlite", states)}
        return now if now[DUE][0] == "ended" and now[MISSED][0] == "missed" else None

    now = await bot.until(are_over)
    assert now[DUE][1] == "done"
    ((change, schedule),) = await bot.rows("bot.sqlite", "select id, schedule from changes where schedule != ''")
    assert (await bot.bot.changes.get(change)).outcome == "done"
    # Each is told on the card that announced it.
    for line, word in ((DUE, "Ended"), (MISSED, "Missed")):
        card = now[line][2]
        assert card in bot.chat
        await bot.until(lambda card=card, word=word: _says(bot, card, word))
    events = await bot.rows("bot.sqlite", "select event, detail from trail where event like 'schedule %'")
    assert [event for event, detail in events if json.loads(detail)["schedule"] == schedule][-1] == "schedule run"
    assert [event for event, _ in events].count("schedule missed") == 1


async def _says(bot, card, word):
    return word in bot.text(card)


async def test_a_second_person_approves_what_was_asked_for_and_it_is_done(bot):
    assert bot.left[WAITING].state == State.WAITING.value
    ended = await _approved(bot)
    assert ended.outcome == "done", ended.final
    assert [vote.person.name for vote in ended.approvals] == [bot.world.person("approver").name]


async def _approved(bot):
    """Press the buttons of the card as that release made it: what it carries is what comes back."""
    left = bot.left[WAITING]
    if (await bot.change(WAITING)).state is State.WAITING:
        seen = await bot.press("approver", left.card, action(bot.chat[left.card], "view"))
        button = action({"attachments": [{"content": seen["value"]}]}, "approve")
        assert button is not None, seen
        await bot.press("approver", left.card, button)
    return await bot.ended(WAITING)


async def test_what_had_ended_is_shown_as_it_ended(bot):
    change = await bot.change(REJECTED)
    assert change.outcome == "rejected"
    finals = await bot.rows("bot.sqlite", "select final from changes where final != ''")
    assert all(load_view(final).title for (final,) in finals)


async def test_nothing_is_left_over_and_the_trail_has_no_gap(bot):
    await _approved(bot)
    await bot.until(lambda: _is_idle(bot))
    statuses = await bot.rows("work.sqlite", "select status, count(*) from workflow_status group by status")
    assert [status for status, _ in statuses] == ["SUCCESS"]
    database = Database(f"sqlite:///{bot.state / 'bot.sqlite'}")
    try:
        count, _, gaps = await asyncio.to_thread(verify, database)
    finally:
        await asyncio.to_thread(database.close)
    assert gaps == []
    assert count > 0


async def _is_idle(bot):
    unfinished = await bot.rows("work.sqlite", UNFINISHED)
    return not bot.bot.busy and not await bot.bot.changes.open() and not unfinished
