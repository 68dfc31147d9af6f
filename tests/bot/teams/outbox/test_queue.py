"""Whatever order failures come in: no last state is lost without a word, none is said twice."""

import asyncio
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.teams import ConversationReference
from bot.teams.delivery_errors import ConversationGone, DeliveryUnknown, NotDelivered
from bot.teams.outbox.attempts import HINT
from bot.teams.outbox.conversation import TeamsConversation
from bot.teams.outbox.outbox import Outbox
from bot.teams.outbox.pacing import AWAITED_PACE, PACE
from cards.views import Notice

# What happens to a request: it works, surely not, perhaps and it did, perhaps and it did not, not before 20 s.
STEPS = st.sampled_from(["ok", "not", "made", "lost", "later"])


class ScriptedTeams:
    """The connector without a network."""

    def __init__(self, clock, script):
        self._clock = clock
        self._script = iter(script)
        self.messages = {}
        self.ever = []
        self.edits = []

    async def create(self, _, activity):
        name = f"m{len(self.messages)}"
        return self._step(lambda: self._create(name, activity["summary"])) and name

    def _create(self, name, title):
        self.messages[name] = title
        self.ever.append(title)

    async def update(self, _, message_id, activity):
        self.edits.append((self._clock.now(), activity["summary"]))
        if message_id not in self.messages:
            raise ConversationGone("no such message", missing=True)
        self._step(lambda: self.messages.update({message_id: activity["summary"]}))

    async def probe(self, _):
        self._step(lambda: None)

    def _step(self, act):
        step = next(self._script, "ok")
        if step in {"ok", "made"}:
            act()
        if step in {"made", "lost"}:
            raise DeliveryUnknown(step)
        if step in {"not", "later"}:
            raise NotDelivered(step, 20.0 if step == "later" else None)
        return True


def title(messages, words):
    return sum(words in message for message in messages)


async def turns():
    for _ in range(30):
        await asyncio.sleep(0)


async def play(kit, script, pauses):
    clock = kit.clock(turns)
    teams = ScriptedTeams(clock, script)
    outbox = Outbox(teams, clock)
    place = TeamsConversation(outbox, ConversationReference("http://localhost/", "c", "t", "b"))
    card = await place.post(Notice("begun"))
    for number, pause in enumerate(pauses):
        card.update(Notice(f"state {number}"))
        await clock.advance(pause)
    end = asyncio.create_task(card.finish(Notice("ended")))
    for _ in range(40):
        await clock.advance(60)
    await end
    await outbox.close(1.0)
    return teams


@given(st.lists(STEPS, max_size=12), st.lists(st.floats(0.1, 10), max_size=5))
@settings(max_examples=300, deadline=None, database=None)
def test_the_last_state_is_said_once_or_doubt_is_admitted(kit, script, pauses):
    teams = asyncio.run(play(kit, script, pauses))
    shown = list(teams.messages.values())
    hints = title(shown, HINT.title)
    assert title(shown, "ended") + hints >= 1
    assert title(shown, "ended") <= 1
    assert title(teams.ever, "begun") <= 1
    assert all(later - earlier >= _pace(said) for (earlier, _), (later, said) in pairwise(teams.edits))


def _pace(said):
    return AWAITED_PACE if "ended" in said else PACE


@given(st.lists(st.sampled_from(["ok", "not", "later"]), max_size=12), st.lists(st.floats(0.1, 10), max_size=5))
@settings(max_examples=150, deadline=None, database=None)
def test_without_doubt_there_is_one_message_and_it_says_the_last_state(kit, script, pauses):
    teams = asyncio.run(play(kit, script, pauses))
    assert len(teams.messages) == 1
    assert title(teams.messages.values(), "ended") == 1


@given(st.lists(STEPS, max_size=12))
@settings(max_examples=100, deadline=None, database=None)
def test_what_must_be_seen_is_created_until_it_surely_is_and_says_when(kit, script):
    asyncio.run(insist(kit, script))


async def insist(kit, script):
    clock = kit.clock(turns)
    teams = ScriptedTeams(clock, script)
    outbox = Outbox(teams, clock)
    card = await TeamsConversation(outbox, ConversationReference("http://localhost/", "c", "t", "b")).post(
        Notice("first")
    )
    shown = False
    for number in range(len(script) + 2):
        asked = asyncio.create_task(card.shows(Notice(f"state {number}")))
        for _ in range(3):
            await clock.advance(60)
        shown = await asked
        assert shown == (teams.messages.get(card.id) == f"state {number}" and shown)
    assert shown
    assert title(teams.ever, HINT.title) == 0
    await outbox.close(0)
